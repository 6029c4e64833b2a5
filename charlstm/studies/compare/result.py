"""The result of a comparison: a row for each run in a CSV file, a line for each setting printed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlstm.output.terminal import table
from charlstm.output.write import Table
from charlstm.studies.compare.figure import draw
from charlstm.studies.compare.groups import (
    Group,
    JsonReport,
    conditions,
    groups,
    hardest,
    share_of,
)
from charlstm.studies.compare.outcome import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHARES = ("accuracy", "incongruent", "joint")  # of right answers, shown for each condition
Words = list[str]  # a row of a table in the terminal


@dataclass(frozen=True)
class ComparisonResult:
    """The outcomes of all runs, the folder that they are in, and the title of the figure."""

    outcomes: Sequence[Outcome]
    out: Path
    title: str

    def to_table(self) -> Table:
        """One row for each run: the varied settings, its size and cost, and every share."""
        rows = [_row(outcome) for outcome in self.outcomes]
        head = list(dict.fromkeys(name for row in rows for name in row))
        return head, [[row.get(name) for name in head] for row in rows]

    def to_mapping(self) -> dict[str, Any]:
        """The folder and the outcomes for JSON."""
        return {"out": str(self.out), "runs": [outcome.to_mapping() for outcome in self.outcomes]}

    def to_figure(self) -> "Figure":
        """A matplotlib figure of the learning curves and the shares.

        Raises:
            CharlstmError: if matplotlib is missing.
        """
        return draw([outcome.comparable for outcome in self.outcomes], self.title)

    def lines(self) -> list[str]:
        """Tables for a terminal: each setting with its cost and results, then each condition."""
        settings = groups([outcome.comparable for outcome in self.outcomes])
        tables = [_summary(settings)]
        if any(outcome.agreement for outcome in self.outcomes):
            tables.append(_shares("incongruent, else all", settings, lambda o: o.agreement))
        axes = dict.fromkeys(axis for outcome in self.outcomes for axis in outcome.sweeps)
        tables += [_shares(f"sweep: {axis}", settings, partial(_sweep, axis)) for axis in axes]
        shown = (table(rows, range(1, len(rows[0])), indent="", gap="  ") for rows in tables)
        return [line for lines in shown for line in ("", *lines)][1:]


def _row(outcome: Outcome) -> dict[str, Any]:
    """One row of the CSV file by its columns."""
    row = {
        "run": outcome.name,
        **outcome.chosen,
        "hidden_size": outcome.hidden_size,
        "parameters": outcome.parameters,
        "steps": outcome.steps,
        "characters": outcome.characters,
        "seconds": outcome.seconds,
        "characters_per_second": outcome.characters_per_second,
        "best_val_nats": outcome.best_val_nats,
        "last_val_nats": outcome.last_val_nats,
        "characters_until_95": outcome.characters_until(),
        "diverged": outcome.diverged,
    }
    for name in SHARES:
        row[f"agreement.{name}"] = share_of(outcome.agreement, "overall", name)
    for condition in conditions([outcome.agreement]):
        for name in SHARES:
            row[f"{condition}.{name}"] = share_of(outcome.agreement, condition, name)
        row[f"{condition}.characters_until_95"] = outcome.characters_until(condition)
    for report in outcome.sweeps.values():
        for condition in conditions([report]):
            for name in SHARES:
                row[f"{condition}.{name}"] = share_of(report, condition, name)
    return row


def _sweep(axis: str, outcome: Outcome) -> JsonReport | None:
    return outcome.sweeps.get(axis)


def _summary(settings: Sequence[Group]) -> list[Words]:
    """A row for each setting: its size, its cost, and its results over all conditions."""
    head = ["", "runs", "units", "parameters", "val nats", "agree %", "incongr.", "joint"]
    return [[*head, "until 95 %", "k char/s"], *map(_summary_of, settings)]


def _summary_of(group: Group) -> Words:
    def share(name: str) -> float | None:
        return group.mean(lambda o: share_of(o.agreement, "overall", name))

    learnt = sum(o.characters_until() is not None for o in group.runs)
    until = group.mean(lambda o: o.characters_until())
    count = len(group.runs)
    return [
        group.label + " (diverged)" * any(o.diverged for o in group.runs),
        str(count),
        _range([o.hidden_size for o in group.runs]),
        _range([o.parameters for o in group.runs]),
        _number(group.mean(lambda o: o.best_val_nats), ".4f")
        + "/byte" * any(o.per_char is None for o in group.runs),
        *(_percent(share(name)) for name in SHARES),
        (f"{until / 1e6:.2f} M" if until else "-") + f" ({learnt}/{count})" * (learnt < count),
        _number(group.mean(lambda o: o.characters_per_second / 1000), ".0f"),
    ]


def _shares(
    title: str, settings: Sequence[Group], report_of: Callable[[Outcome], JsonReport | None]
) -> list[Words]:
    """A row for each condition, with the share of right answers of each setting."""

    def percent(group: Group, condition: str) -> str:
        return _percent(group.mean(lambda o: hardest(report_of(o), condition)))

    names = conditions(report_of(outcome) for group in settings for outcome in group.runs)
    rows = [[name, *(percent(group, name) for group in settings)] for name in names]
    return [[title, *(group.label for group in settings)], *rows]


def _range(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,}-{high:,}"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"
