"""A cell's plain form on NumPy arrays: one step of one layer, gate by gate as the notes write it.

It is slow and simple on purpose. What the fast form does must come to the same numbers.
"""

from collections.abc import Mapping

import numpy as np

from charlstm.nn.blocks import rows_of
from charlstm.nn.cells.base import Array, Cell, Notes


class Arrays(Notes):
    """The notes' operators for one step of a layer, the batch in the columns.

    `params` are the layer's own, by the names its cell uses. `x` is one-hot columns (V+1, B) where
    the layer reads characters through a table `E`, else the columns (D, B) of the layer below.
    """

    def __init__(self, cell: Cell, params: Mapping[str, Array], x: Array) -> None:
        self._cell, self._params, self._x = cell, params, x
        self._W_x = params["E"].T if "E" in params else params["W_x"]
        self._hidden_size = params["b"].shape[0] // len(cell.gates)

    def gate(self, name: str, h: Array) -> Array:
        """W_name·[h, x] + b_name (H, B), W being the first declared product that has the gate."""
        product = next(p for p in self._cell.products if name in p.gates)
        return self.product(product.name, name, h) + self.input(name)

    def input(self, name: str) -> Array:
        """W_name·x + b_name (H, B)."""
        rows = rows_of(self._cell.inputs, name, self._hidden_size)
        return np.asarray(self._W_x[rows] @ self._x + self.bias(name))

    def product(self, weight: str, gate: str, operand: Array) -> Array:
        """The gate's rows of a weight times `operand` (H, B); elementwise where it is diagonal."""
        product = next(p for p in self._cell.products if p.name == weight)
        rows = self._params[weight][rows_of(product.gates, gate, self._hidden_size)]
        return np.asarray(rows * operand if product.diagonal else rows @ operand)

    def bias(self, gate: str) -> Array:
        """b_gate (H, 1)."""
        return self._params["b"][rows_of(self._cell.gates, gate, self._hidden_size)]

    def sigmoid(self, a: Array) -> Array:
        """σ(a) = 1 / (1 + e^-a), from the side that cannot overflow."""
        small = np.exp(-np.abs(a))
        return np.where(a >= 0, 1.0, small) / (1.0 + small)

    def tanh(self, a: Array) -> Array:
        """The hyperbolic tangent of a."""
        return np.asarray(np.tanh(a))
