"""The input of a layer: characters, with a table of rows, or the outputs of the layer below.

Both give each step b + W_x·x. For a character that is one row of the table. Copying a row costs the
same with any vocabulary.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array, aligned
from charlstm.nn.blocked_gemm import BlockedMatrix, padded
from charlstm.nn.layout import Layout

ROWS = 64  # of a table that are built at a time


class LayerInput(Protocol):
    """The part of a layer that computes b + W_x·x."""

    def refresh(self) -> None:
        """Read the changed parameters."""

    def fill(self, t: int, out: Array) -> None:
        """Write b + W_x·x[t] to the blocks `out` (g, B, H) of the gates that see x."""

    def backward(self, dA: Array, grads: Mapping[str, Array]) -> Array | None:
        """Write the gradients of W_x or E, and of b, from dA (T·B, g·H); return dL/dx if any."""


class Characters:
    """x is a character: W_x·onehot(id) is row `id` of the table E (V+1, g·H).

    The last row is that of the unknown character. After a change of E, `set_window` builds a table
    (g, rows, H): each row gets the bias and the scale, gate by gate. With `compact`, a window that
    is smaller than the vocabulary builds only the rows that it needs.
    """

    def __init__(
        self, E: Array, b: Array, scale: Array, hidden_size: int, *, compact: bool
    ) -> None:
        gates = E.shape[1] // hidden_size
        self._E = E.reshape(len(E), gates, hidden_size)
        self._b, self._scale = (v[: E.shape[1]].reshape(gates, hidden_size) for v in (b, scale))
        self._compact = compact
        self._stale = True
        self._ids: NDArray[np.intp] = np.zeros((1, 1), np.intp)
        self._index = self._ids
        self._memory = aligned.empty((0,), E.dtype)  # of tables, whatever their number of rows
        self._table = self._memory.reshape(gates, 0, hidden_size)

    def refresh(self) -> None:
        """Read the changed parameters at the next window."""
        self._stale = True

    def set_window(self, ids: NDArray[np.intp]) -> None:
        """Set the characters of the window (T, B)."""
        self._ids = self._index = ids
        if self._compact and ids.size < len(self._E):
            used, index = np.unique(ids, return_inverse=True)
            self._index = index.reshape(ids.shape)
            self._build(used)
            self._stale = True  # for the next window that needs all of them
        elif self._stale:
            self._build(np.arange(len(self._E)))
            self._stale = False

    def _build(self, used: NDArray[np.intp]) -> None:
        """Build the table of the characters `used`, a few at a time, so that they stay in cache."""
        _, gates, H = self._E.shape
        size = gates * used.size * H
        if self._memory.size < size:
            self._memory = aligned.empty((size,), self._E.dtype)
        self._table = self._memory[:size].reshape(gates, used.size, H)
        by_row, b = self._table.swapaxes(0, 1), self._b * self._scale
        for start in range(0, used.size, ROWS):
            part = by_row[start : start + ROWS]
            np.multiply(self._E[used[start : start + ROWS]], self._scale, out=part)
            np.add(part, b, out=part)

    def fill(self, t: int, out: Array) -> None:
        self._table.take(self._index[t], axis=1, out=out, mode="clip")  # "raise" would buffer

    def backward(self, dA: Array, grads: Mapping[str, Array]) -> None:
        """Sum the rows of dA over equal characters: sort them by id, then add each run."""
        ids = self._ids.ravel()
        order = np.argsort(ids, kind="stable")
        ordered = ids[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        present = ordered[starts]
        dE, db = grads["E"], grads["b"][: dA.shape[1], 0]
        dE.view(np.uint8).fill(0)  # as bytes: memory that is only written is not read before
        db.fill(0.0)
        ends = [*starts[1:].tolist(), ids.size]
        for character, start, end in zip(present.tolist(), starts.tolist(), ends, strict=True):
            row = dE[character]
            if end - start == 1:
                np.copyto(row, dA[order[start]])
            else:
                np.add.reduce(dA[order[start:end]], axis=0, out=row)
            np.add(db, row, out=db)


class LowerLayer:
    """x is the output of the layer below, rows (T·B, H)."""

    def __init__(self, W_x: Array, b: Array, scale: Array, hidden_size: int, batch: int) -> None:
        gates = len(W_x) // hidden_size
        self._W_x, self._b, self._scale, self._batch = W_x, b[: len(W_x)], scale[: len(W_x)], batch
        self._scaled = padded(len(W_x), W_x.shape[1], W_x.dtype)
        self._product = BlockedMatrix(self._scaled.T, batch, gates)
        self._layout = Layout(W_x, self._scale, hidden_size, self._product)
        self._scaled_b = aligned.empty((gates, batch, hidden_size), W_x.dtype)
        self._x = np.empty((0, W_x.shape[1]), W_x.dtype)

    def refresh(self) -> None:
        """Read the changed parameters."""
        self._layout.refresh()
        gates, _, H = self._scaled_b.shape
        np.copyto(self._scaled_b, (self._b * self._scale).reshape(gates, 1, H))

    def set_window(self, x: Array) -> None:
        """Set the rows of the window (T·B, H)."""
        self._x = x

    def fill(self, t: int, out: Array) -> None:
        x = self._x[t * self._batch : (t + 1) * self._batch]
        self._product.multiply(x, self._product.shaped(out))
        np.add(out, self._scaled_b, out=out)

    def backward(self, dA: Array, grads: Mapping[str, Array]) -> Array:
        np.matmul(dA.T, self._x, out=grads["W_x"])
        np.sum(dA, axis=0, out=grads["b"][: dA.shape[1], 0])
        return np.asarray(np.matmul(dA, self._W_x))
