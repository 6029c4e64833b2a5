"""What the chain keeps and draws, against obvious versions."""

from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from charlstm.errors import ConfigError
from charlstm.nn.loss import softmax
from charlstm.sampling import Filters, chain
from charlstm.sampling.history import History

shares = st.integers(1, 8).map(lambda n: n / 8 - 0.0031)  # so that rounding decides nothing
weights = st.lists(st.integers(0, 8), min_size=1, max_size=8).filter(any)


class Evenly(Random):
    """ "Random" numbers that pass through 0..1 in `count` equal steps."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._numbers = iter((np.arange(count) + 0.5) / count)

    def random(self) -> float:
        return float(next(self._numbers))


def chosen(filters: Filters, logits: np.ndarray[Any, Any], random: Random) -> int:
    """What is drawn for one sample, from logits (V,)."""
    (id_,) = filters.chain().choose(logits[:, None], [random], History(1, 0))
    return id_


def each_chosen(
    filters: Filters, logits: np.ndarray[Any, Any], randoms: Sequence[Random]
) -> list[int]:
    """What is drawn for each of several samples, from logits (V, B)."""
    return filters.chain().choose(logits, randoms, History(len(randoms), 0))


def counts(filters: Filters, logits: np.ndarray[Any, Any], draws: int = 4000) -> list[float]:
    """The share of each character in so many draws."""
    random = Evenly(draws)
    drawn = [chosen(filters, logits, random) for _ in range(draws)]
    return [drawn.count(k) / draws for k in range(logits.size)]


def kept(filters: Filters, logits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Which characters the steps leave, from logits (…, V) of which the highest is 0."""
    logits = logits.copy()
    for step in filters.chain().steps:
        step.apply(logits, History(1, 0))
    return ~np.isneginf(logits)


@settings(max_examples=300)
@given(weights, st.none() | st.integers(1, 10), st.none() | shares, st.none() | shares)
@example([4, 4], None, 0.5, None)
@example([4, 2, 4], None, None, 1.0)
def test_the_candidates_are_those_of_an_obvious_version(
    weights: list[int], top_k: int | None, top_p: float | None, min_p: float | None
) -> None:
    ranked = sorted(range(len(weights)), key=lambda k: (-weights[k], k))
    expected, before = set(), 0
    for rank, k in enumerate(ranked):
        in_k = top_k is None or rank < top_k
        in_p = top_p is None or before < Fraction(top_p) * sum(weights)
        in_min = min_p is None or weights[k] >= Fraction(min_p) * max(weights)
        if in_k and in_p and in_min:
            expected.add(k)
        before += weights[k]
    filters = Filters(1.0, top_k, top_p, min_p)
    with np.errstate(divide="ignore"):
        logits = np.log(np.array(weights) / max(weights))
    possible = {k for k in expected if weights[k]}  # the others cannot be drawn in any case
    assert set(np.flatnonzero(kept(filters, logits))) == possible
    rows = kept(filters, np.stack([np.zeros_like(logits), logits]))  # each row judged by itself
    assert set(np.flatnonzero(rows[1])) == possible


LOGITS = np.array([0.3, -2.0, 1.5, 1.4, -30.0], np.float32)


@pytest.mark.parametrize("temperature", [0.25, 1.0, 3.0])
def test_draws_follow_the_softmax_at_its_temperature(temperature: float) -> None:
    expected = softmax(LOGITS[:, None] / temperature)[:, 0]
    assert counts(Filters(temperature), LOGITS) == pytest.approx(list(expected), abs=1e-3)


def test_filters_judge_the_models_own_distribution_before_temperature() -> None:
    p = softmax(LOGITS[[2, 3], None] / 3.0)[:, 0]
    drawn = counts(Filters(3.0, top_k=3, top_p=0.8, min_p=0.5), LOGITS)
    assert drawn == pytest.approx([0.0, 0.0, p[0], p[1], 0.0], abs=1e-3)


@pytest.mark.parametrize("temperature", [0.0, 1e-3, 1e-30, 1e-50, 1e-320])
def test_without_temperature_it_is_the_likeliest(temperature: float) -> None:
    assert counts(Filters(temperature), LOGITS, 50) == [0.0, 0.0, 1.0, 0.0, 0.0]
    assert counts(Filters(temperature), 1e30 * LOGITS, 50) == [0.0, 0.0, 1.0, 0.0, 0.0]


def test_of_equals_the_first_is_taken() -> None:
    assert chosen(Filters(0.0), np.array([1.0, 2.0, 2.0]), Random(1)) == 1


@settings(max_examples=200)
@given(
    st.integers(1, 40),
    st.integers(1, 9),
    st.integers(0, 2**32),
    st.sampled_from([0.0, 1e-320, 0.5, 1.0]),
    st.none() | st.integers(1, 10),
    st.none() | shares,
    st.none() | shares,
)
def test_many_columns_at_once_are_chosen_as_each_alone(
    size: int,
    columns: int,
    seed: int,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    min_p: float | None,
) -> None:
    filters = Filters(temperature, top_k, top_p, min_p)
    logits = np.random.default_rng(seed).normal(0.0, 2.0, (size, columns)).astype(np.float32)
    logits = np.round(logits, 1)  # so that some are equal
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chain, "BLOCK", 60)  # a column alone, or several, the last block shorter
        drawn = each_chosen(filters, logits, [Random(k) for k in range(columns)])
    assert drawn == [chosen(filters, logits[:, k], Random(k)) for k in range(columns)]
    assert all(type(id_) is int for id_ in drawn)


@pytest.mark.parametrize("number", [0.0, 1.0 - 2**-53])
def test_the_ends_of_the_random_numbers_draw_the_ends(number: float) -> None:
    random = Random(1)
    random.random = lambda: number  # type: ignore[method-assign]
    logits = np.array([-np.inf, 0.0, 1.0, -np.inf], np.float32)
    expected = 1 if number == 0.0 else 2
    assert chosen(Filters(), logits, random) == expected
    assert each_chosen(Filters(), np.stack([logits] * 3, axis=1), [random] * 3) == [expected] * 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("temperature", value) for value in (-0.1, 1e7, float("nan"))),
        *((name, v) for name in ("top_p", "min_p") for v in (-1.0, 0.0, 1.1, float("nan"))),
        ("top_k", 0),
    ],
)
def test_filters_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=name):
        Filters(**{name: value})  # type: ignore[arg-type]
