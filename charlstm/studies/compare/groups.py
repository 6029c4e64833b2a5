"""Outcomes grouped over their seeds, and the shares that tables and figures show of a report."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from charlstm.studies.compare.outcome import Outcome

JsonReport = Mapping[str, Any]  # the JSON form of a `Report` on minimal pairs


@dataclass(frozen=True)
class Group:
    """Runs that differ only in their seed."""

    label: str
    runs: Sequence[Outcome]

    def mean(self, value_of: Callable[[Outcome], float | None]) -> float | None:
        """The mean of a value over the runs that have it; None if no run has it."""
        known = [value for value in map(value_of, self.runs) if value is not None]
        return sum(known) / len(known) if known else None


def groups(outcomes: Iterable[Outcome]) -> list[Group]:
    """The outcomes grouped by all varied settings except the seed, in order of appearance."""
    runs: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        chosen = {name: v for name, v in outcome.chosen.items() if name != "seed"}
        words = (f"{v}" if name == "cell" else f"{name}={v}" for name, v in chosen.items())
        runs.setdefault(" ".join(words) or "all", []).append(outcome)
    return [Group(label, members) for label, members in runs.items()]


def conditions(reports: Iterable[JsonReport | None]) -> list[str]:
    """The names of all conditions in some reports, in order of appearance."""
    return list(dict.fromkeys(name for r in reports if r for name in r["conditions"]))


def share_of(report: JsonReport | None, condition: str, name: str) -> float | None:
    """A share of right answers, from 0 to 1; None where it is unknown.

    `condition` is a condition of the report, or "overall". `name` is a share of `pairs.report`,
    such as "accuracy", "incongruent" or "joint".
    """
    if report is None:
        return None
    shares = report["overall"] if condition == "overall" else report["conditions"].get(condition)
    value = shares and shares[name]
    return None if value is None else float(value)


def hardest(report: JsonReport | None, condition: str) -> float | None:
    """The accuracy on incongruent pairs; on all pairs where a condition has no incongruent ones."""
    incongruent = share_of(report, condition, "incongruent")
    return share_of(report, condition, "accuracy") if incongruent is None else incongruent
