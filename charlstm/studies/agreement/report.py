"""What `charlstm agree` reports on a run: a table, a mapping, a picture, and lines to read."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlstm.errors import CharlstmError
from charlstm.output.figure import COLOURS, drawing
from charlstm.output.result import Result
from charlstm.pairs.report import Report, Share, Summary
from charlstm.text.shown import printable, width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LONGEST_NAME = 50  # of a condition, in a terminal
CHANCE = 50.0
MOST = 200  # conditions in a picture
DRAWN = {  # the label, colour and marker of each share that is drawn
    "congruent": ("congruent", COLOURS[0], "o"),
    "incongruent": ("incongruent", COLOURS[1], "s"),
    "accuracy": ("all pairs", COLOURS[2], "D"),
}


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
        """A row for each condition."""
        return self.report.to_table()

    def to_mapping(self) -> dict[str, Any]:
        """The run, its window, and the report as JSON has it."""
        return {"run": str(self.run), "seq_length": self.window} | self.report.to_mapping()

    def to_figure(self) -> "Figure":
        """The shares with their 95 % intervals: a row for each condition, or curves of a sweep.

        Raises:
            CharlstmError: if matplotlib is missing, or there are over 200 conditions.
        """
        report, axis = self.report, self.report.pair_set.axis
        count = len(report.conditions)
        if count > MOST:
            raise CharlstmError(f"{count:,} conditions are too many for a picture; save as .csv")
        with drawing(7.0, 4.0 if axis else 1.6 + 0.34 * count) as figure:
            axes = figure.add_subplot()
            axes.set_title(
                f"{', '.join([self.run.name, *self.changes])}: {axis or 'agreement'}",
                fontsize=10,
                loc="left",
            )
            if axis:
                _draw_sweep(axes, report, self.window)
            else:
                _draw_conditions(axes, report)
            handles, labels = axes.get_legend_handles_labels()
            unique = dict(zip(labels, handles, strict=True))
            figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=3)
        return figure

    def lines(self) -> Iterator[str]:
        """The conditions and the totals in columns."""
        unseen = self.report.pair_set.unseen
        rows = {
            _name(name) + " *" * (name in unseen): summary
            for name, summary in self.report.conditions.items()
        }
        totals = {"overall": self.report.overall, "unseen *": self.report.unseen}
        most = max(map(width, [*rows, *totals]))
        yield " " * most + _cells(COLUMNS)
        for name, summary in rows.items():
            yield f"{name}{' ' * (most - width(name))}{_row(summary)}"
        yield ""
        for name, total in totals.items():
            if total:
                yield f"{name:{most}}{_row(total)}"
        if self.report.unseen:
            yield "* not in the corpus"
        if self.report.pair_set.axis == "distance":
            yield f"BPTT window: {self.window} {self.unit}s"


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


def _draw_conditions(axes: "Axes", report: Report) -> None:
    """A row for each condition, with a point and its interval for each share."""
    names = list(report.conditions)
    for row, name in enumerate(names):
        drawn = _drawn(report.conditions[name].shares)
        for n, (part, share) in enumerate(drawn.items()):
            label, colour, marker = DRAWN[part]
            y = row + 0.24 * (n - (len(drawn) - 1) / 2)
            x, low, high = _in_percent(share)
            reach = [[x - low], [high - x]]
            axes.errorbar([x], [y], xerr=reach, fmt=marker, ms=4, lw=1, color=colour, label=label)
    axes.axvline(CHANCE, color="0.4", lw=0.8, ls=":", label="chance")
    unseen = report.pair_set.unseen
    axes.set_yticks(range(len(names)), [name + " (unseen)" * (name in unseen) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(-2, 102)
    axes.set_xlabel("right, % (with 95 % interval)")


def _draw_sweep(axes: "Axes", report: Report, window: int) -> None:
    """A curve for each share of each series, its interval as a band."""
    axis, at, unseen = report.pair_set.axis, report.pair_set.at, report.pair_set.unseen
    series: dict[str, list[str]] = {}  # the conditions that differ in the step alone
    for name in report.conditions:
        stem = name.removesuffix(str(at[name])).removeprefix(str(axis)).strip("_")
        series.setdefault(stem, []).append(name)
    for n, (stem, names) in enumerate(series.items()):
        for part in _drawn(report.conditions[names[0]].shares):
            label, colour, marker = DRAWN[part]
            shares = [report.conditions[name].shares[part] for name in names]
            middle, low, high = zip(*map(_in_percent, shares), strict=True)
            x = [at[name] for name in names]
            dashes = ("-", "--", "-.", ":")[n % 4]
            if len(series) > 1:
                label = f"{stem.replace('_', ' ')}, {label}"
            axes.plot(x, middle, dashes, marker=marker, ms=4, color=colour, label=label)
            axes.fill_between(x, low, high, color=colour, alpha=0.12, lw=0)
    axes.axhline(CHANCE, color="0.4", lw=0.8, ls=":", label="chance")
    steps = sorted(set(at.values()))
    in_corpus = [at[name] for name in at if name not in unseen]
    if in_corpus and max(in_corpus) < steps[-1]:
        beyond = (max(in_corpus), steps[-1])
        axes.axvspan(*beyond, color="0.9", lw=0, zorder=0, label="not in the corpus")
    if axis == "distance":
        axes.set_xscale("log", base=2)
        axes.minorticks_off()
        axes.set_xlabel("filler between subject and verb, characters")
        axes.axvline(window, color="0.4", lw=0.8, label=f"BPTT window, {window}")
    else:
        axes.set_xlabel("nouns stacked between subject and verb")
    axes.set_xticks(steps, [str(step) for step in steps])
    axes.set_ylim(-2, 102)
    axes.set_ylabel("right, %")


def _drawn(shares: Mapping[str, Share]) -> dict[str, Share]:
    """Congruent and incongruent where the pairs have such labels, else all pairs together."""
    labelled = {part: shares[part] for part in ("congruent", "incongruent") if shares[part].total}
    return labelled or {"accuracy": shares["accuracy"]}


def _in_percent(share: Share) -> tuple[float, float, float]:
    """The share and the two ends of its interval."""
    low, high = share.interval or (0.0, 0.0)
    return 100 * (share.value or 0.0), 100 * low, 100 * high
