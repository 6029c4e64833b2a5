"""A report as a picture: shares by condition, or along what a sweep varies."""

from collections.abc import Mapping
from typing import Any

from charlstm.errors import CharlstmError
from charlstm.output.figure import COLOURS, require_matplotlib, style
from charlstm.pairs.report import Report, Share

CHANCE = 50.0
MOST = 200  # conditions in a picture
SHOWN = {
    "congruent": ("congruent", COLOURS[0], "o"),
    "incongruent": ("incongruent", COLOURS[1], "s"),
    "accuracy": ("all pairs", COLOURS[2], "D"),
}


def draw(report: Report, title: str, window: int | None = None) -> Any:
    """A matplotlib figure of the shares and their 95 % intervals; `window` marks a distance.

    Raises:
        CharlstmError: if matplotlib is missing, or there are over 200 conditions.
    """
    require_matplotlib()
    if len(report.conditions) > MOST:
        raise CharlstmError(
            f"{len(report.conditions):,} conditions are too many for a picture; save as .csv"
        )
    from matplotlib.figure import Figure  # noqa: PLC0415

    with style():
        rows = len(report.conditions)
        height = 4.0 if report.asked.axis else 1.6 + 0.34 * rows
        figure = Figure(figsize=(7.0, height), layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(title, fontsize=10, loc="left")
        if report.asked.axis:
            _along(axes, report, window)
        else:
            _by_condition(axes, report)
        handles, labels = axes.get_legend_handles_labels()
        unique = dict(zip(labels, handles, strict=True))
        figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=3)
    return figure


def _by_condition(axes: Any, report: Report) -> None:
    names = list(report.conditions)
    for row, name in enumerate(names):
        shown = _shown(report.conditions[name].shares)
        for n, (part, share) in enumerate(shown.items()):
            label, colour, marker = SHOWN[part]
            y = row + 0.24 * (n - (len(shown) - 1) / 2)
            _point(axes.errorbar, share, y, label, colour, marker)
    axes.axvline(CHANCE, color="0.4", lw=0.8, ls=":", label="chance")
    marks = [f"{name} (unseen)" if name in report.asked.unseen else name for name in names]
    axes.set_yticks(range(len(names)), marks)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(-2, 102)
    axes.set_xlabel("right, % (with 95 % interval)")


def _point(errorbar: Any, share: Share, y: float, label: str, colour: str, marker: str) -> None:
    x, low, high = _percent(share)
    reach = [[x - low], [high - x]]
    errorbar([x], [y], xerr=reach, fmt=marker, ms=4, lw=1, color=colour, label=label)


def _along(axes: Any, report: Report, window: int | None) -> None:
    axis, at = report.asked.axis, report.asked.at
    series: dict[str, list[str]] = {}
    for name in report.conditions:
        stem = name.removesuffix(str(at[name])).removeprefix(str(axis)).strip("_")
        series.setdefault(stem, []).append(name)
    for line, (stem, names) in enumerate(series.items()):
        for part in _shown(report.conditions[names[0]].shares):
            label, colour, marker = SHOWN[part]
            shares = [report.conditions[name].shares[part] for name in names]
            middle, low, high = zip(*map(_percent, shares), strict=True)
            x = [at[name] for name in names]
            style_ = ("-", "--", "-.", ":")[line % 4]
            named = f"{stem.replace('_', ' ')}, {label}" if len(series) > 1 else label
            axes.plot(x, middle, style_, marker=marker, ms=4, color=colour, label=named)
            axes.fill_between(x, low, high, color=colour, alpha=0.12, lw=0)
    axes.axhline(CHANCE, color="0.4", lw=0.8, ls=":", label="chance")
    values = sorted(set(at.values()))
    seen = [at[name] for name in at if name not in report.asked.unseen]
    if seen and max(seen) < values[-1]:
        axes.axvspan(max(seen), values[-1], color="0.9", lw=0, zorder=0, label="not in the corpus")
    if axis == "distance":
        axes.set_xscale("log", base=2)
        axes.minorticks_off()
        axes.set_xlabel("filler between subject and verb, characters")
        if window:
            axes.axvline(window, color="0.4", lw=0.8, label=f"BPTT window, {window}")
    else:
        axes.set_xlabel("nouns stacked between subject and verb")
    axes.set_xticks(values, [str(value) for value in values])
    axes.set_ylim(-2, 102)
    axes.set_ylabel("right, %")


def _shown(shares: Mapping[str, Share]) -> dict[str, Share]:
    """Congruent and incongruent where the pairs have such labels, else all pairs together."""
    labelled = {part: shares[part] for part in ("congruent", "incongruent") if shares[part].total}
    return labelled or {"accuracy": shares["accuracy"]}


def _percent(share: Share) -> tuple[float, float, float]:
    low, high = share.interval or (0.0, 0.0)
    return 100 * (share.value or 0.0), 100 * low, 100 * high
