"""Scores of minimal pairs, one by one and in batches, and the shares that a report counts."""

import math
from dataclasses import replace

import numpy as np
import pytest
from cells_under_test import random_model

from charlstm.errors import CheckpointError, CorpusError
from charlstm.likelihood import log_likelihoods
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.pairs.pair import UNKNOWN, Pair, PairSet
from charlstm.pairs.report import measure
from charlstm.pairs.scores import PairScore, ScoreKind, readable, score_pairs, scored_parts
from charlstm.pairs.summary import Share, summarise
from charlstm.studies.agreement.corpus import CorpusSettings
from charlstm.studies.agreement.grammar_pairs import GrammarPairs
from charlstm.text.vocabulary import Vocabulary


def pair(good: str, bad: str, condition: str = "c", item: str = "1") -> Pair:
    return Pair(good, bad, condition, item)


def knows(*texts: str) -> Vocabulary:
    return Vocabulary("char", "".join(sorted(set("".join(texts) + "\n"))))


# Scores


@pytest.mark.parametrize("kind", ["sentence", "verb"])
def test_batches_score_as_one_by_one(kind: ScoreKind) -> None:
    pairs = GrammarPairs(CorpusSettings()).default(30).pairs
    vocabulary = knows(*(p.sentence_good + p.sentence_bad for p in pairs))
    model = random_model(vocabulary_size=vocabulary.size, hidden_size=16, dtype=np.float32)
    together = score_pairs(model, vocabulary, pairs, kind)
    assert [scored.pair for scored in together] == pairs
    for scored in together[::7]:
        (alone,) = score_pairs(model, vocabulary, [scored.pair], kind)
        assert scored.good == pytest.approx(alone.good, abs=1e-4)
        assert scored.bad == pytest.approx(alone.bad, abs=1e-4)


@pytest.mark.parametrize(
    ("good", "bad", "before", "one", "other"),
    [
        ("The cat was full.", "The cat were full.", "The cat ", "was ", "were "),
        ("The cats sleep.", "The cats sleeps.", "The cats ", "sleep.", "sleeps."),
        ("It is", "It was", "It ", "is\n", "was\n"),
        ("It is", "It is not", "It ", "is\n", "is "),
        ("Cats sleep.", "Cat sleep.", "", "Cats ", "Cat "),
        ("He isn't.", "He aren't.", "He ", "isn't.", "aren't."),
        ("So, he", "So. he", "", "So,", "So."),
        ("a ,b", "a .b", "a ", ",", "."),
        ("घर है", "घर हैं", "घर ", "है\n", "हैं\n"),
    ],
)
def test_the_verb_part(good: str, bad: str, before: str, one: str, other: str) -> None:
    assert scored_parts(pair(good, bad), "verb") == (before, one, other)
    assert scored_parts(pair(bad, good), "verb") == (before, other, one)
    assert scored_parts(pair(good, bad), "sentence") == ("", good + "\n", bad + "\n")


def test_a_sentence_that_goes_on_is_closed_with_a_blank() -> None:
    prefix = replace(pair("The athletes approve", "The athletes approves"), closing=" ")
    assert scored_parts(prefix, "verb") == ("The athletes ", "approve ", "approves ")
    assert scored_parts(prefix, "sentence")[1:] == (
        "The athletes approve ",
        "The athletes approves ",
    )
    vocabulary = knows(prefix.sentence_good, prefix.sentence_bad)
    model = random_model(vocabulary_size=vocabulary.size, dtype=np.float32)
    assert score_pairs(model, vocabulary, [prefix])[0].good == pytest.approx(
        log_likelihoods(
            model, vocabulary.encode("\n"), [vocabulary.encode("The athletes approve ")]
        )[0]
    )


def test_labels_make_no_other_pair() -> None:
    labelled = replace(pair("a b", "a c"), labels={"UID": "x", "pairID": 3, "item": "other"})
    assert labelled == pair("a b", "a c") and hash(labelled) == hash(pair("a b", "a c"))
    assert labelled.to_mapping() == pair("a b", "a c").to_mapping() | {"UID": "x", "pairID": 3}


