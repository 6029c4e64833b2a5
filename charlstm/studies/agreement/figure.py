"""A report as a picture: shares by condition, or along what a sweep varies."""

from collections.abc import Mapping
from typing import Any

from charlstm.errors import CharlstmError
from charlstm.output.figure import COLOURS, require_matplotlib, style
from charlstm.pairs.report import Report, Share

CHANCE = 50.0
MOST = 200  # conditions in a picture
DRAWN = {  # the label, colour and marker of each share that is drawn
    "congruent": ("congruent", COLOURS[0], "o"),
    "incongruent": ("incongruent", COLOURS[1], "s"),
    "accuracy": ("all pairs", COLOURS[2], "D"),
}


def draw(report: Report, title: str, window: int) -> Any:
    """A matplotlib figure of the shares and their 95 % intervals; `window` marks a distance.

    Raises:
        CharlstmError: if matplotlib is missing, or there are over 200 conditions.
    """
    require_matplotlib()
    if len(report.conditions) > MOST:
        raise CharlstmError(
            f"{len(report.conditions):,} conditions are too many for a picture; save as .csv"
        )
    from matplotlib.figure import Figure  # noqa: PLC0415 - only who draws needs it

    sweep = report.pair_set.axis is not None
    with style():
        height = 4.0 if sweep else 1.6 + 0.34 * len(report.conditions)
        figure = Figure(figsize=(7.0, height), layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(title, fontsize=10, loc="left")
        if sweep:
            _draw_sweep(axes, report, window)
        else:
            _draw_conditions(axes, report)
        handles, labels = axes.get_legend_handles_labels()
        unique = dict(zip(labels, handles, strict=True))
        figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=3)
    return figure


def _draw_conditions(axes: Any, report: Report) -> None:
    """A row for each condition, with a point and its interval for each share."""
    names = list(report.conditions)
    for row, name in enumerate(names):
        drawn = _drawn(report.conditions[name].shares)
        for n, (part, share) in enumerate(drawn.items()):
            label, colour, marker = DRAWN[part]
            y = row + 0.24 * (n - (len(drawn) - 1) / 2)
            x, low, high = _percent(share)
            reach = [[x - low], [high - x]]
            axes.errorbar([x], [y], xerr=reach, fmt=marker, ms=4, lw=1, color=colour, label=label)
    axes.axvline(CHANCE, color="0.4", lw=0.8, ls=":", label="chance")
    unseen = report.pair_set.unseen
    axes.set_yticks(range(len(names)), [name + " (unseen)" * (name in unseen) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(-2, 102)
    axes.set_xlabel("right, % (with 95 % interval)")


def _draw_sweep(axes: Any, report: Report, window: int) -> None:
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
            middle, low, high = zip(*map(_percent, shares), strict=True)
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


def _percent(share: Share) -> tuple[float, float, float]:
    """The share and the two ends of its interval."""
    low, high = share.interval or (0.0, 0.0)
    return 100 * (share.value or 0.0), 100 * low, 100 * high
