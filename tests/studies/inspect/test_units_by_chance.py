"""No unit carries number where the labels or the weights mean nothing."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from planted import CARRIER, CHARACTERS, VOCABULARY, H, planted_model, planted_pairs

from charlstm.errors import CorpusError
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.pairs.pair import NUMBERS, Pair
from charlstm.studies.inspect.chance import best_by_chance, p_value, permuted_readings
from charlstm.studies.inspect.span_values import span_values
from charlstm.studies.inspect.spans import Span, spans_of, with_enough_items
from charlstm.studies.inspect.units import Units, find_units
from charlstm.studies.inspect.units_verdict import verdict

SUBJECT_END = 4  # of a planted sentence, "xx A …"


def measured(model: Parameters, pairs: Sequence[Pair], candidates: int = 3) -> Units:
    spans = with_enough_items(spans_of(pairs)).spans
    return find_units(model, VOCABULARY, spans, candidates=candidates, controls=19)


def relabelled(pairs: Sequence[Pair], numbers: Sequence[str]) -> list[Pair]:
    return [replace(p, subject_number=number) for p, number in zip(pairs, numbers, strict=True)]


def swapped(pairs: Sequence[Pair], seed: int) -> list[Pair]:
    """The pairs; the two numbers of about half of the items are taken for each other."""
    random = Random(seed)
    swaps = {item: random.randrange(2) for item in dict.fromkeys(pair.item for pair in pairs)}
    places = [NUMBERS.index(pair.subject_number or "") ^ swaps[pair.item] for pair in pairs]
    return relabelled(pairs, [NUMBERS[place] for place in places])


def dealt(pairs: Sequence[Pair], seed: int) -> list[Pair]:
    """The pairs; the numbers of all of them are dealt anew. Each says where its subject ends."""
    numbers = [str(pair.subject_number) for pair in pairs]
    Random(seed).shuffle(numbers)
    return relabelled([replace(pair, subject_end=SUBJECT_END) for pair in pairs], numbers)


@pytest.mark.parametrize("seed", range(6))
def test_labels_swapped_within_items_of_one_condition_each_give_no_carrier(seed: int) -> None:
    pairs = [replace(pair, condition=pair.item) for pair in swapped(planted_pairs(), seed)]
    with pytest.raises(CorpusError, match="no condition has 5 items in both readings"):
        measured(planted_model(), pairs)


@pytest.mark.parametrize("seed", range(6))
def test_labels_swapped_within_items_give_no_carrier(seed: int) -> None:
    pairs = [
        replace(pair, condition=f"c{int(pair.item) % 4 // 2}")  # six long items in each of two
        for pair in swapped(planted_pairs(), seed)
    ]
    units = measured(planted_model(), pairs, candidates=H)
    assert units.carriers == []
    assert min(unit.p_labels for unit in units.candidates) >= 0.01
    assert max(unit.cost["long"] for unit in units.candidates) == 0.5  # the model is as it was


@pytest.mark.parametrize("seed", range(6))
def test_labels_dealt_anew_among_the_items_give_no_carrier(seed: int) -> None:
    units = measured(planted_model(), dealt(planted_pairs(), seed), candidates=H)
    assert units.carriers == []
    assert min(unit.p_labels for unit in units.candidates) >= 0.01


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("seed", range(4))
def test_random_weights_give_no_carrier(cell: str, seed: int) -> None:
    model = Parameters(Architecture(cell, {}, H, 1), len(CHARACTERS), dtype=np.float64)
    model.flat[:] = np.random.default_rng(seed).normal(0.0, 0.7, model.size)
    assert measured(model, planted_pairs(), candidates=H).carriers == []


def test_five_items_are_too_few_to_claim_a_unit() -> None:
    units = measured(planted_model(), planted_pairs(10))  # five of them long
    (carrier,) = (unit for unit in units.candidates if unit.unit == CARRIER)
    assert carrier.separates and carrier.cost["long"] == 0.5 and carrier.p_controls == 1 / 20
    assert carrier.p_labels > 0.01 and units.carriers == []
    assert "(0.01 is the limit); more items may show more." in verdict(units, "number")


def test_a_model_that_is_right_about_as_often_as_by_chance_has_no_carrier() -> None:
    wrong = [str(item) for item in range(1, 18, 2)]  # nine of the 20 long items
    pairs = [
        replace(pair, sentence_good=pair.sentence_bad, sentence_bad=pair.sentence_good)
        if pair.item in wrong
        else pair
        for pair in planted_pairs(40)
    ]
    units = measured(planted_model(), pairs)
    (carrier,) = (unit for unit in units.candidates if unit.unit == CARRIER)
    assert carrier.p_labels < 0.01 and carrier.p_controls == 1 / 20
    assert carrier.cost["long"] == pytest.approx(0.05) and carrier.cost["long"] >= 0.05
    assert units.carriers == []
    words = "On these pairs 55.0% are right over a long way, little more than by chance"
    assert verdict(units, "number").startswith(words)


def test_a_subject_end_does_without_twins() -> None:
    alone = [
        replace(pair, subject_end=SUBJECT_END, item=str(n))
        for n, pair in enumerate(planted_pairs(48))
        if n % 2 == n // 4 % 2  # of two items the singular ones, of the next two the plural ones
    ]
    assert len({pair.item for pair in alone}) == len(alone)
    units = measured(planted_model(), alone)
    assert [(unit.layer, unit.unit) for unit in units.carriers] == [(0, CARRIER)]
    with pytest.raises(CorpusError, match=r"\(48 with no subject_end, and no twin of the other"):
        spans_of([replace(pair, subject_end=None) for pair in alone])


def spans_with(readings: Sequence[tuple[str, int]]) -> list[Span]:
    """Spans of these items with these readings, in one condition."""
    pair = planted_pairs(1)[0]
    return [
        Span(replace(pair, item=item), "c", reading, 4, 9, ("p", "q")) for item, reading in readings
    ]


def test_readings_change_places_within_items_that_have_both() -> None:
    spans = spans_with([("a", 0), ("a", 1), ("b", 0), ("b", 1), ("b", 1)])
    rows = permuted_readings(spans, 400, np.random.default_rng(1))
    assert {tuple(row) for row in rows.tolist()} == {
        (*a, *b) for a in ((0, 1), (1, 0)) for b in ((0, 1, 1), (1, 0, 1), (1, 1, 0))
    }


def test_items_that_have_one_reading_exchange_it_as_wholes() -> None:
    spans = spans_with([("a", 0), ("a", 0), ("b", 1), ("c", 1), ("c", 1), ("d", 0), ("d", 1)])
    rows = permuted_readings(spans, 400, np.random.default_rng(1))
    assert {tuple(row) for row in rows.tolist()} == {
        (a, a, b, c, c, *d)
        for a, b, c in ((0, 1, 1), (1, 0, 1), (1, 1, 0))
        for d in ((0, 1), (1, 0))
    }


def test_the_best_unit_by_chance_is_that_of_many() -> None:
    far = [span for span in spans_of(planted_pairs()).spans if span.distance > 20]
    memory = span_values(planted_model(), VOCABULARY, far)[0].memory[:, 1:]
    several = best_by_chance(memory, far, seed=1)
    alone = best_by_chance(memory[:, :, [3]], far, seed=1)
    assert (several >= alone).all() and several.mean() > alone.mean() + 0.05
    assert p_value(0.0, several) == 1.0


def test_a_p_value_counts_what_is_as_large() -> None:
    by_chance = np.array([0.1, 0.2, 0.3, 0.3 + 1e-16])
    values = (0.0, 0.15, 0.3, 0.31)
    assert [p_value(value, by_chance) for value in values] == [1.0, 4 / 5, 3 / 5, 1 / 5]
