"""The use of gates as a table of units, JSON, a scatter, and lines for a terminal."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from charlstm.nn import Array
from charlstm.nn.units import unit_name
from charlstm.output.figure import COLOURS, drawing
from charlstm.output.result import Result
from charlstm.studies.inspect.character_classes import CLASSES
from charlstm.studies.inspect.gates import Gates
from charlstm.studies.inspect.kept import STEPS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD = ("layer", "gate", "unit", "right", "left", "mean", "stretch", *CLASSES)
CLAIM = "in most of the cases it is either 0 or 1"


@dataclass(frozen=True, repr=False)
class GatesReport(Result):
    """The gates of the model `run` over a text, with the `listed` units that remember longest.

    `unit` is what the model reads at a step, "character" or "byte". `before` are the gates of the
    same network before training.
    """

    gates: Gates
    run: str
    listed: int = 8
    unit: str = "character"
    before: Gates | None = None

    def to_table(self) -> tuple[tuple[str, ...], list[list[Any]]]:
        """One row for each unit of each gate."""
        return HEAD, [
            [
                use.layer,
                use.gate,
                unit,
                use.right[unit],
                use.left[unit],
                use.mean[unit],
                use.stretch[unit],
                *use.by_class[:, unit],
            ]
            for use in self.gates.uses
            for unit in range(use.right.size)
        ]

    def to_mapping(self) -> dict[str, Any]:
        """Shares from 0 to 1, by layer and gate, with each unit's as lists."""
        return {
            "characters": self.gates.characters,
            "saturated": self.gates.saturated,
            "gates": [
                {
                    "layer": use.layer,
                    "gate": use.gate,
                    "right_saturated": use.right.mean(),
                    "left_saturated": use.left.mean(),
                    "mean": use.mean.mean(),
                    "by_class": dict(zip(CLASSES, use.by_class.mean(axis=1), strict=True)),
                    "units": {
                        "right_saturated": use.right,
                        "left_saturated": use.left,
                        "mean": use.mean,
                        "stretch": use.stretch,
                    },
                }
                for use in self.gates.uses
            ],
            "memory": [
                {"layer": layer, "state": "c", **sizes._asdict()}
                for layer, sizes in enumerate(self.gates.memory)
            ],
            "coupling": [vars(coupling) for coupling in self.gates.couplings],
            "kept": _kept_mapping(self.gates),
            "before_training": self.before
            and {
                "saturated": self.before.saturated,
                "kept": _kept_mapping(self.before),
            },
        }

    def to_figure(self) -> "Figure":
        """A square for each layer and gate, with a point for each unit: open against shut.

        This is the scatter of Karpathy, Johnson & Fei-Fei 2015, figure 2. On the line x + y = 1 a
        gate is always open or shut; at the origin it is always between.

        Raises:
            CharlstmError: if matplotlib is missing.
        """
        uses = self.gates.uses
        layers = 1 + max(use.layer for use in uses)
        names = list(dict.fromkeys(use.gate for use in uses))
        with drawing(2.5 * len(names) + 0.4, 2.6 * layers + 0.5) as figure:
            grid = figure.subplots(layers, len(names), squeeze=False, sharex=True, sharey=True)
            for use in uses:
                axes = grid[use.layer][names.index(use.gate)]
                axes.plot([0, 1], [1, 0], lw=0.8, color="0.5")
                colour = COLOURS[names.index(use.gate) % len(COLOURS)]
                axes.scatter(use.right, use.left, s=14, alpha=0.55, lw=0, color=colour)
                axes.set_title(f"layer {use.layer}, gate {use.gate}", fontsize=9)
                axes.set_aspect("equal")
                axes.set_xlim(-0.03, 1.03)
                axes.set_ylim(-0.03, 1.03)
            title = f"{self.run}: gates over {self.gates.characters:,} {self.unit}s"
            figure.suptitle(title, fontsize=10, x=0.01, ha="left")
            figure.supxlabel("share of time above 0.9", fontsize=9)
            figure.supylabel("share of time below 0.1", fontsize=9)
        return figure

    def lines(self) -> Iterator[str]:
        """Gates, the claim, the sizes of c, what is kept of it, the longest memories, coupling."""
        yield from self._use_lines()
        gates = self.gates
        verdict = "true here" if gates.saturated > 0.5 else "not true here"
        yield ""
        yield (
            f'People say of a gate: "{CLAIM}". {100 * gates.saturated:.1f} % of the gate '
            f"values of {gates.characters:,} {self.unit}s are above 0.9 or below 0.1: {verdict}."
        )
        if gates.memory:
            yield ""
        for layer, sizes in enumerate(gates.memory):
            median, p90, largest = sizes.shown()
            yield f"|c| of layer {layer}: median {median}, 90 % below {p90}, largest {largest}"
        yield ""
        yield from _kept_lines(gates, "")
        if self.before:
            yield from _kept_lines(self.before, ", before training")
        memories = gates.longest_memories[: self.listed]
        if memories:
            yield ""
            yield "longest retention     open   mean   stays open for"
        for use, unit in memories:
            yield (
                f"  {use.gate} of {use.layer}:{unit:<10} {use.right[unit]:7.1%}"
                f" {use.mean[unit]:6.3f}   {use.stretch[unit]:,.1f} {self.unit}s"
            )
        for coupling in gates.couplings:
            yield ""
            yield (
                f"i against 1 - f, layer {coupling.layer}: {coupling.distance:.3f} apart on "
                f"average, {coupling.within:.1%} within 0.1, correlation "
                f"{coupling.correlation:.2f} (the coupled cell has i = 1 - f)"
            )

    def _use_lines(self) -> Iterator[str]:
        uses = self.gates.uses
        occurring = [k for k in range(len(CLASSES)) if np.isfinite(uses[0].by_class[k]).all()]
        yield f"{'':31}mean after …"
        names = "".join(f"{CLASSES[k]:>12}" for k in occurring)
        yield f"gate    open   shut  either{names}"
        for use in uses:
            right, left = use.right.mean(), use.left.mean()
            means = "".join(f"{use.by_class[k].mean():12.3f}" for k in occurring)
            place = f"{use.gate} of {use.layer}"
            yield f"{place:6} {right:6.1%} {left:6.1%} {right + left:6.1%} {means}"


def _kept_mapping(gates: Gates) -> list[dict[str, Any]]:
    return [
        {
            "layer": kept.layer,
            "gate": kept.gate,
            "steps": STEPS,
            "shares": kept.means,
            "units": kept.shares,
        }
        for kept in gates.kept
    ]


def _kept_lines(gates: Gates, when: str) -> Iterator[str]:
    """How much of the memory is left after some steps, on average and in one unit."""
    for kept in gates.kept:
        memory = "c" if gates.memory else "h"
        yield (
            f"{kept.gate} of layer {kept.layer}{when}: a step keeps {_percent(kept.means[0])} of "
            f"{memory} on average; {_left(kept.means)}"
        )
        unit = kept.longest
        yield f"  most in unit {unit_name((kept.layer, unit))}: {_left(kept.shares[:, unit])}"


def _left(shares: Array) -> str:
    some, many = map(_percent, shares[1:])
    return f"{some} is left after {STEPS[1]} steps, {many} after {STEPS[2]}"


def _percent(share: float) -> str:
    if math.isnan(share):
        return "? (too short a text)"
    if share < 1e-4:
        return "less than 0.01 %"
    return f"{100 * share:.2g} %" if share < 0.01 else f"{share:.1%}".replace("%", " %")
