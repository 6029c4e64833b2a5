"""Units that carry a feature: a table, JSON, a figure of time courses, and lines with a verdict."""

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from charlstm.errors import CharlstmError
from charlstm.output.result import Result
from charlstm.studies.inspect.span_values import PLACES
from charlstm.studies.inspect.spans import READINGS
from charlstm.studies.inspect.time_course import TimeCourse, time_courses_figure
from charlstm.studies.inspect.units import PARTS, SEPARATES, Units

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 100  # columns of the legend and the verdict
LEGEND = (
    "long, short: over more characters between subject and verb than --long says, or not. AUC: how "
    "well the unit's value separates {one} (towards 1) from {zero} (towards 0), after the subject, "
    "halfway, and just before the verb; 0.5 is not at all. sep.: separability, the worse of the "
    "last two in the unit's direction (1 is full), a mean over constructions; in: in how many of "
    "them it is {least} or more. reten.: the mean of the gate that keeps the memory, from subject "
    "to verb. weight: the readout's, for the character of the {one} form less that of the {zero} "
    "form."
)
CHANCE = 0.6  # a share of right answers that may be luck


@dataclass(frozen=True, repr=False)
class UnitsReport(Result):
    """The units of the model `run` for a feature, and the time courses of one of them.

    `missing` says why a time course is not there.
    """

    units: Units
    courses: Sequence[TimeCourse]
    feature: str
    run: str
    missing: Sequence[str] = ()

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
                }
                for unit in units.candidates
            ],
            "courses": [course.to_mapping() for course in self.courses],
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
        yield _row("", parts)
        yield _row("pairs", [f"{units.counts[part]:,}" for part in PARTS])
        yield _row("right", [_percent(units.accuracy[part]) for part in PARTS])
        yield ""
        yield f"{'':14}AUC{'':19}points lost when the unit is ablated"
        yield _row("   unit  subj.   mid.   verb   sep.", parts, "  in reten.  weight")
        for unit in units.candidates:
            aucs = "".join(
                f"{value:7.3f}" for value in (*unit.auc.values(), unit.mean_separability)
            )
            share = f"{len(unit.constructions)}/{len(unit.separability)}"
            rest = f"{share:>5}{_share(unit.retention):>7}{_number(unit.weight):>8}"
            mark = "*" if unit.carries else " "
            name = f"{mark}{unit.layer}:{unit.unit}"
            yield _row(f"{name:>7}{aucs}", [_points(unit.cost[part]) for part in PARTS], rest)
        for k, label in enumerate(("95 % of random units lose from", "to")):
            yield _row(f"{label:>35}", [_points(units.control[part][k]) for part in PARTS])
        zero, one = self.readings
        legend = LEGEND.format(one=one, zero=zero, least=SEPARATES)
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


def verdict(units: Units, feature: str) -> str:
    """Which units carry the feature, in a sentence or two."""
    carriers = units.carriers
    if not carriers:
        if units.accuracy["long"] < CHANCE:
            return (
                f"Over a long way {units.accuracy['long']:.1%} are right, little more than by "
                f"chance: the model has not learnt {feature}, and no unit can carry it."
            )
        costly = max(units.candidates, key=lambda unit: unit.cost["long"])
        return (
            f"No unit carries {feature} by itself: none separates its readings in half of the "
            f"constructions and also costs agreement when it is ablated. Of these units, "
            f"{costly.layer}:{costly.unit} costs most "
            f"({_points(costly.cost['long'])} points)."
        )
    names = ", ".join(f"{unit.layer}:{unit.unit}" for unit in carriers)
    best = carriers[0]
    falls = [
        f"over a {part} {way} from {units.accuracy[part]:.1%} to "
        f"{units.accuracy[part] - best.cost[part]:.1%}"
        for part, way in (("long", "way"), ("short", "one"))
        if not math.isnan(units.accuracy[part])
    ]
    return (
        f"* carries {feature}: {names}. {best.layer}:{best.unit} separates its readings in "
        f"{', '.join(best.constructions)}; without it, agreement falls {', '.join(falls)}."
    )


def _row(start: str, values: Sequence[str], rest: str = "") -> str:
    return (f"{start:<35}" + "".join(f"{value:>7}" for value in values) + rest).rstrip()


def _percent(share: float) -> str:
    return "—" if math.isnan(share) else f"{share:.1%}"


def _points(cost: float) -> str:
    return "—" if math.isnan(cost) else f"{100 * cost + 0.0:+.1f}"


def _share(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.2f}"


def _number(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:+.2f}"
