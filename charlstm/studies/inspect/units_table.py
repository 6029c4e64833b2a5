"""What was found about units, as JSON and as a table."""

from collections.abc import Sequence
from typing import Any

from charlstm.studies.inspect.course import Course
from charlstm.studies.inspect.span_values import PLACES
from charlstm.studies.inspect.units import Units

PARTS = ("long", "long_0", "long_1", "short", "short_0", "short_1")
HEAD = (
    "layer",
    "unit",
    *(f"auc_{place}" for place in PLACES),
    "tells",
    "constructions",
    *(f"drop_{part}" for part in PARTS),
    "keep",
    "weight",
    "carries",
)


def part_name(part: str, readings: tuple[str, str]) -> str:
    """A part in words: "long_1" is "long, plural"."""
    length, _, reading = part.partition("_")
    return f"{length}, {readings[int(reading)]}" if reading else length


def to_mapping(
    units: Units, readings: tuple[str, str], courses: Sequence[Course]
) -> dict[str, Any]:
    """Shares from 0 to 1; `drop` is what a unit's silence costs, by part of the pairs."""
    names = {part: part_name(part, readings).replace(", ", "_") for part in PARTS}
    return {
        "pairs": {names[part]: units.counts[part] for part in PARTS},
        "accuracy": {names[part]: units.whole[part] for part in PARTS},
        "control": {
            "units": units.controls,
            "drop_95": {names[part]: units.control[part] for part in PARTS},
        },
        "carriers": [[unit.layer, unit.unit] for unit in units.carriers],
        "units": [
            {
                "layer": unit.layer,
                "unit": unit.unit,
                "auc": unit.auc,
                "told": unit.told,
                "tells": unit.tells,
                "constructions": unit.constructions,
                "drop": {names[part]: unit.drop[part] for part in PARTS},
                "keep": unit.keep,
                "weight": unit.weight,
                "carries": unit.carries,
            }
            for unit in units.units
        ],
        "courses": [
            {
                "layer": course.layer,
                "unit": course.unit,
                "sentences": len(course.marks) // 2,
                "marks": course.marks,
                "lines": [{"kind": kind, **lines} for kind, lines in course.lines.items()],
            }
            for course in courses
        ],
    }


def to_rows(units: Units) -> list[list[Any]]:
    """One row for each candidate, under `HEAD`."""
    return [
        [
            unit.layer,
            unit.unit,
            *(unit.auc[place] for place in PLACES),
            unit.tells,
            " ".join(unit.constructions),
            *(unit.drop[part] for part in PARTS),
            unit.keep,
            unit.weight,
            unit.carries,
        ]
        for unit in units.units
    ]
