"""Learning curves as a picture: the losses of all runs, and below them rate and gradient norm."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from charlstm.output.figure import COLOURS, require_matplotlib, style
from charlstm.studies.curves import Curves


def figure(found: Sequence[Curves]) -> Any:
    """A matplotlib figure over the characters read.

    Raises:
        CharlstmError: if matplotlib is missing.
    """
    require_matplotlib()
    from matplotlib.figure import Figure  # noqa: PLC0415

    with style():
        picture = Figure(figsize=(7.0, 6.0), layout="constrained")
        losses, rate, norm = picture.subplots(3, 1, sharex=True, height_ratios=(3, 1, 1))
        for n, run in enumerate(found):
            colour, at = COLOURS[n % len(COLOURS)], run.columns["characters"] / 1e6
            losses.plot(at, run.columns["val_nats"], color=colour, lw=1.8, label=run.name)
            losses.plot(at, run.columns["train_nats"], ":", color=colour, lw=1.4)
            rate.plot(at, run.columns["lr"], color=colour, lw=1.2)
            norm.plot(at, run.columns["grad_norm"], color=colour, lw=1.2)
        losses.set_ylim(*_range(found))
        losses.set_ylabel("nats/char")
        losses.set_title("validation (solid) and training (dotted)", fontsize=10, loc="left")
        losses.legend(fontsize=8)
        rate.set_ylabel("learning rate")
        norm.set_ylabel("gradient norm")
        norm.set_xlabel("million characters read")
    return picture


def _range(found: Sequence[Curves]) -> tuple[float, float]:
    """From the lowest to the highest loss but for each first training mean, which is far above."""
    seen = np.concatenate(
        [np.append(run.columns["val_nats"], run.columns["train_nats"][1:]) for run in found]
    )
    known = seen[np.isfinite(seen)]
    if not known.size:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    margin = 0.05 * (high - low) or 0.1
    return low - margin, high + margin
