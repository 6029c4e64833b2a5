"""What `charlstm agree` reports on a run: a table, a mapping, a picture, and lines to read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charlstm.output.terminal import printable
from charlstm.pairs.report import Report, Share, Summary
from charlstm.studies.agreement.figure import draw

LONGEST_NAME = 50  # of a condition, in a terminal


@dataclass(frozen=True)
class AgreementReport:
    """The report on the pairs that the model of a run has scored.

    `run` is the run's folder and `window` the length of its BPTT windows, in characters.
    """

    run: Path
    window: int
    report: Report

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """A row for each condition."""
        return self.report.to_table()

    def to_mapping(self) -> dict[str, Any]:
        """The run, its window, and the report as JSON has it."""
        return {"run": str(self.run), "seq_length": self.window} | self.report.to_mapping()

    def to_figure(self) -> Any:
        """The shares with their 95 % intervals: a row for each condition, or curves of a sweep.

        Raises:
            CharlstmError: if matplotlib is missing, or there are over 200 conditions.
        """
        title = f"{self.run.name}: {self.report.pair_set.axis or 'agreement'}"
        return draw(self.report, title, self.window)

    def lines(self) -> Iterator[str]:
        """The conditions and the totals in columns."""
        unseen = self.report.pair_set.unseen
        rows = {
            _name(name) + " *" * (name in unseen): summary
            for name, summary in self.report.conditions.items()
        }
        totals = {"overall": self.report.overall, "unseen *": self.report.unseen}
        width = max(map(len, [*rows, *totals]))
        yield " " * width + _cells(COLUMNS)
        for name, summary in rows.items():
            yield f"{name:{width}}{_row(summary)}"
        yield ""
        for name, total in totals.items():
            if total:
                yield f"{name:{width}}{_row(total)}"
        if self.report.unseen:
            yield "* not in the corpus"
        if self.report.pair_set.axis == "distance":
            yield f"BPTT window: {self.window} characters"


def _name(condition: str) -> str:
    line = " ".join(printable(condition).split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 3] + "..."


def _percent(share: Share) -> str:
    return "-" if share.value is None else f"{100 * share.value:.1f}"


def _interval(share: Share) -> str:
    low, high = share.interval or (0.0, 1.0)
    return f"{100 * low:.1f} - {100 * high:5.1f}"


# Each column's title, its width, and what it shows of a summary.
COLUMNS: dict[str, tuple[int, Callable[[Summary], str]]] = {
    "pairs": (6, lambda summary: f"{summary.shares['accuracy'].total:,}"),
    "right": (6, lambda summary: _percent(summary.shares["accuracy"])),
    "95 %": (13, lambda summary: _interval(summary.shares["accuracy"])),
    "congr.": (7, lambda summary: _percent(summary.shares["congruent"])),
    "incongr.": (8, lambda summary: _percent(summary.shares["incongruent"])),
    "singular": (8, lambda summary: _percent(summary.shares["singular"])),
    "plural": (7, lambda summary: _percent(summary.shares["plural"])),
    "joint": (6, lambda summary: _percent(summary.shares["joint"])),
    "log-odds": (8, lambda summary: f"{summary.log_odds:.2f}"),
    "ties": (5, lambda summary: f"{summary.ties:,}"),
}


def _row(summary: Summary) -> str:
    return _cells(text(summary) for _, text in COLUMNS.values())


def _cells(texts: Iterable[str]) -> str:
    widths = (width for width, _ in COLUMNS.values())
    return "".join(f"  {text:>{width}}" for text, width in zip(texts, widths, strict=True))
