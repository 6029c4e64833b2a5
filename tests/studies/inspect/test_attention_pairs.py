"""What is looked at when a verb is decided: against the reference, and a model that is known."""

from collections.abc import Collection
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from models import VOCABULARY as WILD_VOCABULARY
from models import looked_at, wild_model
from planted import VOCABULARY, planted_pairs

from charlstm.errors import CorpusError
from charlstm.nn import Array, reference
from charlstm.nn.parameters import Architecture, Parameters, parameters_at
from charlstm.pairs.pair import Pair
from charlstm.pairs.scores import score_pairs
from charlstm.studies.inspect.attention_pairs import look_at_pairs
from charlstm.text.vocabulary import Vocabulary

# "cats" and the blank after it are characters 4 to 8; "rats " 16 to 20; "e" and "s" differ at 22.
GOOD, BAD = "The cats or the rats bet.", "The cats or the rats bst."
PAIR = Pair(GOOD, BAD, "c", "1", subject_end=8, attractor_end=20)


def log_likelihood(
    model: Parameters, text: str, start: int, hidden: Collection[int], head: int | None = None
) -> float:
    """Of the characters from `start` on, by the reference, if these places are hidden.

    A place is hidden from one head, or all, by a huge negative number for its distance.
    """
    state: dict[str, Array] | None = None
    H, M, total = model.architecture.hidden_size, model.architecture.attention, 0.0
    memory = {"m": np.zeros((1, M, H)), "n": np.zeros(1)}
    ids = WILD_VOCABULARY.encode("\n" + text)
    block = parameters_at(model.by_name, "attention")
    for t, k in enumerate(ids[:-1]):
        _, state = reference.run(model, np.array([[k]], np.intp), state)
        d = block["d"].copy()
        for place in hidden:
            if 1 <= t - 1 - place <= M:  # step t has read character t - 1
                d[slice(None) if head is None else head, t - 2 - place] = -1e9
        h = state["attention.m"][:, -1].T
        z, _, memory = reference.look_back({**block, "d": d}, h, memory)
        logits = (model.by_name["W_y"] @ z + model.by_name["b_y"])[:, 0]
        if t >= start:
            total += logits[ids[t + 1]] - np.log(np.exp(logits).sum())
    return total


@pytest.mark.parametrize("head", [None, 0, 2])
@pytest.mark.parametrize("reach", [3, 8, 12, 60])
def test_shares_are_those_of_the_step_that_predicts_the_character_that_differs(
    reach: int, head: int | None
) -> None:
    model = wild_model(attention=reach, attention_heads=3, scale=0.6)
    (look,) = look_at_pairs(model, WILD_VOCABULARY, [PAIR], head=head)
    weights = looked_at(model, GOOD, head)[22]
    first = 21 - len(weights)
    subject = [w for k, w in enumerate(weights, first) if 4 <= k <= 8]
    by_head = [sum(looked_at(model, GOOD, k)[22][: max(0, 9 - first)][-5:]) for k in range(3)]
    assert look.subject_by_head == pytest.approx(by_head)
    attractor = [w for k, w in enumerate(weights, first) if 16 <= k <= 20]
    assert look.subject == pytest.approx(sum(subject))
    assert look.attractor == pytest.approx(sum(attractor))
    assert look.subject_chance == len(subject) / len(weights)
    assert look.attractor_chance == len(attractor) / len(weights)


@pytest.mark.parametrize(("heads", "head"), [(1, None), (3, None), (3, 0), (2, 1)])
@pytest.mark.parametrize("reach", [8, 17, 60])
def test_hidden_outputs_are_hidden_as_by_a_mask_of_the_scores(
    reach: int, heads: int, head: int | None
) -> None:
    model = wild_model("gru", attention=reach, attention_heads=heads, scale=0.6, num_layers=2)
    (look,) = look_at_pairs(model, WILD_VOCABULARY, [PAIR], head=head)

    def odds(hidden: Collection[int]) -> float:
        good, bad = (log_likelihood(model, text, 21, hidden, head) for text in (GOOD, BAD))
        return good - bad

    assert look.log_odds == pytest.approx(odds(()), abs=1e-9)
    seen = [place for place in range(4, 9) if place >= 21 - reach]  # by the step that decides
    assert look.log_odds_without_subject == pytest.approx(odds(seen), abs=1e-9)
    assert (look.log_odds == look.log_odds_without_subject) is (reach == 8)


