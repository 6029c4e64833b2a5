"""The outcomes as one picture: how each setting learns, and what it can do in the end."""

from collections.abc import Callable, Sequence
from typing import Any

from charlstm.output.figure import COLOURS, require_matplotlib, style
from charlstm.studies.compare.outcome import Curve, Outcome
from charlstm.studies.compare.table import Group, conditions, groups, hardest

MARKERS = "osD^vPX*"


def draw(outcomes: Sequence[Outcome], title: str) -> Any:
    """A matplotlib figure: loss curves, then, where it was measured, agreement and the sweeps.

    Thin lines are single runs of one colour for each setting; points are means, with bars from
    the lowest to the highest run.

    Raises:
        CharlstmError: if matplotlib is missing.
    """
    require_matplotlib()
    from matplotlib.figure import Figure  # noqa: PLC0415

    found = groups(outcomes)
    measured = any(outcome.agreement for outcome in outcomes)
    axes_of = [a for a in ("depth", "distance") if any(a in o.sweeps for o in outcomes)]
    rows = 1 + measured + bool(axes_of)
    names = conditions(outcome.agreement for outcome in outcomes)
    heights = [3.2, *([0.8 + 0.3 * len(names)] * measured), *([3.2] * bool(axes_of))]
    with style():
        figure = Figure(figsize=(9.0, sum(heights) + 0.6), layout="constrained")
        figure.suptitle(title, fontsize=10)
        grid = figure.add_gridspec(rows, 2, height_ratios=heights)
        losses = figure.add_subplot(grid[0, 0] if measured else grid[0, :])
        _curves(losses, found, lambda o: o.losses)
        losses.set_ylabel("validation loss, nats per character")
        losses.set_yscale("log")
        losses.minorticks_off()
        _plain_ticks(losses, found)
        if measured:
            learning = figure.add_subplot(grid[0, 1])
            _curves(learning, found, _percents)
            learning.axhline(95, color="0.4", lw=0.8, ls=":")
            learning.set_ylim(min(40, learning.get_ylim()[0]), 101)
            learning.set_ylabel("agreement, % right")
            _by_condition(figure.add_subplot(grid[1, :]), found, names)
        for column, axis in enumerate(axes_of):
            wide = grid[rows - 1, :] if len(axes_of) == 1 else grid[rows - 1, column]
            _along(figure.add_subplot(wide), found, axis)
        handles, labels = losses.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def _percents(outcome: Outcome) -> Curve:
    return [(read, 100 * accuracy) for read, accuracy in outcome.learning.get("overall", ())]


def _curves(axes: Any, found: Sequence[Group], of: Callable[[Outcome], Curve]) -> None:
    for n, group in enumerate(found):
        speed = group.mean(lambda o: o.characters_per_second / 1000) or 0.0
        sizes = group.mean(lambda o: o.parameters) or 0.0
        label: str | None = f"{group.label}: {sizes:,.0f} parameters, {speed:.0f}k characters/s"
        for outcome in group.runs:
            x = [characters / 1e6 for characters, _ in of(outcome)]
            y = [value for _, value in of(outcome)]
            axes.plot(x, y, color=_colour(n), lw=1.2, ls=_dash(n), alpha=0.8, label=label)
            label = None
    axes.set_xlabel("million characters read")


def _plain_ticks(axes: Any, found: Sequence[Group]) -> None:
    """Losses span less than a decade: a logarithmic axis gets its numbers from the data."""
    values = [nats for group in found for o in group.runs for _, nats in o.losses]
    if values:
        low, high = min(values), max(values)
        ticks = [low * (high / low) ** (k / 5) for k in range(6)]
        axes.set_yticks(ticks, [f"{tick:.2f}" for tick in ticks])


def _by_condition(axes: Any, found: Sequence[Group], names: Sequence[str]) -> None:
    for n, group in enumerate(found):
        for row, name in enumerate(names):
            values = [hardest(o.agreement, name) for o in group.runs]
            known = [100 * value for value in values if value is not None]
            if known:
                y = row + 0.7 * (n - (len(found) - 1) / 2) / max(4, len(found))
                middle = sum(known) / len(known)
                reach = [[middle - min(known)], [max(known) - middle]]
                form = MARKERS[n % len(MARKERS)]
                axes.errorbar([middle], [y], xerr=reach, fmt=form, ms=4, lw=1, color=_colour(n))
    axes.axvline(50, color="0.4", lw=0.8, ls=":")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(-2, 102)
    axes.set_xlabel(
        "right, %: incongruent pairs, or all where nothing can mislead (dotted: chance)"
    )


def _along(axes: Any, found: Sequence[Group], axis: str) -> None:
    for n, group in enumerate(found):
        points: dict[int, list[float]] = {}
        for outcome in group.runs:
            report = outcome.sweeps.get(axis)
            for name in conditions([report]):
                value = hardest(report, name)
                if report and value is not None:
                    points.setdefault(report["conditions"][name][axis], []).append(100 * value)
        x = sorted(points)
        middle = [sum(points[at]) / len(points[at]) for at in x]
        form = MARKERS[n % len(MARKERS)]
        axes.plot(x, middle, color=_colour(n), ls=_dash(n), marker=form, ms=4, lw=1.2)
        axes.fill_between(
            x,
            [min(points[at]) for at in x],
            [max(points[at]) for at in x],
            color=_colour(n),
            alpha=0.1,
            lw=0,
        )
    if axis == "distance":
        axes.set_xscale("log", base=2)
        axes.minorticks_off()
    ticks = sorted({t for line in axes.lines for t in map(int, line.get_xdata())})
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.axhline(50, color="0.4", lw=0.8, ls=":")
    axes.set_ylim(-2, 102)
    axes.set_ylabel("right, %")
    what = "misleading nouns" if axis == "depth" else "characters of filler"
    axes.set_xlabel(f"{what} between subject and verb")


def _colour(n: int) -> str:
    return COLOURS[n % len(COLOURS)]


def _dash(n: int) -> str:
    return ("-", "--", "-.", ":")[n // len(COLOURS) % 4]
