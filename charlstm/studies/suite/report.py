"""The report of `charlstm agree --suite`: the share of items for which each prediction holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlstm.errors import CharlstmError
from charlstm.output.figure import COLOURS, drawing
from charlstm.output.result import Result
from charlstm.output.terminal import table
from charlstm.pairs.summary import Share
from charlstm.studies.suite.measure import SuiteScore
from charlstm.text.shown import brief, printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALL = "all"  # stands for every prediction of a suite
MOST = 200  # rows in a picture
COLUMNS = ("suite", "prediction", "formula", "items", "left_out", "holds", "share", "low", "high")
ITEM_COLUMNS = ("suite", "item", "condition", "region", "region_name", "content", "surprisal")


@dataclass(frozen=True, repr=False)
class SuiteReport(Result):
    """The suites that the model of a run has scored.

    `run` is the run's folder. `changes` says how the model differs from that of the run.
    """

    run: Path
    scores: Sequence[SuiteScore]
    changes: Sequence[str] = ()

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """A row for each prediction, counted from 0, and one for all together if there are more."""
        rows: list[list[Any]] = []
        for score in self.scores:
            for prediction, formula, share in _rows(score):
                low, high = share.interval or (None, None)
                counts = [share.total, score.left_out, share.right]
                rows.append([score.suite.name, prediction, formula, *counts])
                rows[-1] += [share.value, low, high]
        return list(COLUMNS), rows

    def to_mapping(self) -> dict[str, Any]:
        """The run and its suites for JSON: shares from 0 to 1, and their 95 % intervals."""
        suites = [
            {
                "suite": score.suite.name,
                "items": len(score.scores),
                "left_out": score.left_out,
                "predictions": [
                    {"prediction": prediction, "formula": formula, **_share(share)}
                    for prediction, formula, share in _rows(score)
                    if prediction != ALL
                ],
                "all_hold": _share(score.all_hold),
            }
            for score in self.scores
        ]
        changes = {"changes": list(self.changes)} if self.changes else {}
        return {"run": str(self.run), "suites": suites} | changes

    def items(self) -> tuple[list[str], list[list[Any]]]:
        """A row for each region of each condition of each item, with its surprisal in bits.

        The last columns say which predictions hold for the item.
        """
        count = max(len(score.suite.predictions) for score in self.scores)
        rows: list[list[Any]] = []
        for score in self.scores:
            names = score.suite.region_names
            for of_item in score.scores:
                holds = [*of_item.holds, *[None] * (count - len(of_item.holds))]
                for condition, regions in of_item.item.conditions.items():
                    bits = of_item.bits[condition]
                    rows += [
                        [
                            *(score.suite.name, of_item.item.number, condition),
                            *(number, names.get(number), content.strip(), bits[number], *holds),
                        ]
                        for number, content in regions.items()
                    ]
        return [*ITEM_COLUMNS, *(f"prediction_{k}" for k in range(count))], rows

    def lines(self) -> Iterator[str]:
        """A table for each suite."""
        for k, score in enumerate(self.scores):
            if k:
                yield ""
            items = f"{len(score.scores):,} item{'s' * (len(score.scores) != 1)}"
            yield f"{printable(score.suite.name)}: {items}"
            rows = [["prediction", "right", "95 %", "formula"]]
            for prediction, formula, share in _rows(score):
                low, high = share.interval or (0.0, 1.0)
                interval = f"{100 * low:.1f} - {100 * high:5.1f}"
                right = f"{100 * (share.value or 0.0):.1f}"
                rows.append([str(prediction), right, interval, brief(printable(formula))])
            yield from table(rows, right={1, 2})

    def to_figure(self) -> "Figure":
        """The shares with their 95 % intervals, a row for each prediction.

        Raises:
            CharlstmError: if matplotlib is missing, or there are over 200 rows.
        """
        rows = [
            (f"{score.suite.name} {prediction}", share)
            for score in self.scores
            for prediction, _, share in _rows(score)
        ]
        if len(rows) > MOST:
            raise CharlstmError(f"{len(rows):,} rows are too many for a picture; save as .csv")
        with drawing(7.0, 1.2 + 0.3 * len(rows)) as figure:
            axes = figure.add_subplot()
            title = ", ".join([self.run.name, *self.changes])
            axes.set_title(f"{title}: predictions of test suites", fontsize=10, loc="left")
            for row, (_, share) in enumerate(rows):
                low, high = share.interval or (0.0, 0.0)
                value = share.value or 0.0
                reach = [[100 * (value - low)], [100 * (high - value)]]
                axes.errorbar([100 * value], [row], xerr=reach, fmt="o", ms=4, color=COLOURS[0])
            axes.set_yticks(range(len(rows)), [label for label, _ in rows])
            axes.set_ylim(len(rows) - 0.4, -0.6)
            axes.set_xlim(-2, 102)
            axes.set_xlabel("items for which it holds, % (with 95 % interval)")
        return figure


def _rows(score: SuiteScore) -> Iterator[tuple[int | str, str, Share]]:
    """The number, the formula and the share of each prediction, and of all if there are more."""
    predictions = score.suite.predictions
    for k, share in enumerate(score.shares):
        yield k, predictions[k].text, share
    if len(predictions) > 1:
        yield ALL, "", score.all_hold


def _share(share: Share) -> dict[str, Any]:
    return {"holds": share.right, "share": share.value, "interval": share.interval}
