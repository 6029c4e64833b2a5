"""What share of a memory the gate that keeps it leaves after some steps.

c = f⊙c' + i⊙g leaves the share f of the old c. Over k steps it leaves the product of k values of f.
The mean of that product is not the k-th power of the mean: f stays open or shut for many steps.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array

STEPS = (1, 10, 50)
LEAST = 1e-30  # of a gate, so that its logarithm is a number


@dataclass(frozen=True)
class Kept:
    """What `gate` of `layer` leaves of the memory, as shares (K, H) of each unit after `STEPS`.

    They are means over all characters with so many before them, NaN if there is none.
    """

    layer: int
    gate: str
    shares: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float64]:
        """The shares (K,), as means over the units."""
        return np.asarray(self.shares.mean(axis=1))

    @property
    def longest(self) -> int:
        """The unit that keeps most over the steps in the middle of `STEPS`."""
        return int(np.argmax(self.shares[1]))


class KeptSums:
    """Sums over windows of the products of one gate over 1, 10 and 50 steps."""

    def __init__(self, H: int) -> None:
        self._sums = np.zeros((len(STEPS), H))
        self._counts = np.zeros((len(STEPS), 1))
        self._before: Array | None = None  # the logarithms of the last steps

    def add(self, values: Array, valid: NDArray[np.bool_], resets: NDArray[np.bool_]) -> None:
        """Count the products that end in a window of `values` (T, H, B), where `valid` (T, B).

        A step of `resets` (T, B) reads from zero state, so it keeps nothing.
        """
        kept = np.where(resets[:, None], 0.0, values)
        logs = np.log(np.maximum(kept, LEAST), dtype=np.float64)
        past = logs[:0] if self._before is None else self._before
        joined = np.concatenate([past, logs])
        self._before = joined[-max(STEPS) :]
        totals = np.concatenate([np.zeros_like(joined[:1]), np.cumsum(joined, axis=0)])
        for n, k in enumerate(STEPS):
            if len(joined) < k:
                continue
            first = max(len(past), k - 1)  # of `joined`, where the first product ends
            products = np.exp(totals[first + 1 :] - totals[first + 1 - k : len(totals) - k])
            rows = products.transpose(0, 2, 1)[valid[first - len(past) :]]
            self._sums[n] += rows.sum(axis=0)
            self._counts[n] += len(rows)

    def kept(self, layer: int, gate: str) -> Kept:
        """The means of all that was added."""
        with np.errstate(invalid="ignore"):
            return Kept(layer, gate, self._sums / self._counts)
