"""What the sampler keeps, draws and stops at, against obvious versions."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_model
from hypothesis import example, given, settings
from hypothesis import strategies as st

from charlstm import sampler
from charlstm.errors import ConfigError
from charlstm.nn import reference
from charlstm.nn.loss import softmax
from charlstm.sampler import Filters, Stopper, generate

shares = st.integers(1, 8).map(lambda n: n / 8)  # exact, as are the weights
weights = st.lists(st.integers(0, 8), min_size=1, max_size=8).filter(any)


class Evenly(Random):
    """ "Random" numbers that pass through 0..1 in `count` equal steps."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._numbers = iter((np.arange(count) + 0.5) / count)

    def random(self) -> float:
        return float(next(self._numbers))


def counts(filters: Filters, logits: np.ndarray[Any, Any], draws: int = 4000) -> list[float]:
    """The share of each character in so many draws."""
    random = Evenly(draws)
    chosen = [filters.choose(logits, random) for _ in range(draws)]
    return [chosen.count(k) / draws for k in range(logits.size)]


@settings(max_examples=300)
@given(weights, st.none() | st.integers(1, 10), st.none() | shares, st.none() | shares)
@example([4, 4], None, 0.5, None)
@example([4, 2, 4], None, None, 0.5)
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
    filters, array = Filters(1.0, top_k, top_p, min_p), np.array(weights, np.float32)
    assert set(np.flatnonzero(filters.candidates(array))) == expected
    rows = filters.candidates(np.stack([np.ones_like(array), array]))  # each row judged by itself
    assert set(np.flatnonzero(rows[1])) == expected


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
    assert Filters(0.0).choose(np.array([1.0, 2.0, 2.0]), Random(1)) == 1


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
        patch.setattr(sampler, "BLOCK", 60)  # a column alone, or several, the last block shorter
        chosen = filters.choose_each(logits, [Random(k) for k in range(columns)])
    assert chosen == [filters.choose(logits[:, k], Random(k)) for k in range(columns)]
    assert all(type(id_) is int for id_ in chosen)


@pytest.mark.parametrize("number", [0.0, 1.0 - 2**-53])
def test_the_ends_of_the_random_numbers_draw_the_ends(number: float) -> None:
    random = Random(1)
    random.random = lambda: number  # type: ignore[method-assign]
    logits = np.array([-np.inf, 0.0, 1.0, -np.inf], np.float32)
    expected = 1 if number == 0.0 else 2
    assert Filters().choose(logits, random) == expected
    assert Filters().choose_each(np.stack([logits] * 3, axis=1), [random] * 3) == [expected] * 3


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


@each_variant
@pytest.mark.parametrize("attention", [0, 6])
def test_greedy_text_is_that_of_the_reference(
    cell: str, options: Mapping[str, Any], attention: int
) -> None:
    model = random_model(cell, options, num_layers=2, spread=1.5, attention=attention)
    prime = np.array([1, 5, 0])
    written = [ids[0] for ids in generate(model, prime, 20, Filters(0.0), [1])]
    whole = np.concatenate([prime, written])
    logits, _ = reference.run(model, whole[:, None])
    assert written == list(logits[prime.size - 1 : -1, :, 0].argmax(axis=1))


def sample(*seeds: int, length: int = 40, attention: int = 0) -> list[list[int]]:
    model = random_model(spread=2.0, attention=attention)
    return list(generate(model, np.array([2, 3, 0]), length, Filters(), list(seeds)))


@pytest.mark.parametrize("attention", [0, 5, 50])
def test_the_same_seed_gives_the_same_text_alone_or_in_a_batch(attention: int) -> None:
    seeds = range(7, 71)
    batch = sample(*seeds, attention=attention)
    assert batch == sample(*seeds, attention=attention)
    texts = [[ids[k] for ids in batch] for k in range(len(seeds))]
    assert texts == [[ids[0] for ids in sample(seed, attention=attention)] for seed in seeds]
    assert all(one != other for one, other in pairwise(texts))


def test_a_shorter_sample_is_the_beginning_of_a_longer_one() -> None:
    assert sample(1, length=0) == []
    assert sample(1, length=1) == sample(1, length=40)[:1]


GOLDEN: list[tuple[dict[str, Any], list[str]]] = [  # as the first sampler wrote them
    ({}, ["626323241632684468568172", "484624846662283215386228", "623606636215666222566663"]),
    (
        {"temperature": 0.0},
        ["626626666666666666666666"] * 3,
    ),
    (
        {"temperature": 0.6},
        ["626425454622262666668486", "684622866662274226286428", "624626666622566662286666"],
    ),
    (
        {"top_k": 3},
        ["626426464622262668668186", "484626845662222226666428", "624626666622566462286866"],
    ),
    (
        {"top_p": 0.7},
        ["626425664622262466666286", "686622226666484226286428", "624626666622566442566662"],
    ),
    (
        {"min_p": 0.3},
        ["626625662622262666668686", "484626225666622222666668", "624626666622666662566662"],
    ),
    (
        {"temperature": 2.5, "top_k": 6, "top_p": 0.95, "min_p": 0.02},
        ["426154251222281368656284", "484624846662481423284248", "433826816622656342286747"],
    ),
]


@pytest.mark.parametrize(("filters", "texts"), GOLDEN)
def test_seeds_write_what_they_always_wrote(filters: dict[str, Any], texts: list[str]) -> None:
    model = random_model(spread=2.0, attention=5, vocabulary_size=9)
    for first, count in ((0, 3), (1, 1)):
        seeds = range(7 + first, 7 + first + count)
        drawn = list(generate(model, np.array([2, 3, 0]), 24, Filters(**filters), seeds))
        written = ["".join(str(ids[k]) for ids in drawn) for k in range(count)]
        assert written == texts[first : first + count]


def stopped(text: str, stops: list[str]) -> str:
    """The text before the stop that was complete first; of those, before the longest."""
    for end in range(len(text) + 1):
        ready = [end - len(stop) for stop in stops if stop and text[:end].endswith(stop)]
        if ready:
            return text[: min(ready)]
    return text


@given(st.text("ab", max_size=30), st.lists(st.text("ab", max_size=4), max_size=3), st.data())
def test_the_stopper_cuts_at_the_same_place_whatever_the_pieces(
    text: str, stops: list[str], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    expected = stopped(text, stops)
    stopper, shown = Stopper(stops, ""), ""
    for start, end in pairwise([0, *cuts, len(text)]):
        shown += stopper.feed(text[start:end])
        assert expected.startswith(shown)
        if stopper.stopped:
            break
    assert stopper.stopped == (expected != text)
    assert shown + stopper.rest() == expected


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_of_several_stops_the_first_that_is_complete_ends_the_text(size: int) -> None:
    stopper, shown = Stopper(["abcd", "bc"], ""), ""
    for start in range(0, 4, size):
        shown += "" if stopper.stopped else stopper.feed("abcd"[start : start + size])
    assert (shown, stopper.stopped) == ("a", True)


@given(st.text("ab", max_size=30), st.text("ab", min_size=1, max_size=4))
def test_one_stop_is_str_find(text: str, stop: str) -> None:
    at = text.find(stop)
    stopper = Stopper([stop], "")
    assert stopper.feed(text) + stopper.rest() == (text if at < 0 else text[:at])


def test_nothing_is_held_back_longer_than_needed() -> None:
    stopper = Stopper([b"END"], b"")
    shown = [stopper.feed(bytes([byte])) for byte in b"aENEEND"]
    assert shown == [b"a", b"", b"", b"EN", b"E", b"", b""]
    assert stopper.stopped
