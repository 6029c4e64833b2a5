"""A cell's declared products bound to their weights: each step's product and its transpose.

g gates' blocks are (g, B, H), a single one's (B, H).
"""

import numpy as np

from charlstm.cells.base import Array, Product, Ready
from charlstm.cells.blocks import stacked
from charlstm.cells.strips import Strips, padded


class Weight:
    """`weight` with `scale` (g·H, 1) folded into a copy that `refresh` makes anew."""

    def __init__(self, product: Product, weight: Array, scale: Array, batch: int) -> None:
        self.product, self.weight = product, weight
        self._scale, self._scaled = scale, np.empty_like(weight)
        gates = len(product.gates)
        blocks = (gates, batch, len(weight) // gates)
        self._scratch = np.empty(blocks if gates > 1 else blocks[1:], weight.dtype)

    def refresh(self) -> None:
        """Take over the changed weight."""
        np.multiply(self.weight, self._scale, out=self._scaled)


class Full(Weight):
    """A matrix (g·H, H). Its transpose needs a place for dL/da: see `at`."""

    def __init__(self, product: Product, weight: Array, scale: Array, batch: int) -> None:
        super().__init__(product, weight, scale, batch)
        self._scaled = padded(len(weight), weight.shape[1], weight.dtype)
        gates = len(product.gates)
        self._forward = Strips(self._scaled.T, batch, gates if gates > 1 else None)
        self._cut = self._forward.cut(self._scratch)
        self.transpose: Strips | None = None

    def refresh(self) -> None:
        """Take over the changed weight."""
        super().refresh()
        self._forward.refresh()
        if self.transpose:
            self.transpose.refresh()

    def add(self, operand: Array, out: Array) -> None:
        """Add scale · weight · operand (B, H) to the blocks `out`."""
        self._forward.multiply(operand, self._cut)
        np.add(out, self._scratch, out=out)

    def at(self, rows: Array) -> Ready:
        """The product at a step whose dL/da is to be kept in `rows` (B, g·H)."""
        self.transpose = self.transpose or Strips(self.weight, len(rows))
        return AtStep(self, self.transpose, rows)


class AtStep:
    """A matrix at one step."""

    def __init__(self, weight: Full, transpose: Strips, rows: Array) -> None:
        self.add = weight.add
        self._transpose, self._rows = transpose, rows
        self._blocks = stacked(rows, len(weight.product.gates))

    def back(self, da: Array, out: Array) -> None:
        """Keep the blocks `da`, and write weightᵀ · da to `out` (B, H)."""
        np.copyto(self._blocks, da)
        self._transpose.multiply(self._rows, self._transpose.cut(out))


class Diagonal(Weight):
    """A vector (H, 1) for each gate, multiplied elementwise."""

    def add(self, operand: Array, out: Array) -> None:
        """Add scale · weight ⊙ operand (B, H) to the blocks `out`."""
        np.multiply(self._vectors(self._scaled), operand, out=self._scratch)
        np.add(out, self._scratch, out=out)

    def back(self, da: Array, out: Array) -> None:
        """Write weight ⊙ da, summed over the gates, to `out` (B, H)."""
        np.multiply(self._vectors(self.weight), da, out=self._scratch)
        np.sum(self._scratch.reshape(-1, *out.shape), axis=0, out=out)

    def at(self, rows: Array) -> Ready:
        """Itself: it keeps nothing."""
        del rows
        return self

    def _vectors(self, weight: Array) -> Array:
        *gates, _, H = self._scratch.shape
        return weight.reshape(*gates, 1, H)
