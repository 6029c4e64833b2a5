"""Units that carry number: a planted one is found, one that only knows is not called one."""

import numpy as np
import pytest
from models import CHARACTERS as WILD_CHARACTERS
from models import wild_model
from planted import CARRIER, DECOY, VOCABULARY, H, planted_model, planted_pairs

from charlstm.errors import CorpusError
from charlstm.nn import Array
from charlstm.nn.ablation import ablated
from charlstm.nn.blocks import rows_of
from charlstm.nn.cells import CELLS
from charlstm.nn.recording import record
from charlstm.pairs.pair import Pair
from charlstm.ranks import auc
from charlstm.studies.inspect.separability import auc_by_condition, separability
from charlstm.studies.inspect.span_values import span_values
from charlstm.studies.inspect.spans import spans_of
from charlstm.studies.inspect.time_course import (
    AFTER,
    BEFORE,
    STEPS,
    time_course_of_one,
    time_course_of_two,
)
from charlstm.studies.inspect.units import PARTS, Units, find_units
from charlstm.studies.inspect.units_report import UnitsReport

SPANS = spans_of(planted_pairs())


def planted_units(candidates: int, controls: int, seed: int = 1) -> Units:
    return find_units(
        planted_model(), VOCABULARY, SPANS, candidates=candidates, controls=controls, seed=seed
    )


def test_the_planted_unit_is_found_and_no_other() -> None:
    units = planted_units(candidates=3, controls=6)
    assert [(unit.layer, unit.unit) for unit in units.carriers] == [(0, CARRIER)]
    assert units.accuracy == dict.fromkeys(PARTS, 1.0)
    carrier = units.carriers[0]
    assert (carrier.mean_separability, carrier.auc["verb"]) == (1.0, 1.0)
    assert carrier.separability == {"planted": 1.0}
    assert carrier.constructions == ["planted"]
    assert carrier.cost["long"] == 0.5  # chance is left
    assert carrier.retention == pytest.approx(1 / (1 + np.exp(-9.0)))
    assert carrier.weight == pytest.approx(8.0)
    assert units.controls == 6
    assert units.control["long"] == (0.0, 0.0)


def test_a_unit_that_knows_but_is_not_heard_is_no_number_unit() -> None:
    decoy = next(
        unit for unit in planted_units(candidates=3, controls=4).candidates if unit.unit == DECOY
    )
    assert decoy.mean_separability == 1.0
    assert decoy.cost["long"] == 0.0
    assert not decoy.carries


def test_a_unit_that_is_heard_but_does_not_know_is_none_either() -> None:
    model = planted_model()
    model.by_name["layers.0.E"][:, rows_of("ifog", "g", H).start + CARRIER] = 5.0
    units = find_units(model, VOCABULARY, SPANS, candidates=H, controls=2)
    assert units.carriers == []


def test_the_controls_are_drawn_from_the_others_and_repeat_with_their_seed() -> None:
    assert planted_units(candidates=3, controls=4, seed=5) == planted_units(
        candidates=3, controls=4, seed=5
    )
    without = planted_units(candidates=H, controls=4)
    assert without.controls == 0
    assert np.isnan(without.control["long"]).all()


def test_only_sentences_of_one_condition_are_compared() -> None:
    values = np.array([0.0, 1.0, 10.0, 11.0, 5.0])[:, None]
    readings = np.array([0, 1, 0, 1, 1])
    areas = auc_by_condition(values, readings, ["a", "a", "b", "b", "alone"])
    assert {name: float(area[0]) for name, area in areas.items()} == {"a": 1.0, "b": 1.0}
    assert auc(values, readings)[0] == pytest.approx(4 / 6)


def test_a_unit_separates_in_one_direction_over_all_conditions() -> None:
    aucs = np.array(
        [
            [[0.0, 1.0, 0.9], [0.1, 0.9, 0.4]],
            [[0.2, 0.0, 0.8], [0.0, 0.4, 1.0]],
        ]
    )
    np.testing.assert_allclose(separability(aucs), [[0.9, 0.9, 0.4], [0.8, 0.0, 0.8]])


@pytest.mark.parametrize("cell", [*CELLS, "diagonal peephole"])
@pytest.mark.parametrize("attention", [0, 4])
@pytest.mark.parametrize(("layers", "layer"), [(1, 0), (2, 0), (2, 1)])
def test_nothing_reads_an_ablated_unit(cell: str, layers: int, layer: int, attention: int) -> None:
    kind, _, name = cell.rpartition(" ")
    options = {"peephole_kind": kind} if kind else {}
    model = wild_model(name, num_layers=layers, scale=0.7, options=options, attention=attention)
    ids = np.random.default_rng(0).integers(0, len(WILD_CHARACTERS), (9, 2))
    unit, other = 2, 4

    def logits(*, changed: bool, without: bool) -> Array:
        flat = model.flat.copy()
        if changed:  # the unit does something else
            model.by_name[f"layers.{layer}.b"][unit :: model.architecture.hidden_size] += 2.0
        which = ablated(model, (layer, unit)) if without else model
        result = record(which, ids)
        model.flat[:] = flat
        return result.logits

    np.testing.assert_allclose(
        logits(changed=True, without=True), logits(changed=False, without=True), atol=1e-12
    )
    assert not np.allclose(
        logits(changed=True, without=False), logits(changed=False, without=False)
    )
    assert not np.allclose(
        record(ablated(model, (layer, other)), ids).logits, logits(changed=False, without=True)
    )


