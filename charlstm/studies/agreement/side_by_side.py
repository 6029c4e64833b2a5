"""The same minimal pairs by several models, side by side, with a paired test of each difference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from charlstm.output.result import Result
from charlstm.pairs.report import Report
from charlstm.pairs.summary import Difference, Summary
from charlstm.studies.agreement.figure import figure_of_runs
from charlstm.studies.agreement.lines import aligned, blocks_of, notes_below, percent
from charlstm.studies.agreement.report import AgreementReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LETTERS = ascii_uppercase  # one for each model
LEAST_P = 0.0001  # that is shown as a number
BELOW = (
    "differences in percentage points, with 95 % intervals by item",
    "p: exact sign-flip test by item (McNemar's where an item has one pair), each row by itself",
)


@dataclass(frozen=True, repr=False)
class SideBySide(Result):
    """Two models or more, up to 26, that have scored the same pairs.

    `models` has their reports by names that differ. Each later model is compared with the first,
    item by item.
    """

    models: Mapping[str, AgreementReport]

    @property
    def reports(self) -> list[Report]:
        """The report of each model."""
        return [model.report for model in self.models.values()]

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """For each model the rows of its report, and how its accuracy differs from the first's."""
        first, *_ = self.reports
        head: list[str] = []
        rows: list[list[Any]] = []
        for name, report in zip(self.models, self.reports, strict=True):
            head, own = report.to_table()
            pairs = zip(own, _rows(report), _rows(first), strict=True)
            for row, summary, other in pairs:
                less = None if report is first else _accuracy(summary, other)
                tested = (less.value, *less.interval[:2], less.p) if less else [None] * 4
                rows.append([name, *row, *tested])
        return ["run", *head, "difference", "difference_low", "difference_high", "p"], rows

    def to_mapping(self) -> dict[str, Any]:
        """The report of each model, and the differences of the later ones from the first."""
        first, *later = self.reports
        names = list(self.models)
        runs = [{"name": name} | model.to_mapping() for name, model in self.models.items()]
        differences = [
            {"name": name, "against": names[0]} | _less(report, first)
            for name, report in zip(names[1:], later, strict=True)
        ]
        return {"runs": runs, "differences": differences}

    def to_figure(self) -> "Figure":
        """The share of right pairs by each model with its 95 % interval, in rows.

        Raises:
            CharlstmError: if matplotlib is missing, or there are over 200 rows.
        """
        return figure_of_runs(dict(zip(self.models, self.reports, strict=True)))

    def items(self) -> Iterator[dict[str, Any]]:
        """The pairs of each model, one model after another; `run` is its name."""
        for name, report in zip(self.models, self.reports, strict=True):
            for item in report.items():
                yield {"run": name} | item

    def lines(self) -> Iterator[str]:
        """What the letters stand for, and the table."""
        letters = LETTERS[: len(self.models)]
        for letter, name in zip(letters, self.models, strict=True):
            yield f"{letter}  {name}"
        yield ""
        titles = ["pairs", *letters]
        for letter in letters[1:]:
            titles += [f"{letter} - A", "95 %", "p"]
        blocks = []
        for same in zip(*map(blocks_of, self.reports), strict=True):  # the same block of each
            rows = zip(*(rows for _, rows in same), strict=True)
            cells = [(row[0].name, _cells([own.summary for own in row])) for row in rows]
            blocks.append((same[0][0], cells))
        yield from aligned(titles, blocks)
        yield from notes_below(self.reports[0])
        yield from BELOW


def _cells(summaries: Sequence[Summary]) -> list[str]:
    """The shares of right pairs by each model, and how the later ones differ from the first."""
    first, *later = summaries
    cells = [f"{first.shares['accuracy'].total:,}"]
    cells += [percent(summary.shares["accuracy"]) for summary in summaries]
    for summary in later:
        if difference := _accuracy(summary, first):
            low, high, _ = difference.interval
            cells += [
                f"{100 * difference.value:+.1f}",
                f"{100 * low:+.1f} to {100 * high:+5.1f}",
                _p(difference.p),
            ]
        else:
            cells += ["-"] * 3
    return cells


def _p(p: float) -> str:
    return f"{p:.2g}" if p >= LEAST_P else f"<{LEAST_P:g}"


def _accuracy(summary: Summary, other: Summary) -> Difference | None:
    return summary.shares["accuracy"].less(other.shares["accuracy"])


def _rows(report: Report) -> list[Summary]:
    """The summaries in the order of the rows of the report's table."""
    groups = (summary for group in report.groups.values() for summary in group.values())
    return [*report.conditions.values(), *groups]


def _less(report: Report, first: Report) -> dict[str, Any]:
    """All differences of a report from the first, in the places where a report has its shares."""
    return {
        "conditions": _each(report.conditions, first.conditions),
        "overall": _differences(report.overall, first.overall),
        "unseen": _differences(report.unseen, first.unseen),
        "groups": {label: _each(of, first.groups[label]) for label, of in report.groups.items()},
        "lengths": _each(report.lengths, first.lengths),
    }


def _each(summaries: Mapping[Any, Summary], others: Mapping[Any, Summary]) -> dict[str, Any]:
    return {name: _differences(of, others[name]) for name, of in summaries.items()}


def _differences(summary: Summary | None, other: Summary | None) -> dict[str, Any] | None:
    """The difference of each share; None for a share of nothing."""
    if not summary or not other:
        return None
    less = {name: share.less(other.shares[name]) for name, share in summary.shares.items()}
    return {name: difference and difference.to_mapping() for name, difference in less.items()}
