"""The largest values of each sample, without sorting the characters themselves."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def largest(
    values: NDArray[Any], lowest: NDArray[Any], count: int | NDArray[Any]
) -> NDArray[np.bool_]:
    """A mask of the `count` largest of values (…, V), of which `lowest` (…, 1) is the last.

    Of values that are equal to the lowest one the first stay.
    """
    kept: NDArray[np.bool_] = values >= lowest
    if (kept.sum(axis=-1, keepdims=True) > count).any():
        equal = values == lowest
        left = count - (kept & ~equal).sum(axis=-1, keepdims=True)
        kept &= ~equal | (equal.cumsum(axis=-1) <= left)
    return kept
