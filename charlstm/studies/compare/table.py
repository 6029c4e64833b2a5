"""The outcomes as tables: one row for each run in a CSV, one for each setting in the terminal."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from charlstm.errors import RunError
from charlstm.store.atomic import atomic_write
from charlstm.studies.compare.outcome import Outcome

CONDITION = ("accuracy", "incongruent", "joint")


@dataclass(frozen=True)
class Group:
    """Runs that differ in nothing but their seed."""

    label: str
    runs: list[Outcome]

    def mean(self, of: Callable[[Outcome], float | None]) -> float | None:
        """The mean of a figure over the runs that have it."""
        return mean(map(of, self.runs))


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of those that are known, None of none."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def groups(outcomes: Sequence[Outcome]) -> list[Group]:
    """The outcomes grouped by all that was varied but the seed, in order of appearance."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        chosen = {name: v for name, v in outcome.chosen.items() if name != "seed"}
        words = (f"{v}" if name == "cell" else f"{name}={v}" for name, v in chosen.items())
        found.setdefault(" ".join(words) or "all", []).append(outcome)
    return [Group(label, runs) for label, runs in found.items()]


def share_of(report: Mapping[str, Any] | None, condition: str, name: str) -> float | None:
    """A share in a report as JSON has it; `condition` may be "overall". None where unknown."""
    if report is None:
        return None
    found = report["overall"] if condition == "overall" else report["conditions"].get(condition)
    value = found and found[name]
    return None if value is None else float(value)


def conditions(reports: Iterable[Mapping[str, Any] | None]) -> list[str]:
    """The names of all conditions in some reports, in order of appearance."""
    return list(dict.fromkeys(name for r in reports if r for name in r["conditions"]))


def hardest(report: Mapping[str, Any] | None, condition: str) -> float | None:
    """The incongruent pairs' accuracy; where nothing could mislead, that of all pairs."""
    incongruent = share_of(report, condition, "incongruent")
    return share_of(report, condition, "accuracy") if incongruent is None else incongruent


def write_csv(path: Path, outcomes: Sequence[Outcome]) -> None:
    """One row for each run: what was varied, its size and cost, and every share.

    Raises:
        RunError: if it cannot be written; what stood there before still does.
    """
    rows = [_row(outcome) for outcome in outcomes]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with atomic_write(path, RunError) as file:
        file.write(text.getvalue().encode())


def _row(outcome: Outcome) -> dict[str, Any]:
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
    for name in CONDITION:
        row[f"agreement.{name}"] = share_of(outcome.agreement, "overall", name)
    for condition in conditions([outcome.agreement]):
        for name in CONDITION:
            row[f"{condition}.{name}"] = share_of(outcome.agreement, condition, name)
        row[f"{condition}.characters_until_95"] = outcome.characters_until(condition)
    for report in outcome.sweeps.values():
        for condition in conditions([report]):
            for name in CONDITION:
                row[f"{condition}.{name}"] = share_of(report, condition, name)
    return row


def lines(outcomes: Sequence[Outcome]) -> list[str]:
    """The comparison for a terminal: cost and results by setting, then each condition."""
    found = groups(outcomes)
    shown = [_summary(found)]
    if any(outcome.agreement for outcome in outcomes):
        shown.append(_shares("incongruent, else all", found, lambda o: o.agreement))
    axes = dict.fromkeys(axis for outcome in outcomes for axis in outcome.sweeps)
    shown += [_shares(f"sweep: {axis}", found, partial(_sweep_of, axis)) for axis in axes]
    return [line for table in shown for line in ("", *_aligned(table))][1:]


def _sweep_of(axis: str, outcome: Outcome) -> Mapping[str, Any] | None:
    return outcome.sweeps.get(axis)


def _summary(found: Sequence[Group]) -> list[list[str]]:
    head = ["", "runs", "units", "parameters", "val nats", "agree %", "incongr.", "joint"]
    table = [[*head, "until 95 %", "k char/s"]]
    for group in found:
        learnt = [o.characters_until() for o in group.runs]
        until = mean(learnt)
        reached = f" ({sum(c is not None for c in learnt)}/{len(learnt)})" if None in learnt else ""
        table.append(
            [
                group.label + " (diverged)" * any(o.diverged for o in group.runs),
                str(len(group.runs)),
                _span([o.hidden_size for o in group.runs]),
                _span([o.parameters for o in group.runs]),
                _number(group.mean(lambda o: o.best_val_nats), ".4f"),
                *(
                    _percent(mean(share_of(o.agreement, "overall", name) for o in group.runs))
                    for name in CONDITION
                ),
                (f"{until / 1e6:.2f} M" if until else "-") + reached,
                _number(group.mean(lambda o: o.characters_per_second / 1000), ".0f"),
            ]
        )
    return table


def _shares(
    title: str, found: Sequence[Group], of: Callable[[Outcome], Mapping[str, Any] | None]
) -> list[list[str]]:
    table = [[title, *(group.label for group in found)]]
    for name in conditions(of(outcome) for group in found for outcome in group.runs):
        shares = [mean(hardest(of(o), name) for o in group.runs) for group in found]
        table.append([name, *map(_percent, shares)])
    return table


def _span(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,}-{high:,}"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in table
    ]
