"""Where a cell's named blocks stand, in stacks of rows or of arrays (B, H)."""

from collections.abc import Iterator

import numpy as np

from charlstm.nn.cells.base import Array


def rows_of(blocks: str, chosen: str, height: int = 1) -> slice:
    """The rows of neighbouring `chosen` blocks in a stack of `blocks`, each `height` rows.

    Raises:
        ValueError: if they are no neighbours.
    """
    first = blocks.index(chosen)
    return slice(first * height, (first + len(chosen)) * height)


def pick(stack: Array, blocks: str, chosen: str) -> Array:
    """The `chosen` arrays (n, B, H) of a stack of `blocks`; of a single one just (B, H)."""
    found = stack[rows_of(blocks, chosen)]
    return np.asarray(found[0] if len(found) == 1 else found)


def runs(blocks: str) -> Iterator[str]:
    """Every run of neighbouring blocks: for "ifo": i, if, ifo, f, fo, o."""
    for first in range(len(blocks)):
        for last in range(first + 1, len(blocks) + 1):
            yield blocks[first:last]
