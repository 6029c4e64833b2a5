"""The table of `charlstm inspect gradients` and what it says about vanishing and exploding."""

from typing import Any

import click

SHOWN = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
STEADY = 0.02  # a change a step that is neither vanishing nor exploding


def show(reaches: Any, clips: Any, where: str) -> None:
    """Print the norms, a sparkline of their logarithms, and a sentence for each network."""
    first = next(iter(reaches.values()))
    shown = [k for k in SHOWN if k in first.back]
    wide = max(len(name) for name in reaches) + 7
    click.echo(f"norm of the gradient of a loss {where}, by steps back")
    click.echo(f"{'':{wide}}" + "".join(f"{k:>10}" for k in shown))
    for name, reach in reaches.items():
        for state, norms in reach.norms.items():
            cells = "".join(f"{norms[reach.back.index(k)]:10.2g}" for k in shown)
            click.echo(f"{name + ', dL/d' + state:{wide}}{cells}  {_curve(norms)}")
    click.echo("")
    for name, reach in reaches.items():
        click.echo(f"{name}: {verdict(reach)}")
        clip = clips.get(name)
        if clip:
            click.echo(
                f"{'':{len(name)}}  clipped in {clip.share:.1%} of the updates; mean norm at most "
                f"{clip.highest:.2g}, limit {clip.limit:g}"
            )


def verdict(reach: Any) -> str:
    """Whether it vanishes or explodes, and how soon."""
    change = reach.factor - 1.0
    pace = f"×{reach.factor:.3f} a step on average"
    if change > STEADY:
        return f"explodes, {pace}"
    half, hundredth = reach.below(0.5), reach.below(0.01)
    if hundredth is not None:
        return f"vanishes, {pace}: below a hundredth {hundredth} steps back"
    if half is not None:
        return f"fades, {pace}: below half {half} steps back"
    return f"lasts, {pace}"


def _curve(norms: Any) -> str:
    import numpy as np

    from charlstm.output.terminal import sparkline

    with np.errstate(divide="ignore"):
        logs = np.log10(np.asarray(norms, np.float64))
    return sparkline([float(value) for value in logs])
