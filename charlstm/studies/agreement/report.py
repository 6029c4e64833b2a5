"""What `charlstm agree` reports on a run: a table, a mapping, a picture, and lines to read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlstm.output.result import Result
from charlstm.pairs.report import Report
from charlstm.studies.agreement.figure import figure_of
from charlstm.studies.agreement.lines import lines_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class AgreementReport(Result):
    """The report on the pairs that the model of a run has scored.

    `run` is the run's folder and `window` the length of its BPTT windows, in `unit`s. `changes`
    says how the model differs from that of the run.
    """

    run: Path
    window: int
    report: Report
    unit: str = "character"
    changes: Sequence[str] = ()

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """A row for each condition, and for each group."""
        return self.report.to_table()

    def to_mapping(self) -> dict[str, Any]:
        """The run, its window, its changes if there are any, and the report as JSON has it."""
        run = {"run": str(self.run), "seq_length": self.window}
        changes = {"changes": list(self.changes)} if self.changes else {}
        return run | self.report.to_mapping() | changes

    def items(self) -> Iterator[dict[str, Any]]:
        """Each pair with its two scores, as `Report.items` has it."""
        return self.report.items()

    def to_figure(self) -> "Figure":
        """The shares with their 95 % intervals: rows for conditions and groups, or curves.

        Raises:
            CharlstmError: if matplotlib is missing, or there are over 200 rows.
        """
        name = ", ".join([self.run.name, *self.changes])
        return figure_of(self.report, name, self.window)

    def lines(self) -> Iterator[str]:
        """The conditions, the groups and the totals in columns."""
        yield from lines_of(self.report)
        if self.report.pair_set.axis == "distance":
            yield f"BPTT window: {self.window} {self.unit}s"
