"""A step's matrix product as blocked GEMM: where it is faster, the matrix is cut into panels.

With AVX-512, OpenBLAS does not pack the matrices of a small product, of up to 10⁶ multiply-adds. A
step's product is often larger. In panels of 64 columns and at most 256 rows it is 1.1 to 1.5 times
as fast (64 to 512 units, 8 to 64 columns): four registers hold a row of such a panel, and the first
cache most of its rows. On other processors panels are up to a sixth slower, so the matrix stays
whole.
"""

from functools import cache
from typing import Any

import numpy as np

from charlstm.nn import Array, aligned

SMALL = 1_000_000  # multiply-adds
WIDE, DEEP = 64, 256  # columns and rows of a panel, at most
LEAST = 16  # of either; a matrix that would be cut finer stays whole
UNPACKED = {"SkylakeX", "Cooperlake", "SapphireRapids"}  # kernels that do not pack small products


@cache
def panels_pay() -> bool:
    """Whether the BLAS of this process has kernels for small products."""
    from threadpoolctl import threadpool_info  # noqa: PLC0415 - sampling starts without it

    return any(pool.get("architecture") in UNPACKED for pool in threadpool_info())


def padded(rows: int, count: int, dtype: Any) -> Array:
    """An uninitialised (rows, count) array whose row stride is not a multiple of 128.

    With such a stride, rows share a few cache sets, and copying panels takes twice as long.
    """
    pad = 16 if count % 128 == 0 else 0
    return aligned.empty((rows, count + pad), dtype)[:, :count]


def divisor(number: int, most: int) -> int:
    """The largest divisor of `number` that is at most `most`, or 1."""
    return next(k for k in range(max(1, min(number, most)), 0, -1) if number % k == 0)


def cut(inner: int, width: int, batch: int) -> tuple[int, int]:
    """The width of the panels of a block, and the number of parts of the inner dimension.

    The block is (inner, width); the operand has `batch` rows. `multiply` adds up the products of
    the parts.
    """
    panel = divisor(width, WIDE)
    piece = divisor(inner, min(DEEP, SMALL // (panel * batch)))
    return (panel, inner // piece) if min(panel, piece) >= LEAST else (width, 1)


class BlockedMatrix:
    """operand (batch, K) · matrix (K, N) → (batch, N), or in `blocks`: (blocks, batch, N/blocks).

    The operand too may come in blocks: (operands, batch, K/operands). `matrix` is a view. After its
    numbers change call `refresh`, or, if they are `copied`, write them to `columns` or `rows`. A
    panel has `panel` columns and `piece` rows.
    """

    def __init__(
        self, matrix: Array, batch: int, blocks: int | None = None, operands: int = 1
    ) -> None:
        if batch == 1:  # the blocks of one column are one long row
            blocks, operands = None, 1
        inner, width = matrix.shape[0] // operands, matrix.shape[1] // (blocks or 1)
        small = batch == 1 or matrix.size * batch <= SMALL
        pays = not small and panels_pay()
        panel, parts = cut(inner, width, batch) if pays else (width, 1)
        self.panel, self.piece = panel, inner // parts
        self._count, self._batch = width // panel, batch
        lead = (blocks,) if blocks else ()
        pieces = operands * parts
        self._split = (pieces, self.piece, blocks or 1, self._count, panel)
        split = np.moveaxis(matrix.reshape(self._split), 1, -2)
        # (pieces, blocks, panels, piece, panel), without the axes that a product has no use for
        self._matrix = split.reshape(
            *((pieces,) if pieces > 1 else ()),
            *lead,
            *((self._count,) if self._count > 1 else ()),
            *split.shape[-2:],
        )
        self.copied = (small or pays) and not self._matrix.flags.c_contiguous
        self._panels = (
            aligned.empty(self._matrix.shape, matrix.dtype) if self.copied else self._matrix
        )
        self._partial: Array | None = None
        if pieces > 1:
            self._partial = self.shaped(aligned.empty((pieces, *lead, batch, width), matrix.dtype))
            by_operand = (operands, parts)
            self._factors = self._panels.reshape(*by_operand, *self._panels.shape[1:])
            self._products = self._partial.reshape(*by_operand, *self._partial.shape[1:])
            ones = (1,) * (self._matrix.ndim - 3)
            self._pieces = (operands, batch, *ones, parts, self.piece)
        self._by_row = np.moveaxis(self._panels.reshape(split.shape), -2, 1)  # in the shape _split

    def refresh(self) -> None:
        """Copy the present numbers of the matrix into the panels."""
        if self.copied:
            np.copyto(self._panels, self._matrix)

    def columns(self, first: int, count: int) -> Array:
        """The place of so many columns, all in one panel, in the shape of `shape_columns`."""
        place, column = divmod(first, self.panel)
        block, panel = divmod(place, self._count)
        return self._by_row[:, :, block, panel, column : column + count]

    def shape_columns(self, columns: Array) -> Array:
        """A view of columns (K, n) as they stand in a panel."""
        return columns.reshape(*self._split[:2], -1)

    def rows(self, first: int, count: int) -> Array:
        """The place of so many rows, all in one piece, in the shape of `shape_rows`."""
        part, row = divmod(first, self.piece)
        return self._by_row[part, row : row + count]

    def shape_rows(self, rows: Array) -> Array:
        """A view of rows (n, N) as they stand in the panels."""
        return rows.reshape(-1, *self._split[2:])

    def shaped(self, out: Array) -> Array:
        """A view of `out` in the shape that `multiply` writes to."""
        if self._batch == 1:
            return out.reshape(1, -1)
        if self._count == 1:
            return out
        return out.reshape(*out.shape[:-1], self._count, self.panel).swapaxes(-3, -2)

    def multiply(self, operand: Array, out: Array) -> None:
        """Write operand · matrix to `out`, a view made by `shaped`."""
        if self._batch == 1:
            np.dot(operand.reshape(1, -1), self._panels, out=out)  # 0.5 µs faster than matmul
        elif self._partial is None:
            np.matmul(operand, self._panels, out=out)
        else:
            pieces = operand.reshape(self._pieces).swapaxes(1, -2)
            np.matmul(pieces, self._factors, out=self._products)
            np.add.reduce(self._partial, axis=0, out=out)
