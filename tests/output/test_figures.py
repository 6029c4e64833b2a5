"""What a figure draws: its lines, points, bars and labels are those of the result's mapping."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from models import VOCABULARY as WILD_VOCABULARY
from models import wild_model
from planted import VOCABULARY, planted_model
from planted_results import (
    labelled_pairs,
    planted_course,
    planted_gates,
    planted_outcomes,
    planted_reaches,
    planted_units,
)

from charlstm.output.terminal import diverging, gate, heat
from charlstm.pairs.pair import PairSet
from charlstm.pairs.report import measure
from charlstm.pairs.summary import grouped
from charlstm.store.json_text import plain
from charlstm.store.metrics import COLUMNS
from charlstm.studies.agreement.report import AgreementReport
from charlstm.studies.agreement.side_by_side import SideBySide
from charlstm.studies.compare.result import ComparisonResult
from charlstm.studies.curves import LearningCurves, RunCurves
from charlstm.studies.inspect.gates_report import GatesReport
from charlstm.studies.inspect.gradients import Reach
from charlstm.studies.inspect.gradients_report import GradientsReport
from charlstm.studies.inspect.text import TextView
from charlstm.studies.inspect.units_report import UnitsReport
from charlstm.trace import trace_text

pytest.importorskip("matplotlib", reason="needs the extra charlstm[plot]")


def curve(line: Any) -> tuple[list[float], list[float]]:
    """The points of a drawn line."""
    return list(map(float, line.get_xdata())), list(map(float, line.get_ydata()))


def curves(axes: Any, count: int) -> list[tuple[list[float], list[float]]]:
    """The first so many lines."""
    return [curve(line) for line in axes.get_lines()[:count]]


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(
        np.array(found, float), np.array(expected, float), rtol=1e-6, atol=1e-9
    )


def reach_of(container: Any) -> tuple[float, float, float, float]:
    """The x, y, left end and right end of a point with an error bar."""
    (x, y), (bars,) = container[0].get_xydata()[0], container[2]
    (left, _), (right, _) = bars.get_segments()[0]
    return float(x), float(y), float(left), float(right)


def ticks(axis: Any) -> tuple[list[float], list[str]]:
    return list(axis.get_ticklocs()), [label.get_text() for label in axis.get_ticklabels()]


def test_learning_curves() -> None:
    rng = np.random.default_rng(1)
    runs = [RunCurves(name, {c: 10 * rng.random(4) for c in COLUMNS}) for name in ("one", "two")]
    figure: Any = LearningCurves(runs).to_figure()
    losses, rate, norm = figure.axes
    found = LearningCurves(runs).to_mapping()["runs"]
    for n, run in enumerate(found):
        read = run["characters"] / 1e6
        for axes, at, name in (
            (losses, 2 * n, "val_nats"),
            (losses, 2 * n + 1, "train_nats"),
            (rate, n, "lr"),
            (norm, n, "grad_norm"),
        ):
            close(curve(axes.get_lines()[at]), (read, run[name]))
        solid, dotted = losses.get_lines()[2 * n : 2 * n + 2]
        assert (solid.get_linestyle(), dotted.get_linestyle()) == ("-", ":")
        assert (solid.get_label(), solid.get_color()) == (run["name"], dotted.get_color())
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "nats/char", "learning rate", "gradient norm",
    ]  # fmt: skip
    assert norm.get_xlabel() == "million characters read"
    everything = np.concatenate([np.append(r["val_nats"], r["train_nats"][1:]) for r in found])
    low, high = losses.get_ylim()
    assert low < everything.min() and high > everything.max() and high - low < 12


def test_agreement_by_condition() -> None:
    pairs = PairSet(labelled_pairs(), frozenset({"16"}))
    report = AgreementReport(Path("a/run"), 17, measure(planted_model(), VOCABULARY, pairs))
    conditions = report.to_mapping()["conditions"]
    figure: Any = report.to_figure()
    (axes,) = figure.axes
    points = iter(axes.containers)
    for row, summary in enumerate(conditions.values()):
        for part, side in (("congruent", -1), ("incongruent", 1)):
            container = next(points)
            assert container.get_label() == part
            x, y, left, right = reach_of(container)
            close((x, left, right), 100 * np.array([summary[part], *summary["intervals"][part]]))
            assert 0 < side * (y - row) < 0.5
    assert ticks(axes.yaxis) == ([0, 1, 2], ["2", "16 (unseen)", "9"])
    assert axes.get_ylim()[0] > axes.get_ylim()[1], "the first condition is on top"
    assert axes.get_title(loc="left") == "run: agreement"
    assert axes.get_lines()[-1].get_xdata()[0] == 50


def test_agreement_by_groups_has_rows_below_the_conditions() -> None:
    pairs = [replace(p, labels={"term": f"t{n % 2}"}) for n, p in enumerate(labelled_pairs())]
    given = PairSet(pairs, group_by=("term",))
    report = AgreementReport(Path("run"), 17, measure(planted_model(), VOCABULARY, given))
    figure: Any = report.to_figure()
    (axes,) = figure.axes
    assert ticks(axes.yaxis)[1] == ["2", "16", "9", "term: t0", "term: t1"]
    group = report.to_mapping()["groups"]["term"]["t1"]
    for container, part in zip(axes.containers[-2:], ("congruent", "incongruent"), strict=True):
        x, y, left, right = reach_of(container)
        close((x, left, right), 100 * np.array([group[part], *group["intervals"][part]]))
        assert abs(y - 4) < 0.5


def test_agreement_of_several_runs() -> None:
    measured = measure(planted_model(), VOCABULARY, PairSet(labelled_pairs()))
    turned = [replace(score, good=score.bad, bad=score.good) for score in measured.scores]
    other = replace(measured, conditions=grouped(turned, lambda s: s.pair.condition), scores=turned)
    reports = {"one": measured, "other": other}
    models = {name: AgreementReport(Path(name), 17, report) for name, report in reports.items()}
    figure: Any = SideBySide(models).to_figure()
    (axes,) = figure.axes
    points = iter(axes.containers)
    for row, condition in enumerate(measured.conditions):
        for name, report in reports.items():
            container = next(points)
            assert container.get_label() == name
            share = report.to_mapping()["conditions"][condition]
            x, y, left, right = reach_of(container)
            close((x, left, right), 100 * np.array([share["accuracy"], *share["interval"]]))
            assert abs(y - row) < 0.5
    assert ticks(axes.yaxis)[1] == list(measured.conditions)


def test_agreement_along_a_sweep() -> None:
    pairs = [replace(p, condition=f"distance_{p.condition}") for p in labelled_pairs()]
    at = {pair.condition: int(pair.condition.split("_")[1]) for pair in pairs}
    swept = PairSet(pairs, frozenset({"distance_16"}), "distance", at)
    report = AgreementReport(Path("run"), 17, measure(planted_model(), VOCABULARY, swept))
    conditions = report.to_mapping()["conditions"].values()
    figure: Any = report.to_figure()
    (axes,) = figure.axes
    lines = {str(line.get_label()): line for line in axes.get_lines()}
    for part, band in zip(("congruent", "incongruent"), axes.collections, strict=True):
        close(lines[part].get_xdata(), [c["distance"] for c in conditions])
        close(lines[part].get_ydata(), [100 * c[part] for c in conditions])
        corners = {tuple(np.round(corner, 6)) for corner in band.get_paths()[0].vertices}
        for c in conditions:
            low, high = (round(100 * end, 6) for end in c["intervals"][part])
            assert {(c["distance"], low), (c["distance"], high)} <= corners
    assert axes.get_xscale() == "log"
    assert ticks(axes.xaxis) == ([2, 9, 16], ["2", "9", "16"])
    assert list(lines["BPTT window, 17"].get_xdata()) == [17, 17]
    assert list(lines["chance"].get_ydata()) == [50, 50]
    (beyond,) = (p for p in axes.patches if p.get_label() == "not in the corpus")
    assert beyond.get_extents().transformed(axes.transData.inverted()).intervalx.tolist() == (
        pytest.approx([9, 16])
    )


def test_a_comparison() -> None:
    result = ComparisonResult(planted_outcomes(), Path("runs"), "a title")
    runs = plain(result.to_mapping())["runs"]
    groups = {cell: [r for r in runs if r["chosen"]["cell"] == cell] for cell in ("gru", "lstm")}
    ordered = [run for group in groups.values() for run in group]
    figure: Any = result.to_figure()
    losses, learning, conditions, sweep = figure.axes
    for line, run in zip(losses.get_lines(), ordered, strict=True):
        x, y = zip(*run["losses"], strict=True)
        close(curve(line), (np.array(x) / 1e6, y))
    for line, run in zip(learning.get_lines()[:4], ordered, strict=True):
        x, y = zip(*run["learning"]["overall"], strict=True)
        close(curve(line), (np.array(x) / 1e6, 100 * np.array(y)))
    assert list(learning.get_lines()[4].get_ydata()) == [95, 95]
    handles, labels = losses.get_legend_handles_labels()
    for label, (cell, group) in zip(labels, groups.items(), strict=True):
        size = np.mean([run["parameters"] for run in group])
        speed = np.mean([run["characters"] / run["seconds"] for run in group]) / 1000
        assert label == f"{cell}: {size:,.0f} parameters, {speed:.0f}k characters/s"
    assert [handle.get_color() for handle in handles] == [
        losses.get_lines()[k].get_color() for k in (0, 2)
    ]
    names = list(runs[0]["agreement"]["conditions"])
    points = iter(conditions.containers)
    for group in groups.values():
        for row, name in enumerate(names):
            key = "accuracy" if name == "alone" else "incongruent"
            shares = [100 * run["agreement"]["conditions"][name][key] for run in group]
            middle, height, left, right = reach_of(next(points))
            close((middle, left, right), (np.mean(shares), min(shares), max(shares)))
            assert abs(height - row) < 0.5
    assert ticks(conditions.yaxis) == ([0, 1, 2], names)
    for line, band, group in zip(
        sweep.get_lines(), sweep.collections, groups.values(), strict=False
    ):
        steps = [run["sweeps"]["depth"]["conditions"] for run in group]
        percents = np.array([[100 * s[f"depth_{k}"]["incongruent"] for s in steps] for k in (1, 2)])
        close(curve(line), ((1, 2), percents.mean(axis=1)))
        corners = {tuple(np.round(corner, 6)) for corner in band.get_paths()[0].vertices}
        for k in (0, 1):
            for end in (percents[k].min(), percents[k].max()):
                assert (k + 1, round(float(end), 6)) in corners
    assert figure.get_suptitle() == "a title"


def test_gates() -> None:
    report = GatesReport(planted_gates(), "run")
    figure: Any = report.to_figure()
    for axes, use in zip(figure.axes, plain(report.to_mapping())["gates"], strict=True):
        assert axes.get_title() == f"layer {use['layer']}, gate {use['gate']}"
        units = use["units"]
        close(
            axes.collections[0].get_offsets().T, (units["right_saturated"], units["left_saturated"])
        )
        close(curve(axes.get_lines()[0]), ([0, 1], [1, 0]))
    assert figure.get_supxlabel() == "share of time above 0.9"
    assert figure.get_supylabel() == "share of time below 0.1"
    assert figure.get_suptitle() == "run: gates over 1,234 characters"


def test_time_courses() -> None:
    report = UnitsReport(planted_units(), [planted_course(), planted_course()], "number", "run")
    figure: Any = report.to_figure()
    kinds = ("incongruent", "congruent")
    labels = [f"{reading}, {kind}" for reading in ("singular", "plural") for kind in kinds]
    grid = np.array(figure.axes).reshape(2, 2)  # memory and one gate, by two courses
    for column, course in enumerate(report.to_mapping()["courses"]):
        for axes, name in zip(grid[:, column], ("tanh(c)", "f"), strict=True):
            labels = [
                f"{r}, {c}" for r in ("singular", "plural") for c in ("incongruent", "congruent")
            ]
            for line, label, values in zip(axes.get_lines(), labels, course["lines"], strict=False):
                close(line.get_ydata(), values[name])
                assert line.get_label() == label
                assert line.get_linestyle() == ("-" if label.split()[1] == "congruent" else "--")
            marks = [float(line.get_xdata()[0]) for line in axes.get_lines()[4:]]
            assert marks == list(course["marks"])
            low, high = axes.get_ylim()
            assert bool(low < -1) is (name == "tanh(c)") and high > 1
        assert ticks(grid[1, column].xaxis) == (list(course["marks"]), ["subject", "verb"])
    assert [axes.get_ylabel() for axes in grid[:, 0]] == ["tanh(c)", "f"]
    assert figure.get_suptitle() == "run: unit 1:3"


def test_gradients() -> None:
    report = GradientsReport(planted_reaches(), {}, "at the verb")
    figure: Any = report.to_figure()
    panels = dict(zip((1.0, 2.5), figure.axes, strict=True))
    drawn = {gain: iter(axes.get_lines()) for gain, axes in panels.items()}
    by_name: dict[str, set[str]] = {}
    for network in plain(report.to_mapping())["networks"]:
        lines, colours = drawn[network["gain"]], by_name.setdefault(network["name"], set())
        for dash, (state, norms) in zip(("-", "--"), network["norms"].items(), strict=False):
            line = next(lines)
            close(curve(line), (network["steps_back"], norms))
            assert line.get_label() == f"{network['name']}, dL/d{state}"
            assert line.get_linestyle() == dash
            colours.add(line.get_color())
        assert len(colours) == 1
    assert len(set.union(*by_name.values())) == 3
    assert not any(list(rest) for rest in drawn.values())
    assert {axes.get_yscale() for axes in panels.values()} == {"log"}
    assert panels[1.0].get_ylim() == panels[2.5].get_ylim()
    assert [axes.get_title() for axes in figure.axes] == [
        "as they are",
        "with the weights on h × 2.5",
    ]
    assert figure.get_suptitle() == "Gradient of a loss at the verb"


def test_gradients_without_a_gain() -> None:
    reaches = {key: reach for key, reach in planted_reaches().items() if key[1] == 1.0}
    figure: Any = GradientsReport(reaches, {}, "at the verb").to_figure()
    (axes,) = figure.axes
    assert len(axes.get_lines()) == 5
    assert axes.get_title(loc="left") == "Gradient of a loss at the verb"


def test_a_gradient_that_vanishes_or_explodes_far_leaves_the_picture() -> None:
    reaches = {("one", 1.0): Reach([1, 2, 3], {"h": np.array([1e-30, 1.0, 1e40])})}
    figure: Any = GradientsReport(reaches, {}, "at the verb").to_figure()
    assert figure.axes[0].get_ylim() == (1e-12, 1e12)


def test_a_text_in_strips() -> None:
    trace = trace_text(wild_model(), WILD_VOCABULARY, "The cats")
    view = TextView(trace, [(0, 2)], 1, "run", {})
    figure: Any = view.to_figure()
    (axes,) = figure.axes
    found = plain(view.to_mapping())
    unit, places = found["units"][0], found["characters"]
    words = [text.get_text() for text in axes.texts]
    assert words[0] == "run"
    labels = ["text", "surprise", "1st guess", "tanh(c) of 0:2", *unit["gates"]]
    rows = {
        float(text.get_position()[1]) - 0.5: text.get_text()
        for text in axes.texts[1:]
        if text.get_ha() == "right"
    }
    assert [rows[k] for k in range(len(labels))] == labels

    def row(y: int) -> list[str]:
        """The letters of a row."""
        own = [t for t in axes.texts if t.get_ha() == "center" and int(t.get_position()[1]) == y]
        return [t.get_text() for t in sorted(own, key=lambda t: t.get_position()[0])]

    def colours(y: int) -> list[tuple[int, ...]]:
        own = [p for p in axes.patches if p.get_xy()[:, 1].min() == y]
        own.sort(key=lambda p: p.get_xy()[:, 0].min())
        return [tuple(round(255 * part) for part in p.get_facecolor()[:3]) for p in own]

    def ramp(of: Any, values: Sequence[float]) -> list[tuple[int, ...]]:
        return [tuple(of(value)) for value in values]

    assert row(0) == row(3) == list("The cats")
    assert row(2) == [p["expected"][0]["character"].replace("\n", "⏎") for p in places]
    assert colours(1) == ramp(heat, [min(p["bits"] / 10, 1) for p in places])
    assert colours(2) == ramp(heat, [p["expected"][0]["probability"] for p in places])
    assert colours(3) == ramp(diverging, unit["memory"])
    for y, (name, values) in enumerate(unit["gates"].items(), 4):
        assert colours(y) == ramp(diverging if name == "g" else gate, values)
