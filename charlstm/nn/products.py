"""A cell's products with their weights: weight · operand and weightᵀ · da at each step.

Pre-activations come as blocks: (g, B, H) for g gates, (B, H) for a single one.
"""

import numpy as np

from charlstm.nn import Array, aligned
from charlstm.nn.blocked_gemm import BlockedMatrix, padded
from charlstm.nn.blocks import Product
from charlstm.nn.layout import Layout


class WeightedProduct:
    """A declared product with its weight, and a copy of the weight times `scale` (g·H, 1).

    Call `refresh` after the weight changes.
    """

    def __init__(
        self, product: Product, weight: Array, scale: Array, batch: int, *, backward: bool
    ) -> None:
        self.product, self.weight, self._scale, self._backward = product, weight, scale, backward
        self._scaled = padded(len(weight), weight.shape[1], weight.dtype)
        gates = len(product.gates)
        blocks = (gates, batch, len(weight) // gates)
        self._scratch = aligned.empty(blocks if gates > 1 else blocks[1:], weight.dtype)

    def refresh(self) -> None:
        """Read the changed weight."""
        np.multiply(self.weight, self._scale, out=self._scaled)


class FullProduct(WeightedProduct):
    """A product with a matrix (g·H, H).

    `scale` has one number for each gate. Where the products have panels, those alone are scaled.
    """

    def __init__(
        self, product: Product, weight: Array, scale: Array, batch: int, *, backward: bool
    ) -> None:
        super().__init__(product, weight, scale, batch, backward=backward)
        gates = len(product.gates)
        self._matrix = BlockedMatrix(self._scaled.T, batch, gates if gates > 1 else None)
        self._shaped = self._matrix.shaped(self._scratch)
        self._transposed = BlockedMatrix(weight, batch, operands=gates) if backward else None
        height = len(weight) // gates
        self._layout = Layout(weight, scale, height, self._matrix, self._transposed)
        self._out = self._shaped_out = np.empty((0, 0), weight.dtype)

    def refresh(self) -> None:
        """Read the changed weight."""
        self._layout.refresh()

    def multiply_accumulate(self, operand: Array, out: Array) -> None:
        """Add scale · weight · operand (B, H) to the blocks `out`."""
        self._matrix.multiply(operand, self._shaped)
        np.add(out, self._scratch, out=out)

    def transpose_product(self, da: Array, out: Array) -> None:
        """Write weightᵀ · da, of the blocks `da`, to `out` (B, H)."""
        assert self._transposed
        if out is not self._out:  # it is the same at every step
            self._out, self._shaped_out = out, self._transposed.shaped(out)
        self._transposed.multiply(da, self._shaped_out)


class DiagonalProduct(WeightedProduct):
    """An elementwise product with a vector (H, 1) for each gate."""

    def multiply_accumulate(self, operand: Array, out: Array) -> None:
        """Add scale · weight ⊙ operand (B, H) to the blocks `out`."""
        np.multiply(self._vectors(self._scaled), operand, out=self._scratch)
        np.add(out, self._scratch, out=out)

    def transpose_product(self, da: Array, out: Array) -> None:
        """Write weight ⊙ da, summed over the gates, to `out` (B, H)."""
        np.multiply(self._vectors(self.weight), da, out=self._scratch)
        np.sum(self._scratch.reshape(-1, *out.shape), axis=0, out=out)

    def _vectors(self, weight: Array) -> Array:
        *gates, _, H = self._scratch.shape
        return weight.reshape(*gates, 1, H)
