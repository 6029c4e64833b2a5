"""What a report says beside the share right: bias, lengths, and words that are not scored."""

from dataclasses import replace

import numpy as np
import pytest
from cells_under_test import random_model

from charlstm.pairs.pair import Pair, PairSet
from charlstm.pairs.report import measure
from charlstm.pairs.scores import PairScore, differ_in_a_word
from charlstm.pairs.summary import summarise
from charlstm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary("char", "\n .Tabcdefghiknorstw")


def readings(item: int, was: float, were: float) -> list[PairScore]:
    """The pairs of a singular and of a plural subject, whose "was" has so much of the log-odds."""
    return [
        PairScore(Pair("the cat was", "the cat were", "c", str(item), "singular"), was - 9, -9.0),
        PairScore(Pair("the cats were", "the cats was", "c", str(item), "plural"), -9.0, were - 9),
    ]


def test_a_bias_to_one_form_does_not_hide_that_a_model_knows_number() -> None:
    """It always prefers "was" by 2 to 4 nats, but by 1 more after a singular subject."""
    rng = np.random.default_rng(1)
    bias = rng.uniform(2, 4, 100)
    result = summarise(
        [s for n, b in enumerate(bias) for s in readings(n, b + 0.5, b - 0.5)]
    ).to_mapping()
    assert (result["accuracy"], result["singular"], result["plural"]) == (0.5, 1.0, 0.0)
    assert (result["joint"], result["bias_free"]) == (0.0, 1.0)
    assert result["counts"]["bias_free"] == result["items"] == 100


def test_what_follows_the_bias_alone_is_right_in_no_item_or_by_chance() -> None:
    same = summarise([s for n in range(40) for s in readings(n, 3.0, 3.0)]).to_mapping()
    assert (same["accuracy"], same["bias_free"]) == (0.5, 0.0)  # a sum of 0 is no knowledge
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 1, (400, 2))
    chance = summarise([s for n, (a, b) in enumerate(noise) for s in readings(n, 3 + a, 3 + b)])
    assert chance.to_mapping()["bias_free"] == pytest.approx(0.5, abs=0.06)


def test_an_item_of_one_pair_says_nothing_without_its_other_reading() -> None:
    result = summarise([readings(n, 1.0, 1.0)[0] for n in range(9)]).to_mapping()
    assert (result["bias_free"], result["joint"]) == (None, None)
    assert result["interval_methods"]["bias_free"] is None


def test_intervals_are_by_item_and_name_their_method() -> None:
    right = [s for n in range(60) for s in readings(n, 1.0, -1.0)]
    wrong = [s for n in range(60, 100) for s in readings(n, -1.0, 1.0)]
    whole = summarise(right + wrong)
    result = whole.to_mapping()
    assert result["interval_methods"]["accuracy"] == "bootstrap"
    assert result["interval_methods"]["singular"] == result["interval_methods"]["joint"] == "wilson"
    low, high = result["interval"]
    assert (low, high) == pytest.approx((0.5, 0.7), abs=0.03)
    assert result["intervals"]["joint"] == pytest.approx((low, high), abs=0.02)  # the same items
    apart = [alone(score, n) for n, score in enumerate(right + wrong)]
    narrow = summarise(apart).to_mapping()["interval"]
    assert high - low > 1.3 * (narrow[1] - narrow[0])


def alone(score: PairScore, n: int) -> PairScore:
    """The score of a pair that is an item by itself."""
    return replace(score, pair=replace(score.pair, item=f"alone {n}"))


def test_pairs_are_counted_by_the_length_of_their_good_sentence() -> None:
    sentences = [("a", "the cat"), ("the", "cat"), ("the cat", "a")] * 4
    pairs = [Pair(good, bad, "c", str(n)) for n, (good, bad) in enumerate(sentences)]
    report = measure(random_model(vocabulary_size=VOCABULARY.size), VOCABULARY, PairSet(pairs))
    found = report.to_mapping()["lengths"]
    assert list(found) == ["longer", "equal", "shorter"]
    assert {found[name]["pairs"] for name in found} == {4}
    assert (found["shorter"]["accuracy"], found["longer"]["accuracy"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("good", "bad", "whole"),
    [
        ("The cat was here.", "The cat were here.", True),
        ("The cats sleep", "The cats sleeps", True),
        ("So, he", "So. he", True),
        ("The cat was here.", "The cats were here.", False),
        ("The cat that is here sees", "The cat that are here see", False),
        ("It is", "It is not", False),
        ("Who was seen?", "Was who seen?", False),
    ],
)
def test_the_differing_word_is_all_that_differs_or_not(good: str, bad: str, whole: bool) -> None:
    assert differ_in_a_word(Pair(good, bad, "c", "1")) is whole
    assert differ_in_a_word(Pair(bad, good, "c", "1")) is whole
    assert differ_in_a_word(Pair(good, bad, "c", "1", closing=" ")) is whole


def test_what_the_verb_score_does_not_see_is_counted_by_condition() -> None:
    pairs = [
        Pair("the cat was here.", "the cat were here.", "one", "1"),
        Pair("the cat was here.", "the cats were here.", "two", "1"),
        Pair("the cat has it.", "the cats have it.", "two", "2"),
        Pair("the cat has it.", "the cat have it.", "two", "3"),
    ]
    model = random_model(vocabulary_size=VOCABULARY.size)
    report = measure(model, Vocabulary("char", VOCABULARY.characters + "v"), PairSet(pairs), "verb")
    assert report.to_mapping()["more_than_a_word"] == {"two": 2}
    whole = measure(model, VOCABULARY, PairSet(pairs[:2]))
    assert whole.to_mapping()["more_than_a_word"] is None
