"""What a layer reads: characters through a table of rows, or the outputs of the layer below.

Either way the input is dealt with once per window and hands each step b + W_x·x, so a step's own
product is the recurrent one alone and its cost does not grow with the vocabulary.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from charlstm.cells.base import Array

STRIP = 8  # rows turned into columns at a time: up to three times as fast as all at once


class Input(Protocol):
    """The part of a layer that knows what x is."""

    def refresh(self) -> None:
        """Take over changed parameters."""

    def fill(self, t: int, out: Array) -> None:
        """Write b + W_x·x[t] to `out` (rows, B)."""

    def backward(self, dA: Array, grads: Mapping[str, Array]) -> Array | None:
        """Write the gradients of W_x or E and of b from dA (T·B, rows); return dL/dx if any."""


class Characters:
    """x is a character: W_x·onehot(id) is row `id` of the table E (V+1, rows).

    The last row is the unknown character. The rows are scaled, biased and turned into columns
    (rows, u) once per change of weights: all of them, or where `compact` and the window holds
    fewer characters than there are, only the ones that occur. Measured at H=128, B=25: taking
    columns of that table costs 9 µs a step, a one-hot product 23 µs.
    """

    def __init__(self, E: Array, b: Array, scale: Array, *, compact: bool) -> None:
        self._E, self._b, self._scale = E, b[: E.shape[1]], scale[: E.shape[1]]
        self._compact = compact
        self._stale = True
        self._ids: NDArray[np.intp] = np.zeros((1, 1), np.intp)
        self._index = self._ids
        self._table = np.empty((E.shape[1], 0), E.dtype)

    def refresh(self) -> None:
        """Take over changed parameters with the next window."""
        self._stale = True

    def set_window(self, ids: NDArray[np.intp]) -> None:
        """Set the window's characters (T, B)."""
        self._ids = self._index = ids
        if self._compact and ids.size < self._E.shape[0]:
            used, index = np.unique(ids, return_inverse=True)
            self._index = index.reshape(ids.shape)
            self._build(self._E[used])
            self._stale = True  # for the next window that needs all of them
        elif self._stale:
            self._build(self._E)
            self._stale = False

    def _build(self, rows: Array) -> None:
        if self._table.shape[1] != rows.shape[0]:
            self._table = np.empty((self._E.shape[1], rows.shape[0]), self._E.dtype)
        scaled = rows * self._scale.T
        scaled += (self._b * self._scale).T
        for first in range(0, len(rows), STRIP):
            strip = slice(first, first + STRIP)
            np.copyto(self._table[:, strip], scaled[strip].T)

    def fill(self, t: int, out: Array) -> None:
        self._table.take(self._index[t], axis=1, out=out, mode="clip")  # "raise" would buffer

    def backward(self, dA: Array, grads: Mapping[str, Array]) -> None:
        """Sum the rows of dA over equal characters: sort them by id, then add each run."""
        ids = self._ids.ravel()
        order = np.argsort(ids, kind="stable")
        ordered = ids[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        counts = np.diff(starts, append=ids.size)
        present, once = ordered[starts], counts == 1
        dE = grads["E"]
        dE.fill(0.0)
        dE[present[once]] = dA[order[starts[once]]]
        runs = np.stack([present, starts, starts + counts])[:, ~once]
        for character, start, stop in runs.T.tolist():
            np.add.reduce(dA[order[start:stop]], axis=0, out=dE[character])
        np.sum(dE[present], axis=0, out=grads["b"][: dA.shape[1], 0])


class Columns:
    """x is the outputs of the layer below, columns (D, T·B): one product for the whole window."""

    def __init__(self, W_x: Array, b: Array, scale: Array, length: int, batch: int) -> None:
        rows = W_x.shape[0]
        self._W_x, self._b, self._scale, self._batch = W_x, b[:rows], scale[:rows], batch
        self._scaled, self._scaled_b = np.empty_like(W_x), np.empty_like(self._b)
        self._ax = np.empty((rows, length * batch), W_x.dtype)
        self._x = np.empty((W_x.shape[1], 0), W_x.dtype)

    def refresh(self) -> None:
        """Take over changed parameters."""
        np.multiply(self._W_x, self._scale, out=self._scaled)
        np.multiply(self._b, self._scale, out=self._scaled_b)

    def set_window(self, x: Array) -> None:
        """Set the window's columns (D, steps·B) and run their product."""
        self._x = x
        ax = self._ax[:, : x.shape[1]]
        np.matmul(self._scaled, x, out=ax)
        np.add(ax, self._scaled_b, out=ax)

    def fill(self, t: int, out: Array) -> None:
        np.copyto(out, self._ax[:, t * self._batch : (t + 1) * self._batch])

    def backward(self, dA: Array, grads: Mapping[str, Array]) -> Array:
        np.matmul(dA.T, self._x.T, out=grads["W_x"])
        np.sum(dA, axis=0, out=grads["b"][: dA.shape[1], 0])
        return np.asarray(np.matmul(self._W_x.T, dA.T))