@pytest.mark.parametrize("kind", ["sentence", "verb"])
def test_a_tie_is_wrong(kind: ScoreKind) -> None:
    pairs = [pair("I am.", "I is."), pair("I was.", "I are.", "d"), pair("He is.", "He are.", "e")]
    vocabulary = knows(*(p.sentence_good + p.sentence_bad for p in pairs))
    indifferent = Parameters(Architecture(hidden_size=4), vocabulary.size)
    scores = score_pairs(indifferent, vocabulary, pairs, kind)
    assert [(scored.right, scored.tie) for scored in scores] == [
        (False, True),
        (False, True),
        (True, False),  # the shorter word is the likelier one: lengths are not evened out
    ]
    expected = (7 if kind == "sentence" else 3) * math.log(vocabulary.size)
    assert scores[2].good == pytest.approx(-expected, rel=1e-5)


def test_bytes_are_scored_as_utf8() -> None:
    pairs = [pair("Die Mäuse schlafen.", "Die Mäuse schläft."), pair("猫 a", "猫 b", "d")]
    vocabulary = Vocabulary("byte")
    assert readable(vocabulary, pairs) == (pairs, [])
    indifferent = Parameters(Architecture(hidden_size=4), 256)
    sizes_of: dict[ScoreKind, tuple[int, int]] = {"sentence": (21, 21), "verb": (9, 9)}
    for kind, sizes in sizes_of.items():
        scored = score_pairs(indifferent, vocabulary, pairs[:1], kind)[0]
        each = math.log(256)
        assert [-scored.good / each, -scored.bad / each] == pytest.approx(sizes, rel=1e-5)


def test_damaged_weights_are_no_answer() -> None:
    vocabulary = knows("ab")
    model = random_model(vocabulary_size=vocabulary.size, dtype=np.float32)
    model.by_name["W_y"][0] = np.nan
    with pytest.raises(CheckpointError, match="no finite scores"):
        score_pairs(model, vocabulary, [pair("a", "b")])


def test_pairs_with_unseen_characters_are_left_out() -> None:
    pairs = [pair("ab", "ba"), pair("aé", "ab"), pair("a", "b☃é")]
    assert readable(knows("ab"), pairs) == (pairs[:1], ["é", "☃"])
    report = measure(random_model(vocabulary_size=3), knows("ab"), PairSet(pairs))
    assert (report.left_out, report.unknown) == ({("c", UNKNOWN): 2}, ["é", "☃"])
    mapping = report.to_mapping()
    assert (mapping["pairs"], mapping["left_out"]) == (1, 2)
    assert mapping["left_out_by_condition"] == {"c": {"unknown characters": 2}}
    with pytest.raises(CorpusError, match=r"none of the 2 pairs: it has never seen 'é'"):
        readable(knows("ab"), pairs[1:])
    with pytest.raises(CorpusError, match="no pairs"):
        readable(knows("ab"), [])


# Counts


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals(right: int, total: int, low: float, high: float) -> None:
    assert Share(right, total).interval == pytest.approx((low, high), abs=5e-5)
    mirrored = Share(total - right, total).interval
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=5e-5)


@pytest.mark.parametrize("total", [1, 4, 10, 200, 4400])
def test_a_share_of_all_or_none_lies_in_its_own_interval(total: int) -> None:
    for right in (0, total):
        low, high = Share(right, total).interval or (1.0, 0.0)
        assert low <= right / total <= high


def test_what_is_counted() -> None:
    def scored(item: str, number: str, congruent: bool | None, log_odds: float) -> PairScore:
        return PairScore(Pair("a", "b", "c", item, number, congruent), log_odds - 10, -10.0)

    result = summarise(
        [
            scored("1", "singular", True, 2.0),
            scored("1", "plural", False, 1.0),
            scored("2", "singular", False, 3.0),
            scored("2", "plural", True, -2.0),
            scored("3", "singular", False, 0.0),  # its other reading was left out
            scored("4", "singular", None, 1.0),
            scored("4", "plural", None, 2.0),
        ]
    )
    assert result.shares == {
        "accuracy": Share(5, 7),
        "congruent": Share(1, 2),
        "incongruent": Share(2, 3),
        "singular": Share(3, 4),
        "plural": Share(2, 3),
        "joint": Share(2, 3),
        "bias_free": Share(3, 3),
    }
    assert result.items == 4
    assert result.log_odds == pytest.approx(1.0)
    assert result.ties == 1


def test_what_no_label_tells_is_not_known() -> None:
    result = summarise([PairScore(pair("a", "b"), -1.0, -2.0)]).to_mapping()
    assert result["accuracy"] == 1.0
    unknown = ("congruent", "incongruent", "singular", "plural", "joint")
    assert {result[name] for name in unknown} == {None}
    assert {result["intervals"][name] for name in unknown} == {None}
