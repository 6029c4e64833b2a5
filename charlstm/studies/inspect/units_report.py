"""Units that carry a feature: a table, JSON, a figure of time courses, and lines with a verdict."""

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from charlstm.errors import CharlstmError
from charlstm.output.result import Result
from charlstm.pairs.pair import LeftOut, by_condition_and_reason
from charlstm.studies.inspect.ablation_cost import PARTS
from charlstm.studies.inspect.chance import PERMUTATIONS
from charlstm.studies.inspect.span_values import PLACES
from charlstm.studies.inspect.spans import ITEMS, READINGS
from charlstm.studies.inspect.time_course import TimeCourse, time_courses_figure
from charlstm.studies.inspect.units import SEPARATES, Units
from charlstm.studies.inspect.units_verdict import (
    judged_conditions,
    percent,
    points,
    used_pairs,
    verdict,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 100  # columns of the legend and the verdict
LEGEND = (
    "long, short: over more characters between subject and verb than --long says, or not. AUC: how "
    "well the unit's value separates {high} (towards 1) from {low} (towards 0), after the subject, "
    "halfway, and just before the verb; 0.5 is not at all. sep.: separability, the worse of the "
    "last two in the unit's direction (1 is full), a mean over constructions; in: in how many of "
    "them it is {least} or more. reten.: the mean of the gate that keeps the memory, from subject "
    "to verb. weight: the readout's, for the character of the {high} form less that of the {low} "
    "form."
)


@dataclass(frozen=True, repr=False)
class UnitsReport(Result):
    """The units of the model `run` for a feature, and the time courses of one of them.

    `missing` says why a time course is not there. `left_out` counts the pairs that were given but
    not used, by condition and reason.
    """

    units: Units
    courses: Sequence[TimeCourse]
    feature: str
    run: str
    missing: Sequence[str] = ()
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)

    @property
    def readings(self) -> tuple[str, str]:
        """What the feature's two readings are called."""
        return READINGS[self.feature]

    def to_table(self) -> tuple[tuple[str, ...], list[list[Any]]]:
        """One row for each candidate."""
        head = (
            "layer",
            "unit",
            *(f"auc_{place}" for place in PLACES),
            "mean_separability",
            "constructions",
            *(f"cost_{self._part_name(part)}" for part in PARTS),
            "retention",
            "weight",
            "carries",
            "p_labels",
            "p_controls",
        )
        return head, [
            [
                unit.layer,
                unit.unit,
                *(unit.auc[place] for place in PLACES),
                unit.mean_separability,
                " ".join(unit.constructions),
                *(unit.cost[part] for part in PARTS),
                unit.retention,
                unit.weight,
                unit.carries,
                unit.p_labels,
                unit.p_controls,
            ]
            for unit in self.units.candidates
        ]

    def to_mapping(self) -> dict[str, Any]:
        """Shares and costs from 0 to 1, by part of the pairs."""
        units = self.units
        names = {part: self._part_name(part) for part in PARTS}
        return {
            "pairs": {names[part]: units.counts[part] for part in PARTS},
            "accuracy": {names[part]: units.accuracy[part] for part in PARTS},
            "control": {
                "units": units.controls,
                "cost_95": {names[part]: units.control[part] for part in PARTS},
            },
            "carriers": [[unit.layer, unit.unit] for unit in units.carriers],
            "units": [
                {
                    "layer": unit.layer,
                    "unit": unit.unit,
                    "auc": unit.auc,
                    "separability": unit.separability,
                    "mean_separability": unit.mean_separability,
                    "constructions": unit.constructions,
                    "cost": {names[part]: unit.cost[part] for part in PARTS},
                    "retention": unit.retention,
                    "weight": unit.weight,
                    "carries": unit.carries,
                    "p_labels": unit.p_labels,
                    "p_controls": unit.p_controls,
                }
                for unit in units.candidates
            ],
            "courses": [course.to_mapping() for course in self.courses],
            "used": units.counts["long"] + units.counts["short"],
            "left_out": sum(self.left_out.values()),
            "left_out_by_condition": by_condition_and_reason(self.left_out),
            "long_items": units.items,
            "fewest_items": ITEMS,
            "permutations": PERMUTATIONS,
        }

    def to_figure(self) -> "Figure":
        """The time courses, side by side.

        Raises:
            CharlstmError: if matplotlib is missing, or there is no time course.
        """
        if not self.courses:
            raise CharlstmError("there is no time course to draw; save as .csv")
        first = self.courses[0]
        title = f"{self.run}: unit {first.layer}:{first.unit}"
        return time_courses_figure(self.courses, self.readings, title)

    def lines(self) -> Iterator[str]:
        """The table, its verdict, and the time courses in bars."""
        units = self.units
        short = [f"{reading[:4]}." for reading in self.readings]
        parts = ["long", *short, "short", *short]
        for words in (used_pairs(units, self.left_out), judged_conditions(units)):
            yield from textwrap.wrap(words, WIDTH)
        yield ""
        yield _row("", parts)
        yield _row("pairs", [f"{units.counts[part]:,}" for part in PARTS])
        yield _row("right", [percent(units.accuracy[part]) for part in PARTS])
        yield ""
        yield f"{'':14}AUC{'':19}points lost when the unit is ablated"
        yield _row("   unit  subj.   mid.   verb   sep.", parts, "  in reten.  weight")
        for unit in units.candidates:
            aucs = "".join(
                f"{value:7.3f}" for value in (*unit.auc.values(), unit.mean_separability)
            )
            share = f"{len(unit.constructions)}/{len(unit.separability)}"
            rest = f"{share:>5}{_share(unit.retention):>7}{_number(unit.weight):>8}"
            name = "*" * unit.carries + unit.name
            yield _row(f"{name:>7}{aucs}", [points(unit.cost[part]) for part in PARTS], rest)
        for k, label in enumerate(("95 % of random units lose from", "to")):
            yield _row(f"{label:>35}", [points(units.control[part][k]) for part in PARTS])
        low, high = self.readings
        legend = LEGEND.format(low=low, high=high, least=SEPARATES)
        for words in (legend, verdict(units, self.feature)):
            yield ""
            yield from textwrap.wrap(words, WIDTH)
        for course in self.courses:
            yield ""
            yield from course.lines(self.readings)

    def _part_name(self, part: str) -> str:
        """A part in JSON and tables: "long_1" is "long_plural"."""
        length, _, reading = part.partition("_")
        return f"{length}_{self.readings[int(reading)]}" if reading else length


def _row(start: str, values: Sequence[str], rest: str = "") -> str:
    return (f"{start:<35}" + "".join(f"{value:>7}" for value in values) + rest).rstrip()


def _share(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.2f}"


def _number(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:+.2f}"
