"""Units that carry number: a planted one is found, one that only knows is not called one."""

from dataclasses import replace

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
from charlstm.studies.inspect.ablation_cost import PARTS
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
from charlstm.studies.inspect.units import Units, find_units
from charlstm.studies.inspect.units_report import UnitsReport
from charlstm.studies.inspect.units_verdict import verdict

SPANS = spans_of(planted_pairs()).spans


def planted_units(candidates: int, controls: int, seed: int = 1) -> Units:
    return find_units(
        planted_model(), VOCABULARY, SPANS, candidates=candidates, controls=controls, seed=seed
    )


def test_the_planted_unit_is_found_and_no_other() -> None:
    units = planted_units(candidates=3, controls=19)
    assert [(unit.layer, unit.unit) for unit in units.carriers] == [(0, CARRIER)]
    assert units.accuracy == dict.fromkeys(PARTS, 1.0)
    carrier = units.carriers[0]
    assert (carrier.mean_separability, carrier.auc["verb"]) == (1.0, 1.0)
    assert carrier.separability == {"planted": 1.0}
    assert carrier.constructions == ["planted"]
    assert carrier.cost["long"] == 0.5  # chance is left
    assert carrier.retention == pytest.approx(1 / (1 + np.exp(-9.0)))
    assert carrier.weight == pytest.approx(8.0)
    assert units.controls == 19
    assert units.control["long"] == (0.0, 0.0)
    assert carrier.p_labels < 0.01
    assert carrier.p_controls == 1 / 20


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
    units = find_units(model, VOCABULARY, SPANS, candidates=H, controls=19)
    assert units.carriers == []


def test_the_controls_are_drawn_from_the_others_and_repeat_with_their_seed() -> None:
    assert planted_units(candidates=3, controls=4, seed=5) == planted_units(
        candidates=3, controls=4, seed=5
    )


def test_there_are_controls_even_if_all_units_are_candidates() -> None:
    units = planted_units(candidates=H, controls=19)
    assert (len(units.candidates), units.controls) == (H, 19)
    assert [(unit.layer, unit.unit) for unit in units.carriers] == [(0, CARRIER)]


def test_a_unit_among_the_controls_is_not_compared_with_itself() -> None:
    units = planted_units(candidates=1, controls=H)  # all units are drawn
    assert units.controls == H
    assert units.carriers[0].p_controls == 1 / H


def test_a_unit_is_claimed_only_if_enough_random_units_cost_less() -> None:
    units = planted_units(candidates=3, controls=18)
    assert units.carriers == []
    (carrier,) = (unit for unit in units.candidates if unit.unit == CARRIER)
    assert carrier.p_controls == 1 / 19
    words = verdict(units, "number")
    assert words.startswith("On these pairs no unit carries number by itself")
    assert words.endswith(
        "0:5 separates its readings and costs +50.0 points, but a random unit costs so much with "
        "p = 0.053 (0.05 is the limit), and there are fewer than 19 to compare it with."
    )


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
    first, second = spans_of(twins).spans
    assert (first.reading, first.pair.subject_number) == (0, "singular")
    assert first.text[: first.subject] == "The woman"
    assert first.text[first.verb :] == "was full."
    assert first.decides == ("a", "e")
    assert (second.text[: second.subject], second.text[second.verb :]) == (
        "The women",
        "were full.",
    )
    assert first.distance == len("near us ") == second.distance


def test_items_without_a_twin_or_of_another_feature_are_passed_over() -> None:
    she = Pair("The actress said she sang.", "The actress said he sang.", "g", "2", "singular")
    he = Pair("The actor said he sang.", "The actor said she sang.", "g", "2", "singular")
    alone = Pair("The cat was.", "The cat were.", "c", "3", "singular")
    genders = spans_of([she, he, alone], "gender")
    assert [span.text[span.verb :][:3] for span in genders.spans] == ["she", "he "]
    assert genders.left_out == {("c", "no twin of the other gender"): 1}
    with pytest.raises(CorpusError, match=r"both readings of number .* \(3 with no subject_end"):
        spans_of([she, he, alone])


