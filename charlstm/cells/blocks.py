"""A step's matrix product, cut into blocks where that makes it faster.

OpenBLAS multiplies small matrices without packing them first: with AVX-512, those of up to 10⁶
multiply-adds. A step's product is often larger, and cut it is 1.1 to 1.6 times as fast (64 to 512
units, 8 to 64 columns). Other kernels would lose up to a sixth, so there it stays whole.
"""

from functools import cache

import numpy as np

from charlstm.cells.base import Array

SMALL = 1_000_000  # multiply-adds
LEAST = 32  # rows of a block; lower ones gain too little
UNPACKED = {"SkylakeX", "Cooperlake", "SapphireRapids"}  # kernels that have small products


@cache
def cutting_pays() -> bool:
    """Whether this process's BLAS has kernels for small products."""
    from threadpoolctl import threadpool_info  # noqa: PLC0415 - sampling starts without it

    return any(pool.get("architecture") in UNPACKED for pool in threadpool_info())


def height_of(rows: int, inner: int, batch: int) -> int:
    """The rows of a block: the largest divisor of `rows` that keeps the block small, or 0."""
    most = min(rows, SMALL // (inner * batch))
    return next((height for height in range(most, 0, -1) if rows % height == 0), 0)


class Blocks:
    """weight (rows, inner) · operand (inner, batch), in blocks of rows if it is large.

    Where those would be too low, the inner dimension is cut in `parts` too and their products are
    added up. `weight` may change in place; only its memory is kept.
    """

    def __init__(self, weight: Array, batch: int, parts: int) -> None:
        rows, inner = weight.shape
        self._weight = weight
        self._blocks: Array | None = None
        if rows * inner * batch <= SMALL or batch == 1 or not cutting_pays():
            return
        height = height_of(rows, inner, batch)
        if height < LEAST:
            height = height_of(rows, inner // parts, batch)
        else:
            parts = 1
        if height < LEAST:
            return
        split = weight.reshape(rows // height, height, parts, inner // parts)
        self._blocks = split.transpose(2, 0, 1, 3)
        self._partial = np.empty((parts, rows, batch), weight.dtype)
        self._out = self._partial.reshape(parts, rows // height, height, batch)
        self._operand = (parts, 1, inner // parts, batch)

    def multiply(self, operand: Array, out: Array) -> None:
        """Write weight · operand to `out` (rows, batch)."""
        if self._blocks is None:
            np.matmul(self._weight, operand, out=out)
        elif len(self._partial) == 1:
            np.matmul(self._blocks, operand, out=out.reshape(self._out.shape))
        else:
            np.matmul(self._blocks, operand.reshape(self._operand), out=self._out)
            np.sum(self._partial, axis=0, out=out)
