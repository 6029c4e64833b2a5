"""A unit's time course: memory and gates, one above another, four lines in each."""

from collections.abc import Sequence
from typing import Any

from charlstm.output.figure import COLOURS, require_matplotlib, style
from charlstm.studies.inspect.course import Course

DASHES = ("--", "-")  # incongruent, congruent; or the second sentence's readings


def figure(courses: Sequence[Course], names: tuple[str, str], title: str, sigmoids: str) -> Any:
    """A matplotlib figure; each course is a column, `names` the readings.

    Raises:
        CharlstmError: if matplotlib is missing.
    """
    require_matplotlib()
    from matplotlib.figure import Figure  # noqa: PLC0415

    rows = list(next(iter(courses[0].lines.values())))
    with style():
        picture = Figure(figsize=(4.6 * len(courses), 1.25 * len(rows) + 1.3), layout="constrained")
        grid = picture.subplots(len(rows), len(courses), squeeze=False, sharex="col", sharey="row")
        for column, course in enumerate(courses):
            for row, name in enumerate(rows):
                axes = grid[row][column]
                for kind, lines in course.lines.items():
                    axes.plot(
                        lines[name],
                        DASHES[kind[1]],
                        color=COLOURS[kind[0]],
                        lw=1.4,
                        label=label(course, kind, names),
                    )
                for mark in course.marks:
                    axes.axvline(mark, color="0.6", lw=0.7)
                axes.set_ylim((-0.05, 1.05) if name in sigmoids else (-1.08, 1.08))
                if not column:
                    axes.set_ylabel(name)
                axes.grid(visible=False, axis="x")
            words = ["subject", "verb"] * (len(course.marks) // 2)
            grid[-1][column].set_xticks(list(course.marks), words)
            handles, labels = grid[0][column].get_legend_handles_labels()
            grid[0][column].legend(
                handles, labels, ncols=2, fontsize=7.5, loc="lower center", bbox_to_anchor=(0.5, 1)
            )
        picture.suptitle(title, fontsize=10, x=0.01, ha="left")
    return picture


def label(course: Course, kind: tuple[int, int], names: tuple[str, str]) -> str:
    """What a line is of."""
    if len(course.marks) == 2:
        return f"{names[kind[0]]}, {('incongruent', 'congruent')[kind[1]]}"
    return f"{names[kind[0]]}, then {names[kind[1]]}"
