"""The products that a cell declares, and the place of a gate's block in arrays and weights."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from charlstm.nn import Array


@dataclass(frozen=True)
class Product:
    """A weight that a cell declares: it adds weight · operand to the pre-activations of `gates`.

    The `gates` are neighbours. `operand` is a name of the tape; h' is h of the step before. A full
    weight is a matrix (len(gates)·H, H). A diagonal one has a vector (H, 1) for each gate, and its
    product is elementwise.
    """

    name: str
    gates: str
    operand: str
    diagonal: bool = False


def rows_of(blocks: str, chosen: str, height: int = 1) -> slice:
    """The rows of neighbouring `chosen` blocks in a stack of `blocks`, each `height` rows high.

    Raises:
        ValueError: if the chosen blocks are not neighbours.
    """
    first = blocks.index(chosen)
    return slice(first * height, (first + len(chosen)) * height)


def pick(stack: Array, blocks: str, chosen: str) -> Array:
    """The `chosen` arrays (n, B, H) of a stack of `blocks`; (B, H) if there is only one."""
    picked = stack[rows_of(blocks, chosen)]
    return np.asarray(picked[0] if len(picked) == 1 else picked)


def runs(blocks: str) -> Iterator[str]:
    """Every run of neighbouring blocks: for "ifo" these are i, if, ifo, f, fo and o."""
    for first in range(len(blocks)):
        for last in range(first + 1, len(blocks) + 1):
            yield blocks[first:last]
