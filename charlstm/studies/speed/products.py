"""The matrix products of one update and nothing else: plain ones, and those an update makes.

Their operands stream through buffers of the step's shapes, and the readout's products are among
them. The rows of characters are gathered, so the input has no product.
"""

import numpy as np

from charlstm.nn import Array
from charlstm.nn.blocked_gemm import BlockedMatrix, padded
from charlstm.nn.network import READOUT_BLOCK
from charlstm.nn.parameters import Parameters


class Products:
    """The matrix products of one update of a model on windows (T, B), each one plain np.matmul.

    For a weight (R, H): its product with every step's operand (H, B), its transpose's with every
    step's gradient (R, B), and one product of all T·B columns for its own gradient; the readout
    and the weights between layers meet all columns at once each time.
    """

    def __init__(self, parameters: Parameters, length: int, batch: int) -> None:
        H, dtype = parameters.architecture.hidden_size, parameters.flat.dtype
        self._length, count = length, length * batch
        rng = np.random.default_rng(1)
        rows = len(parameters.cell.gates) * H
        self._a: Array = np.empty((length, rows, batch), dtype)
        tape = rng.normal(size=(length + 1, len(parameters.cell.tape) * H, batch)).astype(dtype)
        self._h = tape[:, :H]
        self._da = rng.normal(size=(rows, batch)).astype(dtype)
        self._dh = np.empty((H, batch), dtype)
        self._x, self._dx = padded(H, count, dtype), padded(H, count, dtype)
        self._dA, self._ax = padded(rows, count, dtype), padded(rows, count, dtype)
        self._x[...] = rng.normal(size=(H, count))
        self._dA[...] = rng.normal(size=(rows, count))
        V = parameters.vocabulary_size
        block = min(count, max(1, READOUT_BLOCK // V))
        self._logits = rng.normal(size=(V, block)).astype(dtype)
        self._blocks = [slice(k, min(k + block, count)) for k in range(0, count, block)]
        self._W_y, self._dW_y = parameters.by_name["W_y"], np.empty((V, H), dtype)
        kinds = {name: name.rpartition(".")[2] for name in parameters.by_name}
        full = {product.name for product in parameters.cell.products if not product.diagonal}
        self._between = [parameters.by_name[name] for name, kind in kinds.items() if kind == "W_x"]
        self._recurrent = [parameters.by_name[name] for name, kind in kinds.items() if kind in full]
        self._grads = {id(W): np.empty_like(W) for W in (*self._between, *self._recurrent)}
        weights = (*self._between, *self._recurrent, self._W_y)
        self.flop = 6 * count * sum(W.size for W in weights)  # 2 for each of three products

    def run(self) -> None:
        """Do them once."""
        for W in self._between:
            self._below(W)
        for W in self._recurrent:
            for t in range(self._length):
                self._forward(W, t)
        for block in self._blocks:
            logits = self._logits[:, : block.stop - block.start]
            np.matmul(self._W_y, self._x[:, block], out=logits)
            np.matmul(logits, self._x[:, block].T, out=self._dW_y)
            np.matmul(self._W_y.T, logits, out=self._dx[:, block])
        for W in self._recurrent:
            for _ in range(self._length):
                self._back(W)
            np.matmul(self._dA[: len(W)], self._x.T, out=self._grads[id(W)])
        for W in self._between:
            np.matmul(self._dA[: len(W)], self._x.T, out=self._grads[id(W)])
            np.matmul(W.T, self._dA[: len(W)], out=self._dx)

    def _below(self, W: Array) -> None:
        np.matmul(W, self._x, out=self._ax[: len(W)])

    def _forward(self, W: Array, t: int) -> None:
        np.matmul(W, self._h[t], out=self._a[t, : len(W)])

    def _back(self, W: Array) -> None:
        np.matmul(W.T, self._da[: len(W)], out=self._dh)


class OwnProducts(Products):
    """The same with a step's products, and those of layers above, in strips, as an update has."""

    def __init__(self, parameters: Parameters, length: int, batch: int) -> None:
        super().__init__(parameters, length, batch)
        H = parameters.architecture.hidden_size
        self._a = self._a.reshape(length, -1, batch, H)
        self._h = np.ascontiguousarray(self._h.swapaxes(1, 2))
        self._da = self._da.reshape(batch, -1)
        self._dh = self._dh.reshape(batch, H)
        self._strips = {
            id(W): (BlockedMatrix(W.T, batch, len(W) // H), BlockedMatrix(W, batch))
            for W in (*self._between, *self._recurrent)
        }
        for both in self._strips.values():
            for strips in both:
                strips.refresh()

    def _below(self, W: Array) -> None:
        for t in range(self._length):
            self._forward(W, t)

    def _forward(self, W: Array, t: int) -> None:
        strips, _ = self._strips[id(W)]
        strips.multiply(self._h[t], strips.shaped(self._a[t, : len(W) // self._h.shape[2]]))

    def _back(self, W: Array) -> None:
        _, strips = self._strips[id(W)]
        strips.multiply(self._da[:, : len(W)], strips.shaped(self._dh))
