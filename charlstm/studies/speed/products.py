"""The matrix products of one update and nothing else: plain ones, and blocked as in an update.

The operands have the shapes of a training step and stream through buffers of that size. The
products of the readout count. The input of the first layer has none: rows of characters are copied.
"""

import numpy as np

from charlstm.nn import Array
from charlstm.nn.blocked_gemm import BlockedMatrix, padded
from charlstm.nn.parameters import Parameters
from charlstm.nn.readout import READOUT_BLOCK


class AttentionProducts:
    """The products of attention over a window: three with W_a, six of a column with M outputs.

    All steps of a column look at the same M outputs here. So the products have the size that the
    equations ask for, without what is outside the reach of a step.
    """

    def __init__(self, parameters: Parameters, length: int, batch: int) -> None:
        M, H = parameters.architecture.attention, parameters.architecture.hidden_size
        dtype, rng = parameters.flat.dtype, np.random.default_rng(1)
        self._W = parameters.by_name["attention.W_a"]
        self._h, self._rows, self._dh = rng.normal(size=(3, length * batch, H)).astype(dtype)
        self._m, self._dm = rng.normal(size=(2, batch, M, H)).astype(dtype)
        self._q, self._u = rng.normal(size=(2, batch, length, H)).astype(dtype)
        self._p, self._dW = np.empty((batch, M, length), dtype), np.empty((H, H), dtype)
        self.flop = 2 * length * batch * (3 * H * H + 6 * M * H)

    def run(self) -> None:
        """Do each of them once."""
        np.matmul(self._h, self._W.T, out=self._rows)
        for _ in range(2):  # scores and the mean; back, dk and dq
            np.matmul(self._m, self._q.swapaxes(1, 2), out=self._p)
            np.matmul(self._p.swapaxes(1, 2), self._m, out=self._u)
        for _ in range(2):  # dm, from the mean and from the scores
            np.matmul(self._p, self._q, out=self._dm)
        np.matmul(self._rows.T, self._h, out=self._dW)
        np.matmul(self._rows, self._W, out=self._dh)


class PlainProducts:
    """The matrix products of one update on windows (T, B), each one call of np.matmul.

    A recurrent weight W (R, H) has, at every step, the products W·h with the step's operand (H, B)
    and Wᵀ·da with the step's gradient (R, B), and once the product of all T·B columns for its own
    gradient. The readout and the weights between layers have all T·B columns at once each time.
    """

    def __init__(self, parameters: Parameters, length: int, batch: int) -> None:
        H, V = parameters.architecture.hidden_size, parameters.vocabulary_size
        dtype = parameters.flat.dtype
        self._length, count = length, length * batch
        rng = np.random.default_rng(1)
        rows = len(parameters.cell.gates) * H
        self._a: Array = np.empty((length, rows, batch), dtype)
        tape = rng.normal(size=(length + 1, len(parameters.cell.tape) * H, batch)).astype(dtype)
        self._h = tape[:, :H]
        self._da = rng.normal(size=(rows, batch)).astype(dtype)
        self._dh = np.empty((H, batch), dtype)
        self._x, self._dx = padded(H, count, dtype), padded(H, count, dtype)
        self._dA, self._A = padded(rows, count, dtype), padded(rows, count, dtype)
        self._x[...] = rng.normal(size=(H, count))
        self._dA[...] = rng.normal(size=(rows, count))
        columns = min(count, max(1, READOUT_BLOCK // V))  # of the readout at once
        self._logits = rng.normal(size=(V, columns)).astype(dtype)
        self._readout = [slice(k, min(k + columns, count)) for k in range(0, count, columns)]
        self._W_y, self._dW_y = parameters.by_name["W_y"], np.empty((V, H), dtype)
        full = {product.name for product in parameters.cell.products if not product.diagonal}
        weights = [(name.rpartition(".")[2], W) for name, W in parameters.by_name.items()]
        self._between = [W for name, W in weights if name == "W_x"]
        self._recurrent = [W for name, W in weights if name in full]
        matrices = (*self._between, *self._recurrent)
        self._dW = {id(W): np.empty_like(W) for W in matrices}
        multiply_adds = 3 * count * sum(W.size for W in (*matrices, self._W_y))  # 3 products each
        has = parameters.architecture.attention
        self._attention = [AttentionProducts(parameters, length, batch)] if has else []
        self.flop = 2 * multiply_adds + sum(head.flop for head in self._attention)

    def run(self) -> None:
        """Do each of them once."""
        for head in self._attention:
            head.run()
        for W in self._between:
            self._all_steps(W)
        for W in self._recurrent:
            for t in range(self._length):
                self._step(W, t)
        for block in self._readout:
            logits = self._logits[:, : block.stop - block.start]
            np.matmul(self._W_y, self._x[:, block], out=logits)
            np.matmul(logits, self._x[:, block].T, out=self._dW_y)
            np.matmul(self._W_y.T, logits, out=self._dx[:, block])
        for W in self._recurrent:
            for _ in range(self._length):
                self._step_back(W)
            np.matmul(self._dA[: len(W)], self._x.T, out=self._dW[id(W)])
        for W in self._between:
            np.matmul(self._dA[: len(W)], self._x.T, out=self._dW[id(W)])
            np.matmul(W.T, self._dA[: len(W)], out=self._dx)

    def _all_steps(self, W: Array) -> None:
        np.matmul(W, self._x, out=self._A[: len(W)])

    def _step(self, W: Array, t: int) -> None:
        np.matmul(W, self._h[t], out=self._a[t, : len(W)])

    def _step_back(self, W: Array) -> None:
        np.matmul(W.T, self._da[: len(W)], out=self._dh)


class BlockedProducts(PlainProducts):
    """The same products. Those of a step and of upper layers are blocked, as in an update."""

    def __init__(self, parameters: Parameters, length: int, batch: int) -> None:
        super().__init__(parameters, length, batch)
        H = parameters.architecture.hidden_size
        self._a = self._a.reshape(length, -1, batch, H)
        self._h = np.ascontiguousarray(self._h.swapaxes(1, 2))
        self._da = self._da.reshape(-1, batch, H)
        self._dh = self._dh.reshape(batch, H)
        self._blocked = {
            id(W): (
                BlockedMatrix(W.T, batch, len(W) // H),
                BlockedMatrix(W, batch, operands=len(W) // H),
            )
            for W in (*self._between, *self._recurrent)
        }
        for pair in self._blocked.values():
            for matrix in pair:
                matrix.refresh()

    def _all_steps(self, W: Array) -> None:
        for t in range(self._length):
            self._step(W, t)

    def _step(self, W: Array, t: int) -> None:
        matrix, _ = self._blocked[id(W)]
        matrix.multiply(self._h[t], matrix.shaped(self._a[t, : len(W) // self._h.shape[2]]))

    def _step_back(self, W: Array) -> None:
        _, transpose = self._blocked[id(W)]
        blocks = self._da[: len(W) // self._h.shape[2]]
        transpose.multiply(blocks, transpose.shaped(self._dh))
