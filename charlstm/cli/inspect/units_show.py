"""The table of `charlstm inspect units`, its verdict, and a unit's time course in blocks."""

import math
import textwrap
from typing import Any

import click

WIDTH = 100  # columns of the verdict
LITTLE = 0.6  # right answers that may be luck


def show(units: Any, feature: str, readings: tuple[str, str], courses: list[Any]) -> None:
    """Print what was found."""
    from charlstm.studies.inspect.units_table import PARTS

    short = [f"{reading[:4]}." for reading in readings]
    parts = ["long", *short, "short", *short]
    _row("", parts)
    _row("pairs", [f"{units.counts[part]:,}" for part in PARTS])
    _row("right", [_percent(units.whole[part]) for part in PARTS])
    click.echo("\n" + " " * 14 + "AUC" + " " * 19 + "points lost when the unit is silent")
    _row("   unit  subj.   mid.   verb  tells", parts, "  in   keep  weight")
    for unit in units.units:
        aucs = "".join(f"{value:7.3f}" for value in (*unit.auc.values(), unit.tells))
        told = f"{len(unit.constructions)}/{len(unit.told)}"
        rest = f"{told:>5}{_number(unit.keep):>7}{_number(unit.weight):>8}"
        mark = "*" if unit.carries else " "
        name = f"{mark}{unit.layer}.{unit.unit}"
        _row(f"{name:>7}{aucs}", [_points(unit.drop[part]) for part in PARTS], rest)
    for k, label in enumerate(("95 % of random units lose from", "to")):
        _row(f"{label:>35}", [_points(units.control[part][k]) for part in PARTS])
    click.echo("\n" + textwrap.fill(verdict(units, feature), WIDTH))
    for course in courses:
        _course(course, readings)


def verdict(units: Any, feature: str) -> str:
    """What it comes to, in a sentence."""
    found = units.carriers
    if not found:
        if units.whole["long"] < LITTLE:
            return (
                f"Over a long way {units.whole['long']:.1%} are right, little more than by chance: "
                f"the model has not learnt {feature}, and no unit can carry it."
            )
        missed = max(units.units, key=lambda unit: unit.drop["long"])
        return (
            f"No unit carries {feature} by itself: none both tells it in half of the constructions "
            f"and is missed when silent. {missed.layer}.{missed.unit} is missed most of these "
            f"({_points(missed.drop['long'])} points)."
        )
    names = ", ".join(f"{unit.layer}.{unit.unit}" for unit in found)
    best = found[0]
    falls = [
        f"over a {part} {way} from {units.whole[part]:.1%} to "
        f"{units.whole[part] - best.drop[part]:.1%}"
        for part, way in (("long", "way"), ("short", "one"))
        if not math.isnan(units.whole[part])
    ]
    return (
        f"* carries {feature}: {names}. {best.layer}.{best.unit} tells it in "
        f"{', '.join(best.constructions)}; without it, agreement falls {', '.join(falls)}."
    )


def _course(course: Any, readings: tuple[str, str]) -> None:
    from charlstm.output.terminal import bar
    from charlstm.studies.inspect.course_figure import label

    number = "two sentences" if len(course.marks) > 2 else "one sentence"
    name = f"{course.memory_name} of {course.layer}.{course.unit} over {number}"
    click.echo(f"\n{name:<36}{_marks(course.marks)}")
    for kind, lines in course.lines.items():
        bars = "".join(bar(float(value), -1.0) for value in lines[course.memory_name])
        click.echo(f"  {label(course, kind, readings):<34}{bars}")


def _marks(marks: Any) -> str:
    line = ""
    for k, mark in enumerate(marks):
        line = line.ljust(mark) + ("│subject", "│verb")[k % 2]
    return line


def _row(start: str, cells: list[str], rest: str = "") -> None:
    click.echo((f"{start:<35}" + "".join(f"{cell:>7}" for cell in cells) + rest).rstrip())


def _percent(share: float) -> str:
    return "—" if share != share else f"{share:.1%}"  # noqa: PLR0124 - NaN


def _points(drop: float) -> str:
    return "—" if drop != drop else f"{100 * drop + 0.0:+.1f}"  # noqa: PLR0124 - NaN


def _number(value: float) -> str:
    return "—" if value != value else f"{value:+.2f}"  # noqa: PLR0124 - NaN
