"""A cell's declared product bound to its weight: the step's product and its transpose."""

import numpy as np

from charlstm.cells.base import Array, Product
from charlstm.cells.blocks import Blocks


class Weight:
    """`weight` (rows, H), or (rows, 1) for a diagonal, as a cell's equations use it (base.Ready).

    `scale` (rows, 1) is folded into a copy of it that `refresh` makes anew after each update.
    """

    def __init__(self, product: Product, weight: Array, scale: Array, batch: int) -> None:
        self.product = product
        self.weight = weight
        self._scale = scale
        self._scaled = np.empty_like(weight)
        self._scratch = np.empty((weight.shape[0], batch), weight.dtype)
        if not product.diagonal:
            self._forward = Blocks(self._scaled, batch, 1)
            self._back = Blocks(weight.T, batch, len(product.gates))

    def refresh(self) -> None:
        """Take over the changed weight."""
        np.multiply(self.weight, self._scale, out=self._scaled)

    def add(self, operand: Array, out: Array) -> None:
        """Add scale · weight · operand (H, B) to `out` (rows, B)."""
        if self.product.diagonal:
            gates = len(self.product.gates)
            weights = self._scaled.reshape(gates, -1, 1)
            stacked = self._scratch.reshape(gates, -1, self._scratch.shape[1])
            np.multiply(weights, operand, out=stacked)
        else:
            self._forward.multiply(operand, self._scratch)
        np.add(out, self._scratch, out=out)

    def back(self, da: Array, out: Array) -> None:
        """Write weightᵀ · da (rows, B), the operand's gradient, to `out` (H, B)."""
        if self.product.diagonal:
            np.multiply(self.weight, da, out=self._scratch)
            gates = len(self.product.gates)
            np.sum(self._scratch.reshape(gates, -1, da.shape[1]), axis=0, out=out)
        else:
            self._back.multiply(da, out)