def test_items_of_two_conditions_are_different_ones() -> None:
    pairs = [
        Pair(
            f"The cat{s} {where} us {good} full.",
            f"The cat{s} {where} us {bad} full.",
            where,
            "1",
            number,
        )
        for where in ("near", "with")
        for s, good, bad, number in (
            ("", "was", "were", "singular"),
            ("s", "were", "was", "plural"),
        )
    ]
    span_set = spans_of(pairs)
    assert [span.item for span in span_set.spans] == [("near", "1")] * 2 + [("with", "1")] * 2
    assert span_set.left_out == {}


def test_conditions_that_name_the_subjects_number_are_one_construction() -> None:
    pairs = [
        Pair(
            f"The {cat} near the {car} {verb}",
            f"The {cat} near the {car} is",
            f"{own}_{other}",
            "1",
            own,
        )
        for cat, own in (("cat", "singular"), ("cats", "plural"))
        for car, other in (("car", "singular"), ("cars", "plural"))
        for verb in (("was", "were")[own == "plural"],)
    ]
    spans = spans_of(pairs).spans
    assert [(span.construction, span.reading) for span in spans] == [
        ("*_singular", 0), ("*_singular", 1), ("*_plural", 0), ("*_plural", 1),
    ]  # fmt: skip
    assert {span.text[: span.subject] for span in spans} == {"The cat", "The cats"}
    own = [replace(pair, condition="plural here") for pair in pairs]  # both numbers have this one
    assert {span.construction for span in spans_of(own).spans} == {"plural here"}
    assert len(spans_of(own).spans) == 4  # an item may have several pairs of a number


def test_a_pair_without_a_subject_before_its_verb_is_left_out() -> None:
    sheep = [
        Pair("The sheep was full.", "The sheep were full.", "c", "1", "singular"),
        Pair("The sheep were full.", "The sheep was full.", "c", "1", "plural"),
    ]
    with pytest.raises(CorpusError, match=r"\(2 with no subject before the verb\)"):
        spans_of(sheep)
    with pytest.raises(CorpusError, match=r"\(1 with only one number in its condition\)"):
        spans_of([replace(sheep[0], subject_end=9)])


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


def test_without_twins_the_next_subjects_are_those_of_the_next_items() -> None:
    far = [span for span in SPANS if span.distance > 20][:8]
    alone = [far[0], far[2], far[5], far[7]]  # two items with one reading, two with the other
    course = time_course_of_two(planted_model(), VOCABULARY, alone, 0, CARRIER)
    assert course.counts == {(0, 0): 1, (0, 1): 2, (1, 1): 1}


def test_what_cannot_be_measured() -> None:
    model = planted_model()
    with pytest.raises(CorpusError, match=r"more than 500 characters \(--long\) .* most are 31"):
        find_units(model, VOCABULARY, SPANS, long=500)
    mixed = [s for s in SPANS if s.distance < 20 or s.pair.item in ("1", "3", "5", "7")]
    with pytest.raises(CorpusError, match=r"5 items in both readings .* the most, 4, are in plan"):
        find_units(model, VOCABULARY, mixed)
    short = [span for span in SPANS if span.distance < 20]
    with pytest.raises(CorpusError, match="congruent"):
        time_course_of_one(model, VOCABULARY, short, 0, 0)
    with pytest.raises(CorpusError, match="two items"):
        time_course_of_two(model, VOCABULARY, SPANS[:2], 0, 0)


def test_the_table_and_the_mapping() -> None:
    units = planted_units(candidates=2, controls=19)
    report = UnitsReport(units, [], "number", "planted", left_out={("c", "identical"): 2})
    head, rows = report.to_table()
    assert all(len(row) == len(head) for row in rows)
    mapping = report.to_mapping()
    assert mapping["carriers"] == [[0, CARRIER]]
    assert mapping["accuracy"]["long_plural"] == 1.0
    assert (mapping["used"], mapping["left_out"]) == (48, 2)
    assert mapping["left_out_by_condition"] == {"c": {"identical": 2}}
    assert (mapping["long_items"], mapping["fewest_items"]) == ({"planted": 12}, 5)
    shown = "\n".join(report.lines())
    assert "48 of 50 pairs are used. Left out: 2 (identical: c)." in shown
    assert "Units are judged in 1 condition with 5 items or more over a long way." in shown
