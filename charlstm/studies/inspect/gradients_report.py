"""Gradients by steps back as a table, JSON, curves, and lines with a verdict for each network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from charlstm.output.figure import COLOURS, drawing
from charlstm.output.result import Result
from charlstm.output.terminal import sparkline
from charlstm.studies.inspect.gradients import Clipping, Reach

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD = ("network", "state", "steps_back", "norm")
DASHES = ("-", "--", ":")
SHOWN = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)  # steps back in a terminal
STEADY = 0.02  # a change a step that is neither vanishing nor exploding


@dataclass(frozen=True, repr=False)
class GradientsReport(Result):
    """The reach of several networks, and the clipping of the trained ones, both by name.

    `place` says in words where the losses were taken, and `steps` what a step reads.
    """

    reaches: Mapping[str, Reach]
    clippings: Mapping[str, Clipping | None]
    place: str
    steps: str = "characters"

    def to_table(self) -> tuple[tuple[str, ...], list[list[Any]]]:
        """One row for each network, state and number of steps."""
        return HEAD, [
            [name, state, k, norm]
            for name, reach in self.reaches.items()
            for state, norms in reach.norms.items()
            for k, norm in zip(reach.back, norms, strict=True)
        ]

    def to_mapping(self) -> dict[str, Any]:
        """Norms by network and state; `factor` is the mean change of the gradient at each step."""
        return {
            "networks": [
                {
                    "name": name,
                    "steps_back": reach.back,
                    "norms": reach.norms,
                    "factor": reach.factor,
                    "below_half": reach.below(0.5),
                    "below_hundredth": reach.below(0.01),
                    "clipping": vars(clip) if (clip := self.clippings.get(name)) else None,
                }
                for name, reach in self.reaches.items()
            ]
        }

    def to_figure(self) -> "Figure":
        """Curves on a logarithmic scale, solid for h and dashed for c.

        Raises:
            CharlstmError: if matplotlib is missing.
        """
        with drawing(7.0, 4.2) as figure:
            axes = figure.add_subplot()
            for n, (name, reach) in enumerate(self.reaches.items()):
                for dash, (state, norms) in zip(DASHES, reach.norms.items(), strict=False):
                    axes.plot(
                        reach.back,
                        np.where(np.isfinite(norms) & (norms > 0), norms, np.nan),
                        dash,
                        color=COLOURS[n % len(COLOURS)],
                        lw=1.5,
                        label=f"{name}, dL/d{state}",
                    )
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0e}")
            axes.set_xlabel(f"steps before the loss, {self.steps}")
            axes.set_ylabel("norm of the gradient")
            axes.legend(fontsize=8)
            axes.set_title(f"Gradient of a loss {self.place}", fontsize=10, loc="left")
        return figure

    def lines(self) -> Iterator[str]:
        """The norms, a sparkline of their logarithms, and a sentence for each network."""
        first = next(iter(self.reaches.values()))
        shown = [k for k in SHOWN if k in first.back]
        wide = max(len(name) for name in self.reaches) + 7
        yield f"norm of the gradient of a loss {self.place}, by steps back"
        yield f"{'':{wide}}" + "".join(f"{k:>10}" for k in shown)
        for name, reach in self.reaches.items():
            for state, norms in reach.norms.items():
                numbers = "".join(f"{norms[reach.back.index(k)]:10.2g}" for k in shown)
                with np.errstate(divide="ignore"):
                    curve = sparkline(np.log10(norms).tolist())
                yield f"{name + ', dL/d' + state:{wide}}{numbers}  {curve}"
        yield ""
        for name, reach in self.reaches.items():
            yield f"{name}: {verdict(reach)}"
            clip = self.clippings.get(name)
            if clip:
                yield (
                    f"{'':{len(name)}}  clipped in {clip.share:.1%} of the updates; mean norm at "
                    f"most {clip.highest:.2g}, limit {clip.limit:g}"
                )


def verdict(reach: Reach) -> str:
    """Whether the gradient vanishes or explodes, and how soon."""
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
