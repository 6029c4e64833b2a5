"""A cell's declared products bound to their weights: each step's product and its transpose.

g gates' blocks are (g, B, H), a single one's (B, H).
"""

import numpy as np

from charlstm.nn.blocked_gemm import Strips, padded
from charlstm.nn.cells.base import Array, Product


class Weight:
    """`weight` with `scale` (g·H, 1) folded into a copy that `refresh` makes anew.

    `rows` (B, g·H), if it goes back at all, is where dL/da of its gates is wanted as rows.
    """

    def __init__(
        self, product: Product, weight: Array, scale: Array, batch: int, rows: Array | None
    ) -> None:
        self.product, self.weight, self._scale, self._rows = product, weight, scale, rows
        self._scaled = padded(len(weight), weight.shape[1], weight.dtype)
        gates = len(product.gates)
        blocks = (gates, batch, len(weight) // gates)
        self._scratch = np.empty(blocks if gates > 1 else blocks[1:], weight.dtype)

    def refresh(self) -> None:
        """Take over the changed weight."""
        np.multiply(self.weight, self._scale, out=self._scaled)


class Full(Weight):
    """A matrix (g·H, H)."""

    def __init__(
        self, product: Product, weight: Array, scale: Array, batch: int, rows: Array | None
    ) -> None:
        super().__init__(product, weight, scale, batch, rows)
        gates = len(product.gates)
        self._forward = Strips(self._scaled.T, batch, gates if gates > 1 else None)
        self._shaped = self._forward.shaped(self._scratch)
        if rows is not None:
            self._transpose = Strips(weight, batch)
            stack = rows.reshape(batch, gates, -1).swapaxes(0, 1)
            self._blocks = stack if gates > 1 else rows

    def refresh(self) -> None:
        """Take over the changed weight."""
        super().refresh()
        self._forward.refresh()
        if self._rows is not None:
            self._transpose.refresh()

    def add(self, operand: Array, out: Array) -> None:
        """Add scale · weight · operand (B, H) to the blocks `out`."""
        self._forward.multiply(operand, self._shaped)
        np.add(out, self._scratch, out=out)

    def back(self, da: Array, out: Array) -> None:
        """Lay the blocks `da` out as rows, and write weightᵀ · da to `out` (B, H)."""
        assert self._rows is not None
        np.copyto(self._blocks, da)
        self._transpose.multiply(self._rows, self._transpose.shaped(out))


class Diagonal(Weight):
    """A vector (H, 1) for each gate, multiplied elementwise; it leaves the rows to others."""

    def add(self, operand: Array, out: Array) -> None:
        """Add scale · weight ⊙ operand (B, H) to the blocks `out`."""
        np.multiply(self._vectors(self._scaled), operand, out=self._scratch)
        np.add(out, self._scratch, out=out)

    def back(self, da: Array, out: Array) -> None:
        """Write weight ⊙ da, summed over the gates, to `out` (B, H)."""
        np.multiply(self._vectors(self.weight), da, out=self._scratch)
        np.sum(self._scratch.reshape(-1, *out.shape), axis=0, out=out)

    def _vectors(self, weight: Array) -> Array:
        *gates, _, H = self._scratch.shape
        return weight.reshape(*gates, 1, H)