def test_ablation_leaves_the_model_itself_alone() -> None:
    model = wild_model()
    before = model.flat.copy()
    ablated(model, (0, 1))
    np.testing.assert_array_equal(model.flat, before)


def test_spans_run_from_behind_the_subject_to_the_verb() -> None:
    twins = [
        Pair("The women near us were full.", "The women near us was full.", "c", "1", "plural"),
        Pair("The woman near us was full.", "The woman near us were full.", "c", "1", "singular"),
    ]
    one, other = spans_of(twins)
    assert (one.reading, one.pair.subject_number) == (0, "singular")
    assert one.text[: one.subject] == "The woman"
    assert one.text[one.verb :] == "was full."
    assert one.decides == ("a", "e")
    assert (other.text[: other.subject], other.text[other.verb :]) == ("The women", "were full.")
    assert one.distance == len("near us ") == other.distance


def test_items_without_a_twin_or_of_another_feature_are_passed_over() -> None:
    she = Pair("The actress said she sang.", "The actress said he sang.", "g", "2", "singular")
    he = Pair("The actor said he sang.", "The actor said she sang.", "g", "2", "singular")
    alone = Pair("The cat was.", "The cat were.", "c", "3", "singular")
    spans = spans_of([she, he, alone], "gender")
    assert [span.text[span.verb :][:3] for span in spans] == ["she", "he "]
    with pytest.raises(CorpusError, match="both readings of number"):
        spans_of([she, he, alone])


def test_values_are_taken_at_their_places_whatever_the_batch() -> None:
    model = planted_model()
    values = span_values(model, VOCABULARY, SPANS)[0]
    for n in (0, 3):
        span = SPANS[n]
        recording = record(model, VOCABULARY.encode("\n" + span.text)[:, None])
        c = np.tanh(recording.states[0]["c"][1:, :, 0])
        middle = (span.subject + span.verb - 1) // 2
        np.testing.assert_allclose(values.memory[n], c[[span.subject, middle, span.verb - 1]])
        gate = recording.gates[0]["f"][1:, :, 0][span.subject + 1 : span.verb]
        assert values.retention is not None
        np.testing.assert_allclose(values.retention[n], gate.mean(axis=0))


def test_the_course_of_the_planted_unit() -> None:
    far = [span for span in SPANS if span.distance > 20]
    course = time_course_of_one(planted_model(), VOCABULARY, far, 0, CARRIER)
    assert list(course.curves) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert course.marks == [BEFORE, BEFORE + STEPS]
    assert sum(course.counts.values()) == len(far)
    for (reading, _), curves in course.curves.items():
        assert list(curves) == ["tanh(c)", "i", "f", "o", "g"]
        held = curves["tanh(c)"][BEFORE : BEFORE + STEPS + AFTER]
        np.testing.assert_allclose(held, np.tanh(2 * reading - 1), atol=0.03)
        assert abs(curves["tanh(c)"][:3]).max() < 0.01  # before the subject


def test_a_course_is_taken_at_the_subject_the_verb_and_evenly_between() -> None:
    span = next(span for span in SPANS if span.distance > 20)
    model, unit = planted_model(), 2
    course = time_course_of_one(model, VOCABULARY, [span], 0, unit)
    recording = record(model, VOCABULARY.encode("\n" + span.text)[:, None])
    o = recording.gates[0]["o"][1:, unit, 0]
    line = next(iter(course.curves.values()))["o"]
    np.testing.assert_allclose(line[:BEFORE][-3:], o[span.subject - 3 : span.subject])
    between = np.linspace(span.subject, span.verb - 1, STEPS)
    expected = np.interp(between, np.arange(len(o)), o)
    np.testing.assert_allclose(line[course.marks[0] : course.marks[1]], expected)
    assert line[course.marks[1]] == o[span.verb]


def test_the_next_subject_replaces_the_old_one() -> None:
    far = [span for span in SPANS if span.distance > 20]
    course = time_course_of_two(planted_model(), VOCABULARY, far, 0, CARRIER)
    assert len(course.marks) == 4
    for (first, second), curves in course.curves.items():
        c = curves["tanh(c)"]
        np.testing.assert_allclose(c[course.marks[1] - 1], np.tanh(2 * first - 1), atol=0.03)
        np.testing.assert_allclose(c[-1], np.tanh(2 * second - 1), atol=0.03)


def test_what_cannot_be_measured() -> None:
    model = planted_model()
    with pytest.raises(CorpusError, match="more than 500 characters"):
        find_units(model, VOCABULARY, SPANS, long=500)
    short = [span for span in SPANS if span.distance < 20]
    with pytest.raises(CorpusError, match="congruent"):
        time_course_of_one(model, VOCABULARY, short, 0, 0)
    with pytest.raises(CorpusError, match="two items"):
        time_course_of_two(model, VOCABULARY, SPANS[:2], 0, 0)


def test_the_table_and_the_mapping() -> None:
    units = planted_units(candidates=2, controls=2)
    report = UnitsReport(units, [], "number", "planted")
    head, rows = report.to_table()
    assert all(len(row) == len(head) for row in rows)
    mapping = report.to_mapping()
    assert mapping["carriers"] == [[0, CARRIER]]
    assert mapping["accuracy"]["long_plural"] == 1.0
