"""Lays out a changed weight for its products, a few rows at a time, so that all find them in cache.

A large weight does not fit into the processor's caches. Scaled, transposed and copied as a whole,
it would come from memory each time.
"""

from math import gcd

import numpy as np

from charlstm.nn import Array
from charlstm.nn.blocked_gemm import BlockedMatrix, divisor, padded

ROWS = 64  # of a weight at a time


class Layout:
    """Keeps `forward` · (K, g·H) at `weight` (g·H, K), transposed, times `scale` (g·H, 1).

    `scale` has one number for each gate, which is `height` rows. `back` (g·H, K) holds the weight
    as it is.
    """

    def __init__(
        self,
        weight: Array,
        scale: Array,
        height: int,
        forward: BlockedMatrix,
        back: BlockedMatrix | None = None,
    ) -> None:
        back = back if back and back.copied else None
        count = gcd(height, forward.panel, back.piece) if back else gcd(height, forward.panel)
        count = divisor(count, ROWS)
        self._rows = padded(count, weight.shape[1], weight.dtype)
        self._columns = forward.shape_columns(self._rows.T)
        self._back = back.shape_rows(self._rows) if back else None
        self._blocks = [
            (
                weight[first : first + count],
                scale[first, 0],
                forward.columns(first, count),
                back.rows(first, count) if back else None,
            )
            for first in range(0, len(weight), count)
        ]

    def refresh(self) -> None:
        """Read the changed weight."""
        for rows, scale, columns, back in self._blocks:
            np.copyto(self._rows, rows)
            np.multiply(self._columns, scale, out=columns)
            if back is not None and self._back is not None:
                np.copyto(back, self._back)
