"""The picture of agreement: rows of shares for conditions and groups, or the curves of a sweep."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from charlstm.errors import CharlstmError
from charlstm.output.figure import COLOURS, drawing
from charlstm.pairs.report import Report
from charlstm.pairs.summary import Share, Summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CHANCE = 50.0
MOST = 200  # rows in a picture
MARKERS = "osD^vP"
DRAWN = {  # the label, colour and marker of each share that is drawn
    "congruent": ("congruent", COLOURS[0], "o"),
    "incongruent": ("incongruent", COLOURS[1], "s"),
    "accuracy": ("all pairs", COLOURS[2], "D"),
}
Point = tuple[str, str, str, Share]  # the label, colour and marker of a share, and the share


def figure_of(report: Report, name: str, window: int) -> "Figure":
    """The shares of a report with their 95 % intervals.

    `name` is that of the model, and `window` the length of its BPTT windows.

    Raises:
        CharlstmError: if matplotlib is missing, or there are over 200 rows.
    """
    axis = report.pair_set.axis
    if not axis:
        rows = {
            label: [(*DRAWN[part], share) for part, share in _drawn(summary.shares).items()]
            for label, summary in _summaries(report).items()
        }
        return figure_of_rows(rows, f"{name}: agreement")
    with drawing(7.0, 4.0) as figure:
        axes = figure.add_subplot()
        axes.set_title(f"{name}: {axis}", fontsize=10, loc="left")
        _draw_sweep(axes, report, window)
        _legend(figure, axes)
    return figure


def figure_of_runs(reports: Mapping[str, Report]) -> "Figure":
    """The share of right pairs by each of several models: a row for each condition and group.

    Raises:
        CharlstmError: if matplotlib is missing, or there are over 200 rows.
    """
    rows: dict[str, list[Point]] = {}
    for k, (name, report) in enumerate(reports.items()):
        look = name, COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]
        for label, summary in _summaries(report).items():
            rows.setdefault(label, []).append((*look, summary.shares["accuracy"]))
    return figure_of_rows(rows, "agreement")


def figure_of_rows(rows: Mapping[str, Sequence[Point]], title: str) -> "Figure":
    """A row for each label, with a point and its interval for each share."""
    if len(rows) > MOST:
        raise CharlstmError(f"{len(rows):,} conditions are too many for a picture; save as .csv")
    with drawing(7.0, 1.6 + 0.34 * len(rows)) as figure:
        axes = figure.add_subplot()
        axes.set_title(title, fontsize=10, loc="left")
        for row, points in enumerate(rows.values()):
            for n, (label, colour, marker, share) in enumerate(points):
                y = row + 0.24 * (n - (len(points) - 1) / 2) * min(1.0, 3 / len(points))
                x, low, high = _in_percent(share)
                axes.errorbar(
                    [x],
                    [y],
                    xerr=[[x - low], [high - x]],
                    fmt=marker,
                    ms=4,
                    lw=1,
                    color=colour,
                    label=label,
                )
        axes.axvline(CHANCE, color="0.4", lw=0.8, ls=":", label="chance")
        axes.set_yticks(range(len(rows)), list(rows))
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(-2, 102)
        axes.set_xlabel("right, % (with 95 % interval)")
        _legend(figure, axes)
    return figure


def _summaries(report: Report) -> dict[str, Summary]:
    """The summaries that are drawn, by the labels of their rows."""
    unseen = report.pair_set.unseen
    conditions = {n + " (unseen)" * (n in unseen): of for n, of in report.conditions.items()}
    groups = {
        f"{label}: {name}": summary
        for label, group in report.groups.items()
        for name, summary in group.items()
    }
    return conditions | groups


def _legend(figure: "Figure", axes: "Axes") -> None:
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=3)


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
