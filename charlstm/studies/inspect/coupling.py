"""How close the input gate of a layer comes to 1 - f, which it is in the coupled cell."""

from dataclasses import dataclass

import numpy as np

from charlstm.nn import Array


@dataclass(frozen=True)
class Coupling:
    """How close a layer comes to i = 1 - f, which the coupled cell has by construction.

    `distance` is the mean of |i - (1 - f)|, `within` the share of values less than 0.1 apart,
    `correlation` that of i with 1 - f over all units and characters.
    """

    layer: int
    distance: float
    within: float
    correlation: float


class CouplingSums:
    """Sums over windows of a = i and b = 1 - f."""

    def __init__(self) -> None:
        self._sums = np.zeros(8)  # n, a, b, aa, bb, ab, |a - b|, close

    def add(self, a: Array, b: Array) -> None:
        """Count arrays of one shape."""
        a, b = a.astype(np.float64), b.astype(np.float64)
        gap = np.abs(a - b)
        parts = (a, b, a * a, b * b, a * b, gap, gap < 0.1)
        self._sums += [a.size, *(float(part.sum()) for part in parts)]

    def coupling(self, layer: int) -> Coupling:
        """What came of all that was added."""
        n = max(self._sums[0], 1.0)
        a, b, aa, bb, ab, gap, close = self._sums[1:] / n
        spread = np.sqrt(max(aa - a * a, 0.0) * max(bb - b * b, 0.0))
        correlation = float((ab - a * b) / spread) if spread > 0 else float("nan")
        return Coupling(layer, float(gap), float(close), correlation)