def test_right_is_what_agree_calls_right_by_the_verb() -> None:
    pairs = [PAIR, Pair(BAD, GOOD, "c", "2", subject_end=8)]
    model = wild_model(attention=9)
    scores = score_pairs(model, WILD_VOCABULARY, pairs, "verb")
    looks = look_at_pairs(model, WILD_VOCABULARY, pairs)
    assert [look.right for look in looks] == [score.right for score in scores]
    assert sorted(look.right for look in looks) == [False, True]
    assert looks[1].attractor is looks[1].attractor_chance is None


def looking_model() -> Parameters:
    """No memory but attention: unit 0 is -1 at A and 1 at B, unit 1 draws the look to both."""
    model = Parameters(Architecture("rnn", {}, 2, 1, 50), VOCABULARY.size, dtype=np.float64)
    model.flat.fill(0.0)
    for character, sign in (("A", -9.0), ("B", 9.0)):
        model.by_name["layers.0.E"][VOCABULARY.encode(character)[0]] = sign, 9.0
    model.by_name["attention.b_a"][1] = 30.0
    model.by_name["attention.v"][0] = 1.0
    for verb, weight in (("p", -4.0), ("q", 4.0)):
        model.by_name["W_y"][VOCABULARY.encode(verb)[0], 0] = weight
    return model


def test_a_model_that_knows_the_number_by_its_look_alone_needs_the_subject() -> None:
    pairs = [
        Pair(**{**vars(pair), "subject_end": 4, "attractor_end": 6}) for pair in planted_pairs(40)
    ]
    looks = look_at_pairs(looking_model(), VOCABULARY, pairs)
    assert [look.pair for look in looks] == pairs
    for look, pair in zip(looks, pairs, strict=True):
        # It reads a newline and the text before the verb; the last of these outputs is its own.
        seen = len(pair.sentence_good) - 2
        assert (look.right, look.without_subject, look.without_random) == (True, False, True)
        assert look.subject > 0.999 and look.attractor == pytest.approx(0.0, abs=0.001)
        assert look.subject_chance == pytest.approx(2 / seen)


def test_as_many_random_places_as_the_subject_has_are_drawn_by_the_seed() -> None:
    model = wild_model(attention=9, scale=0.6)  # the step that decides sees characters 12 to 20
    pairs = [replace(PAIR, subject_end=15, item=str(k)) for k in range(40)]  # "the ", 12 to 15

    def found(seed: int) -> list[float]:
        looks = look_at_pairs(model, WILD_VOCABULARY, pairs, seed=seed)
        return [round(look.log_odds_without_random, 9) for look in looks]

    def odds(hidden: Collection[int]) -> float:
        good, bad = (log_likelihood(model, text, 21, hidden) for text in (GOOD, BAD))
        return round(good - bad, 9)

    assert set(found(1)) <= {odds(four) for four in combinations(range(16, 21), 4)}
    assert found(1) == found(1) != found(2)


def test_a_byte_model_counts_bytes_and_a_file_characters() -> None:
    model = Parameters(Architecture("gru", {}, 4, 1, 6), 256, dtype=np.float64)
    model.flat[:] = np.random.default_rng(1).normal(0.0, 0.5, model.size)
    pair = Pair("Öl är.", "Öl är!", "c", "1", subject_end=2)
    (look,) = look_at_pairs(model, Vocabulary("byte"), [pair])
    assert (
        look.subject_chance == 4 / 6
    )  # the two bytes of Ö, l and the blank; it also sees those of ä


def test_pairs_without_a_subject_end_are_passed_over_or_refused() -> None:
    none = Pair(GOOD, BAD, "c", "2")
    model = wild_model(attention=3)
    assert [k.pair for k in look_at_pairs(model, WILD_VOCABULARY, [none, PAIR])] == [PAIR]
    with pytest.raises(CorpusError, match="add subject_end"):
        look_at_pairs(model, WILD_VOCABULARY, [none])
