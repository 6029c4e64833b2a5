"""The figure of a comparison: how each setting learns, and what it can do in the end."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from charlstm.output.figure import COLOURS, drawing
from charlstm.studies.compare.groups import Group, conditions, groups, hardest
from charlstm.studies.compare.outcome import Curve, Outcome
from charlstm.text.vocabulary import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = "osD^vPX*"
DASHES = ("-", "--", "-.", ":")


def draw(outcomes: Sequence[Outcome], title: str) -> "Figure":
    """A matplotlib figure of the losses and, where they were measured, agreement and sweeps.

    A setting has one colour. Each thin line is one run. Points are means over the runs, with bars
    from the lowest run to the highest.

    Raises:
        CharlstmError: if matplotlib is missing.
    """
    settings = groups(outcomes)
    has_agreement = any(outcome.agreement for outcome in outcomes)
    sweeps = [s for s in ("depth", "distance") if any(s in o.sweeps for o in outcomes)]
    names = conditions(outcome.agreement for outcome in outcomes)
    heights = [3.2]
    heights += [0.8 + 0.3 * len(names)] * has_agreement
    heights += [3.2] * bool(sweeps)
    with drawing(9.0, sum(heights) + 0.6) as figure:
        figure.suptitle(title, fontsize=10)
        grid = figure.add_gridspec(len(heights), 2, height_ratios=heights)
        losses = figure.add_subplot(grid[0, 0] if has_agreement else grid[0, :])
        _draw_losses(losses, settings)
        if has_agreement:
            _draw_learning(figure.add_subplot(grid[0, 1]), settings)
            _draw_conditions(figure.add_subplot(grid[1, :]), settings, names)
        for column, sweep in enumerate(sweeps):
            place = grid[-1, :] if len(sweeps) == 1 else grid[-1, column]
            _draw_sweep(figure.add_subplot(place), settings, sweep)
        handles, labels = losses.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def _draw_losses(axes: "Axes", settings: Sequence[Group]) -> None:
    _draw_curves(axes, settings, lambda o: o.losses)
    per_byte = any(o.per_char is None for group in settings for o in group.runs)
    axes.set_ylabel("validation loss, nats per character" + " or byte" * per_byte)
    axes.set_yscale("log")
    axes.minorticks_off()
    values = [nats for group in settings for o in group.runs for _, nats in o.losses]
    if values:  # they span less than a decade, where a logarithmic axis has no ticks by itself
        low, high = min(values), max(values)
        ticks = [low * (high / low) ** (k / 5) for k in range(6)]
        axes.set_yticks(ticks, [f"{tick:.2f}" for tick in ticks])


def _draw_learning(axes: "Axes", settings: Sequence[Group]) -> None:
    def percents(outcome: Outcome) -> Curve:
        overall = outcome.learning.get("overall", ())
        return [(characters, 100 * accuracy) for characters, accuracy in overall]

    _draw_curves(axes, settings, percents)
    axes.axhline(95, color="0.4", lw=0.8, ls=":")
    axes.set_ylim(min(40, axes.get_ylim()[0]), 101)
    axes.set_ylabel("agreement, % right")


def _draw_curves(
    axes: "Axes", settings: Sequence[Group], curve_of: Callable[[Outcome], Curve]
) -> None:
    for n, group in enumerate(settings):
        speed = group.mean(lambda o: o.characters_per_second / 1000) or 0.0
        size = group.mean(lambda o: o.parameters) or 0.0
        unit = unit_of(group.runs[0].tokens)
        label: str | None = f"{group.label}: {size:,.0f} parameters, {speed:.0f}k {unit}s/s"
        for outcome in group.runs:
            x = [characters / 1e6 for characters, _ in curve_of(outcome)]
            y = [value for _, value in curve_of(outcome)]
            axes.plot(x, y, color=_colour(n), lw=1.2, ls=_dash(n), alpha=0.8, label=label)
            label = None  # one entry of the legend for each setting
    units = dict.fromkeys(f"{unit_of(o.tokens)}s" for group in settings for o in group.runs)
    axes.set_xlabel(f"million {' or '.join(units)} read")


def _draw_conditions(axes: "Axes", settings: Sequence[Group], names: Sequence[str]) -> None:
    for n, group in enumerate(settings):
        for row, name in enumerate(names):
            shares = [hardest(o.agreement, name) for o in group.runs]
            percents = [100 * share for share in shares if share is not None]
            if percents:
                y = row + 0.7 * (n - (len(settings) - 1) / 2) / max(4, len(settings))
                mean = sum(percents) / len(percents)
                bars = [[mean - min(percents)], [max(percents) - mean]]
                marker = _marker(n)
                axes.errorbar([mean], [y], xerr=bars, fmt=marker, ms=4, lw=1, color=_colour(n))
    axes.axvline(50, color="0.4", lw=0.8, ls=":")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(-2, 102)
    axes.set_xlabel(
        "right, %: incongruent pairs, or all where nothing can mislead (dotted: chance)"
    )


def _draw_sweep(axes: "Axes", settings: Sequence[Group], sweep: str) -> None:
    ticks: set[int] = set()
    for n, group in enumerate(settings):
        percents: dict[int, list[float]] = {}  # of all runs, by how deep or how far
        for outcome in group.runs:
            report = outcome.sweeps.get(sweep)
            for name in conditions([report]):
                share = hardest(report, name)
                if report and share is not None:
                    percents.setdefault(report["conditions"][name][sweep], []).append(100 * share)
        x = sorted(percents)
        ticks.update(x)
        means = [sum(percents[at]) / len(percents[at]) for at in x]
        lows, highs = ([extreme(percents[at]) for at in x] for extreme in (min, max))
        colour = _colour(n)
        axes.plot(x, means, color=colour, ls=_dash(n), marker=_marker(n), ms=4, lw=1.2)
        axes.fill_between(x, lows, highs, color=colour, alpha=0.1, lw=0)
    if sweep == "distance":
        axes.set_xscale("log", base=2)
        axes.minorticks_off()
    axes.set_xticks(sorted(ticks), [str(tick) for tick in sorted(ticks)])
    axes.axhline(50, color="0.4", lw=0.8, ls=":")
    axes.set_ylim(-2, 102)
    axes.set_ylabel("right, %")
    unit = "misleading nouns" if sweep == "depth" else "characters of filler"
    axes.set_xlabel(f"{unit} between subject and verb")


def _colour(n: int) -> str:
    return COLOURS[n % len(COLOURS)]


def _dash(n: int) -> str:
    return DASHES[n // len(COLOURS) % len(DASHES)]


def _marker(n: int) -> str:
    return MARKERS[n % len(MARKERS)]
