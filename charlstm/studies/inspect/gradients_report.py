"""Gradients by steps back as a table, JSON, curves, and lines with a verdict for each network."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from charlstm.output.figure import COLOURS, drawing
from charlstm.output.result import Result
from charlstm.output.terminal import sparkline
from charlstm.studies.inspect.gradients import Clipping, Reach

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD = ("network", "gain", "state", "steps_back", "norm")
DASHES = ("-", "--", ":")
SHOWN = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)  # steps back in a terminal
STEADY = 0.02  # a change a step that is neither vanishing nor exploding
DRAWN = 1e-12, 1e12  # a curve that vanishes or explodes further leaves the picture


@dataclass(frozen=True, repr=False)
class GradientsReport(Result):
    """The reach of several networks, by name and gain, and the clipping of the trained ones.

    A gain of 1 is the network as it is; otherwise its weights on h were multiplied by it. `place`
    says in words where the losses were taken, and `steps` what a step reads.
    """

    reaches: Mapping[tuple[str, float], Reach]
    clippings: Mapping[str, Clipping | None]
    place: str
    steps: str = "characters"

    def to_table(self) -> tuple[tuple[str, ...], list[list[Any]]]:
        """One row for each network, gain, state and number of steps."""
        return HEAD, [
            [name, gain, state, k, norm]
            for (name, gain), reach in self.reaches.items()
            for state, norms in reach.norms.items()
            for k, norm in zip(reach.back, norms, strict=True)
        ]

    def to_mapping(self) -> dict[str, Any]:
        """Norms by network and state; `factor` is the mean change of the gradient at each step."""
        return {
            "networks": [
                {
                    "name": name,
                    "gain": gain,
                    "steps_back": reach.back,
                    "norms": reach.norms,
                    "factor": reach.factor,
                    "below_half": reach.below(0.5),
                    "below_hundredth": reach.below(0.01),
                    "above_hundredfold": reach.above(100.0),
                    "clipping": vars(clip) if (clip := self._clipping(name, gain)) else None,
                }
                for (name, gain), reach in self.reaches.items()
            ]
        }

    def to_figure(self) -> "Figure":
        """A panel for each gain with a colour for each network, solid for h and dashed for c.

        Raises:
            CharlstmError: if matplotlib is missing.
        """
        gains = sorted({gain for _, gain in self.reaches})
        names = list(dict.fromkeys(name for name, _ in self.reaches))
        with drawing(7.0 if len(gains) == 1 else 1.5 + 3.75 * len(gains), 4.2) as figure:
            row = figure.subplots(1, len(gains), squeeze=False, sharey=True)[0]
            for (name, gain), reach in self.reaches.items():
                axes = row[gains.index(gain)]
                for dash, (state, norms) in zip(DASHES, reach.norms.items(), strict=False):
                    axes.plot(
                        reach.back,
                        np.where(np.isfinite(norms) & (norms > 0), norms, np.nan),
                        dash,
                        color=COLOURS[names.index(name) % len(COLOURS)],
                        lw=1.5,
                        label=f"{name}, dL/d{state}",
                    )
            for axes, gain in zip(row, gains, strict=True):
                axes.set_xlabel(f"steps before the loss, {self.steps}")
                axes.set_title(_weights(gain) if len(gains) > 1 else "", fontsize=9)
            first = row[0]
            first.set_yscale("log")
            low, high = first.get_ylim()
            first.set_ylim(max(low, DRAWN[0]), min(high, DRAWN[1]))
            first.yaxis.set_major_formatter(lambda value, _: f"{value:.0e}")
            first.set_ylabel("norm of the gradient")
            title = f"Gradient of a loss {self.place}"
            if len(gains) > 1:
                figure.suptitle(title, fontsize=10, x=0.01, ha="left")
                handles, labels = first.get_legend_handles_labels()
                figure.legend(handles, labels, fontsize=8, loc="outside right center")
            else:
                first.set_title(title, fontsize=10, loc="left")
                first.legend(fontsize=8)
        return figure

    def lines(self) -> Iterator[str]:
        """The norms, a sparkline of their logarithms, and a sentence for each network."""
        first = next(iter(self.reaches.values()))
        shown = [k for k in SHOWN if k in first.back]
        wide = max(len(_label(*key)) for key in self.reaches) + 7
        yield f"norm of the gradient of a loss {self.place}, by steps back"
        yield f"{'':{wide}}" + "".join(f"{k:>10}" for k in shown)
        for key, reach in self.reaches.items():
            for state, norms in reach.norms.items():
                numbers = "".join(f"{norms[reach.back.index(k)]:10.2g}" for k in shown)
                with np.errstate(divide="ignore"):
                    curve = sparkline(np.log10(norms).tolist())
                yield f"{_label(*key) + ', dL/d' + state:{wide}}{numbers}  {curve}"
        yield ""
        for key, reach in self.reaches.items():
            label, clip = _label(*key), self._clipping(*key)
            yield f"{label}: {verdict(reach)}"
            if clip:
                most = f"mean norm at most {clip.highest:.2g}"
                share = f"clipped in {clip.share:.1%} of the updates; {most}, limit {clip.limit:g}"
                yield f"{'':{len(label)}}  {share if clip.limit else f'never clipped; {most}'}"

    def _clipping(self, name: str, gain: float) -> Clipping | None:
        """The clipping of a run, which belongs to its network as it is."""
        return self.clippings.get(name) if gain == 1.0 else None


def _label(name: str, gain: float) -> str:
    return name if gain == 1.0 else f"{name}, W × {gain:g}"


def _weights(gain: float) -> str:
    return "as they are" if gain == 1.0 else f"with the weights on h × {gain:g}"


def joined(reports: Sequence[GradientsReport], steps: str) -> GradientsReport:
    """One report on the networks of several."""
    return GradientsReport(
        {key: reach for report in reports for key, reach in report.reaches.items()},
        {name: clip for report in reports for name, clip in report.clippings.items()},
        reports[-1].place,
        steps,
    )


def verdict(reach: Reach) -> str:
    """Whether the gradient vanishes or explodes, and how soon."""
    change = reach.factor - 1.0
    pace = f"×{reach.factor:.3f} a step on average"
    if change > STEADY:
        hundredfold = reach.above(100.0)
        when = "" if hundredfold is None else f": a hundredfold {hundredfold} steps back"
        return f"explodes, {pace}{when}"
    half, hundredth = reach.below(0.5), reach.below(0.01)
    if hundredth is not None:
        return f"vanishes, {pace}: below a hundredth {hundredth} steps back"
    if half is not None:
        return f"fades, {pace}: below half {half} steps back"
    return f"lasts, {pace}"
