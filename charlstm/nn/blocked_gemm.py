"""A step's matrix product, its matrix laid out in strips where that makes it faster.

OpenBLAS multiplies small matrices without packing them first: with AVX-512, those of up to 10⁶
multiply-adds. A step's product is often larger, and in strips it is 1.1 to 1.5 times as fast (64
to 512 units, 8 to 64 columns). Other kernels would lose up to a sixth, so there it stays whole.
"""

from functools import cache
from typing import Any

import numpy as np

from charlstm.nn.cells.base import Array

SMALL = 1_000_000  # multiply-adds
WIDE, NARROW, LEAST = 64, 32, 16  # columns of a strip
UNPACKED = {"SkylakeX", "Cooperlake", "SapphireRapids"}  # kernels that have small products


@cache
def cutting_pays() -> bool:
    """Whether this process's BLAS has kernels for small products."""
    from threadpoolctl import threadpool_info  # noqa: PLC0415 - sampling starts without it

    return any(pool.get("architecture") in UNPACKED for pool in threadpool_info())


def padded(rows: int, count: int, dtype: Any) -> Array:
    """An uninitialised (rows, count) array whose row stride is kept off multiples of 128.

    Such rows fall on the same few cache sets: strips were copied half as fast from them.
    """
    pad = 16 if count % 128 == 0 else 0
    return np.empty((rows, count + pad), dtype)[:, :count]


def divisor(number: int, most: int) -> int:
    """The largest divisor of `number` that is at most `most`, or 1."""
    return next(k for k in range(max(1, min(number, most)), 0, -1) if number % k == 0)


def cut(inner: int, width: int, batch: int) -> tuple[int, int]:
    """How wide strips of a block `width` wide are, and in how many parts the inner dimension is.

    Inner parts are the last resort: their products must be added up.
    """
    strip = divisor(width, min(WIDE, SMALL // (inner * batch)))
    if strip >= min(NARROW, width):
        return strip, 1
    strip = divisor(width, NARROW)
    piece = divisor(inner, SMALL // (strip * batch))
    return (strip, inner // piece) if min(strip, piece) >= LEAST else (width, 1)


class Strips:
    """operand (batch, K) · matrix (K, N) → (batch, N), or in `blocks`: (blocks, batch, N/blocks).

    `matrix` is a view whose numbers may change: call `refresh` when they have.
    """

    def __init__(self, matrix: Array, batch: int, blocks: int | None = None) -> None:
        if batch == 1:  # one column's blocks are one long row
            blocks = None
        inner, width = matrix.shape[0], matrix.shape[1] // (blocks or 1)
        small = batch == 1 or matrix.size * batch <= SMALL
        pays = not small and cutting_pays()
        strip, parts = cut(inner, width, batch) if pays else (width, 1)
        self._count, self._strip, self._batch = width // strip, strip, batch
        lead = (blocks,) if blocks else ()
        split = matrix.reshape(parts, inner // parts, *lead, self._count, strip)
        self._matrix = np.moveaxis(split, 1, -2)  # (parts, blocks, strips, inner, strip)
        if self._count == 1:
            self._matrix = self._matrix[..., 0, :, :]
        self._partial: Array | None = None
        if parts == 1:
            self._matrix = self._matrix[0]
        else:
            partial = np.empty((parts, *lead, batch, width), matrix.dtype)
            self._partial = self.shaped(partial)
            ones = (1,) * (self._matrix.ndim - 3)
            self._pieces = (batch, *ones, parts, inner // parts)
        copied = (small or pays) and not self._matrix.flags.c_contiguous
        self._strips = np.empty(self._matrix.shape, matrix.dtype) if copied else self._matrix

    def refresh(self) -> None:
        """Take over the matrix's present numbers."""
        if self._strips is not self._matrix:
            np.copyto(self._strips, self._matrix)

    def shaped(self, out: Array) -> Array:
        """`out` as `multiply` wants it."""
        if self._batch == 1:
            return out.reshape(1, -1)
        if self._count == 1:
            return out
        return out.reshape(*out.shape[:-1], self._count, self._strip).swapaxes(-3, -2)

    def multiply(self, operand: Array, out: Array) -> None:
        """Write operand · matrix to `out`, an array that was `shaped`."""
        if self._batch == 1:
            np.dot(operand, self._strips, out=out)  # 0.5 µs quicker
        elif self._partial is None:
            np.matmul(operand, self._strips, out=out)
        else:
            pieces = operand.reshape(self._pieces).swapaxes(0, -2)
            np.matmul(pieces, self._strips, out=self._partial)
            np.add.reduce(self._partial, axis=0, out=out)
