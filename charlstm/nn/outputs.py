"""The outputs that attention looks back at: the last M of earlier windows, and those of this one.

They stand in rows [B, M + T, H], the oldest first. Step t of a window may see the M rows before its
own, rows t to t+M, except those that its column has not read or has forgotten.
"""

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array, aligned

SLACK = 256  # rows beyond the window: a step moves on by one row, and copies M rows once in 256


class Outputs:
    """Outputs (H,) of `batch` columns for windows of up to `length` steps, `reach` of them kept.

    `n` (B,) counts those that each column has read, up to `reach`. A column forgets all of them
    before the id `reset_at`.
    """

    def __init__(
        self, reach: int, length: int, batch: int, like: Array, reset_at: int | None
    ) -> None:
        self.reach, self._length, self._reset_at = reach, length, reset_at
        count = reach + length + (SLACK if length == 1 else 0)
        self._rows = aligned.zeros((batch, count, len(like)), like.dtype)
        self._start = 0  # the oldest row that the window's first step may see
        self._n = np.zeros(batch, like.dtype)
        self._first = np.zeros((length, batch), like.dtype)  # the oldest row each step sees

    @property
    def state(self) -> dict[str, Array]:
        """Views of what is carried: `m` (B, M, H), the newest output last, and `n` (B,)."""
        return {"m": self._rows[:, self._start : self._start + self.reach], "n": self._n}

    def put(self, ids: NDArray[np.intp], h: Array) -> None:
        """Add the outputs `h` (T, B, H) of a window that reads `ids` (T, B)."""
        T, M = len(ids), self.reach
        np.copyto(self._rows[:, self._start + M :][:, :T], h.swapaxes(0, 1))
        first = self._first[:T]
        first[...] = M - self._n
        if self._reset_at is not None:
            begins = np.where(ids == self._reset_at, M + np.arange(T)[:, None], 0)
            np.maximum(first, np.maximum.accumulate(begins), out=first)

    def put_one(self, id_: int, h: Array) -> Array:
        """The same for one step of one column; return the rows (n, H) that it sees."""
        newest = self._start + self.reach
        n = 0 if id_ == self._reset_at else int(self._n[0])
        self._first[0, 0] = self.reach - n
        self._rows[0, newest] = h
        return self._rows[0, newest - n : newest]

    def rows(self, t: int, end: int) -> Array:
        """The rows (B, rows, H) of which steps t to `end` see some."""
        return self._rows[:, self._start + t : self._start + self.reach + end - 1]

    def hide(self, scores: Array, t: int, end: int) -> Array | float:
        """Put −∞ in place of the `scores` (B, R, rows, steps) of what a step may not see.

        It returns 1 for each step that sees nothing, (B, 1, 1, steps), or 0 if there is none.
        """
        first, steps = self._first[t:end] - t, np.arange(end - t)[:, None]
        if not (first > steps).any():
            return 0.0
        hidden = np.arange(scores.shape[2])[:, None] < first.T[:, None]
        np.copyto(scores, -np.inf, where=hidden[:, None])
        return (first >= self.reach + steps).T[:, None, None].astype(scores.dtype)

    def carry(self, steps: int) -> None:
        """Carry the newest outputs after `steps` steps into the next window."""
        M, rows, first = self.reach, self._rows, self._first[steps - 1]
        if len(first) == 1:  # no call on an array for one number
            self._n[0] = min(M, M + steps - first[0])
        else:
            np.minimum(M + steps - first, M, out=self._n)
        self._start += steps
        if self._start + M + self._length > rows.shape[1]:
            np.copyto(rows[:, :M], rows[:, self._start : self._start + M])
            self._start = 0
