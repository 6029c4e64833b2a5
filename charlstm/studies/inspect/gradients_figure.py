"""Gradients by steps back: one curve for each network, solid for h and dashed for c."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from charlstm.output.figure import COLOURS, require_matplotlib, style
from charlstm.studies.inspect.gradients import Reach

DASHES = ("-", "--", ":")


def figure(reaches: Mapping[str, Reach], title: str) -> Any:
    """A matplotlib figure with a logarithmic scale.

    Raises:
        CharlstmError: if matplotlib is missing.
    """
    require_matplotlib()
    from matplotlib.figure import Figure  # noqa: PLC0415

    with style():
        picture = Figure(figsize=(7.0, 4.2), layout="constrained")
        axes = picture.add_subplot()
        for n, (name, reach) in enumerate(reaches.items()):
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
        axes.set_xlabel("steps before the loss, characters")
        axes.set_ylabel("norm of the gradient")
        axes.legend(fontsize=8)
        axes.set_title(title, fontsize=10, loc="left")
    return picture
