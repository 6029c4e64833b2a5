"""Where a cell's named blocks stand, in stacks of rows or of arrays (B, H)."""

from collections.abc import Iterator, Sequence

import numpy as np

from charlstm.cells.base import Array


def rows_of(blocks: Sequence[str], chosen: Sequence[str], height: int = 1) -> slice:
    """The rows of neighbouring `chosen` blocks in a stack of `blocks`, each `height` rows."""
    first = list(blocks).index(chosen[0])
    if list(blocks[first : first + len(chosen)]) != list(chosen):
        raise ValueError(f"blocks {chosen} are not neighbours in {blocks}")
    return slice(first * height, (first + len(chosen)) * height)


def pick(stack: Array, blocks: Sequence[str], chosen: Sequence[str]) -> Array:
    """The `chosen` arrays (n, B, H) of a stack of `blocks`; of a single one just (B, H)."""
    found = stack[rows_of(blocks, chosen)]
    return np.asarray(found[0] if len(found) == 1 else found)


def runs(blocks: Sequence[str]) -> Iterator[Sequence[str]]:
    """Every run of neighbouring blocks: for "ifo": i, if, ifo, f, fo, o."""
    for first in range(len(blocks)):
        for last in range(first + 1, len(blocks) + 1):
            yield blocks[first:last]


def stacked(rows: Array, count: int) -> Array:
    """`rows` (B, count·H) as a stack (count, B, H); of a single block just (B, H)."""
    return rows.reshape(len(rows), count, -1).swapaxes(0, 1) if count > 1 else rows
