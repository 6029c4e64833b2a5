"""Each unit's gate as a point: how often open against how often shut.

The scatter of Karpathy, Johnson & Fei-Fei 2015, figure 2: on the line x + y = 1 a gate is always
one or the other; at the origin it is always between.
"""

from typing import Any

from charlstm.output.figure import COLOURS, require_matplotlib, style
from charlstm.studies.inspect.gates import Gates


def figure(gates: Gates, title: str) -> Any:
    """A matplotlib figure with a square for each layer and gate.

    Raises:
        CharlstmError: if matplotlib is missing.
    """
    require_matplotlib()
    from matplotlib.figure import Figure  # noqa: PLC0415

    layers = 1 + max(use.layer for use in gates.uses)
    names = list(dict.fromkeys(use.gate for use in gates.uses))
    with style():
        size = (2.5 * len(names) + 0.4, 2.6 * layers + 0.5)
        picture = Figure(figsize=size, layout="constrained")
        grid = picture.subplots(layers, len(names), squeeze=False, sharex=True, sharey=True)
        for use in gates.uses:
            axes = grid[use.layer][names.index(use.gate)]
            axes.plot([0, 1], [1, 0], lw=0.8, color="0.5")
            colour = COLOURS[names.index(use.gate) % len(COLOURS)]
            axes.scatter(use.right, use.left, s=14, alpha=0.55, lw=0, color=colour)
            axes.set_title(f"layer {use.layer}, gate {use.gate}", fontsize=9)
            axes.set_aspect("equal")
            axes.set_xlim(-0.03, 1.03)
            axes.set_ylim(-0.03, 1.03)
        picture.suptitle(title, fontsize=10, x=0.01, ha="left")
        picture.supxlabel("share of time above 0.9", fontsize=9)
        picture.supylabel("share of time below 0.1", fontsize=9)
    return picture
