"""The influence of characters, against differences of the reference; and the logit as a sum."""

from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant
from models import VOCABULARY, wild_model
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.likelihood import log_likelihoods
from charlstm.nn import reference
from charlstm.nn.loss import softmax
from charlstm.nn.parameters import Parameters
from charlstm.studies.inspect.influence import influence, rank_correlation
from charlstm.studies.inspect.logit_sum import logit_sum
from charlstm.studies.inspect.why import why

START = VOCABULARY.encode("\n").astype(np.intp)
BEFORE, FOR, AGAINST = "Tabcd", "fgn", "fhor"  # no character twice but the shared f


def encoded(text: str) -> NDArray[np.intp]:
    return VOCABULARY.encode(text).astype(np.intp)


def log_probability(model: Parameters, before: str, continuation: str) -> float:
    """log P(continuation) after a newline and `before`, by the reference."""
    ids = encoded(f"\n{before}{continuation}")
    logits, _ = reference.run(model, ids[:-1, None])
    odds = softmax(logits[:, :, 0].T)[ids[1:], np.arange(len(ids) - 1)]
    return float(np.log(odds[-len(continuation) :]).sum())


def difference(model: Parameters, before: str = BEFORE) -> float:
    return log_probability(model, before, FOR) - log_probability(model, before, AGAINST)


@each_variant
@pytest.mark.parametrize("attention", [0, 4])
def test_signed_and_norm_are_those_of_differences(
    cell: str, options: dict[str, Any], attention: int
) -> None:
    model = wild_model(
        cell, 2, num_layers=2, options=options, scale=0.6, attention=attention, attention_heads=2
    )
    found = influence(model, START, encoded(BEFORE), [encoded(FOR), encoded(AGAINST)])
    E = model.by_name["layers.0.E"]
    mean = E[:-1].mean(axis=0)
    for t in (0, len(BEFORE) - 1):
        row = encoded(BEFORE)[t]
        gradient = np.empty(E.shape[1])
        for k in range(E.shape[1]):
            values = []
            for step in (1e-5, -2e-5):
                E[row, k] += step
                values.append(difference(model))
            E[row, k] += 1e-5
            gradient[k] = (values[0] - values[1]) / 2e-5
        assert found.norm[t] == pytest.approx(np.linalg.norm(gradient), rel=1e-4, abs=1e-7)
        assert found.signed[t] == pytest.approx(gradient @ (E[row] - mean), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_exact_is_what_is_lost_without_the_character(cell: str) -> None:
    model = wild_model(cell, attention=3)
    text = "Tab cd.ab"
    done: list[int] = []
    found = influence(model, START, encoded(text), [encoded(FOR), encoded(AGAINST)], done.append)
    whole = difference(model, text)
    for t in range(len(text)):
        without = difference(model, text[:t] + text[t + 1 :])
        assert found.exact[t] == pytest.approx(whole - without)
    assert sum(done) == len(text)
    one, other = found.log_probabilities
    assert one - other == pytest.approx(whole)


def test_one_continuation_is_explained_by_itself() -> None:
    model = wild_model()
    found = influence(model, START, encoded(BEFORE), [encoded("f")])
    (value,) = found.log_probabilities
    assert value == pytest.approx(log_probability(model, BEFORE, "f"))
    assert value == pytest.approx(log_likelihoods(model, START, [encoded(f"{BEFORE}f")], [5])[0])


def test_nothing_before_a_line_has_influence_where_lines_are_apart() -> None:
    model = wild_model(attention=5)
    model.reset_at = int(START[0])
    found = influence(model, START, encoded("Tab\ncd"), [encoded("f")])
    np.testing.assert_array_equal(found.norm[:3], 0.0)
    np.testing.assert_allclose(found.exact[:3], 0.0, atol=1e-12)
    assert found.norm[3:].min() > 0.0


def test_rank_correlation_is_spearmans() -> None:
    one = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert rank_correlation(one, one**3) == pytest.approx(1.0)
    assert rank_correlation(one, -one) == pytest.approx(-1.0)
    # Σd² = 4 with five values and no ties: 1 − 6·4 / (5·24)
    assert rank_correlation(one, np.array([2.0, 1.0, 3.0, 5.0, 4.0])) == pytest.approx(0.8)
    # equal values share the mean of their ranks
    ties = rank_correlation(np.array([1.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0]))
    assert ties == pytest.approx(np.sqrt(3) / 2)
    assert np.isnan(rank_correlation(one, np.ones(5)))


@pytest.mark.parametrize(("attention", "heads"), [(0, 1), (3, 1), (50, 3)])
@pytest.mark.parametrize("layers", [1, 2])
def test_the_terms_of_a_logit_add_up_to_it(attention: int, heads: int, layers: int) -> None:
    model = wild_model(num_layers=layers, attention=attention, attention_heads=heads)
    ids = encoded("\nThe cat ate.")
    logits, _ = reference.run(model, ids[:, None])
    y = logits[-1, :, 0]
    alone, versus = (logit_sum(model, VOCABULARY, ids, *k) for k in ((3,), (3, 7)))
    assert alone.logit == pytest.approx(y[3])
    assert versus.logit == pytest.approx(y[3] - y[7])
    assert (alone.character, alone.against) == (VOCABULARY.characters[3], None)
    assert versus.against == VOCABULARY.characters[7]
    assert bool(versus.picked.any()) is bool(attention)
    terms = [record["term"] for record in versus.to_records()]
    assert sum(terms) + versus.bias == pytest.approx(versus.logit)
    assert [abs(term) for term in terms] == sorted(map(abs, terms), reverse=True)


def test_the_logit_is_of_the_first_character_in_which_two_continuations_differ() -> None:
    model = wild_model()
    found = why(model, VOCABULARY, BEFORE, FOR, AGAINST)
    logits, _ = reference.run(model, encoded(f"\n{BEFORE}f")[:, None])
    g, h = encoded("gh")
    assert (found.logit.character, found.logit.against) == ("g", "h")
    assert found.logit.logit == pytest.approx(logits[-1, g, 0] - logits[-1, h, 0])
    assert found.log_odds == pytest.approx(difference(model))


@pytest.mark.parametrize(
    ("before", "continuation", "against", "message"),
    [
        ("", "a", None, "there is nothing to explain"),
        ("T", "", None, "there is nothing to explain"),
        ("T", "a", "", "there is nothing to explain"),
        ("T", "ab", "a", "one continuation is the beginning of the other"),
        ("T", "a", "ab", "one continuation is the beginning of the other"),
        ("T", "a", "a", "one continuation is the beginning of the other"),
        ("T", "☃", None, "the model has never seen '☃'"),
        ("T", "a", "x", "the model has never seen 'x'"),
    ],
)
def test_what_cannot_be_explained_is_refused(
    before: str, continuation: str, against: str | None, message: str
) -> None:
    with pytest.raises(CorpusError, match=message):
        why(wild_model(), VOCABULARY, before, continuation, against)


def test_an_unknown_character_before_is_read_as_unknown() -> None:
    found = why(wild_model(), VOCABULARY, "T☃a", "f")
    assert list(found.symbols) == ["T", "☃", "a"]
    assert np.isfinite(found.influence.signed).all()
