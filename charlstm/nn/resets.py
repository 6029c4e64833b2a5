"""Steps that begin from zero: state and gradient stop before a chosen character.

A layer without resets reads the state before a step where the last step has written it. With resets
the two differ in columns that begin anew, so the states before each step have rows of their own.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array, aligned


class Resets:
    """The states before each step of a window of up to `length` steps, zero before an id `at`.

    `tape` maps each state to its rows ((T+1)·B, H), from the state carried in on. `before` maps it
    to those before each step, (T·B, H).
    """

    def __init__(self, at: int, tape: Mapping[str, Array], length: int) -> None:
        self._at, self._tape = at, tape
        self.before = {}
        for name, rows in tape.items():
            self._batch = len(rows) // (length + 1)
            self.before[name] = aligned.zeros(rows[self._batch :].shape, rows.dtype)
        self._kept: Array = np.empty(0)

    def set_window(self, ids: NDArray[np.intp]) -> None:
        """Set the characters of the window (T, B)."""
        dtype = next(iter(self.before.values())).dtype
        kept = ids != self._at
        self._kept = kept[:, :, None].astype(dtype)
        self._all_kept: list[bool] = kept.all(axis=1).tolist()

    def forward(self, t: int) -> None:
        """Write the states before step t, from those after step t - 1."""
        now = slice(t * self._batch, (t + 1) * self._batch)
        for name, rows in self.before.items():
            np.multiply(self._tape[name][now], self._kept[t], out=rows[now])

    def backward(self, t: int, dstate: Mapping[str, Array]) -> None:
        """Turn the gradients of the states before step t into those of the states after t - 1."""
        if self._all_kept[t]:
            return
        for gradient in dstate.values():
            np.multiply(gradient, self._kept[t], out=gradient)
