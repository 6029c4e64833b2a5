"""The largest values of each sample, without sorting the characters themselves."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def largest(
    values: NDArray[Any], lowest: NDArray[Any], ranks: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """A mask of the largest of values (…, V), of which `lowest` (…, 1) is the last.

    `ranks` (…, V) is the same mask of the sorted values. Of values that are equal to the lowest one
    the first stay.
    """
    kept: NDArray[np.bool_] = values >= lowest
    if np.count_nonzero(kept) > np.count_nonzero(ranks):
        equal = values == lowest
        left = ranks.sum(axis=-1, keepdims=True) - (kept & ~equal).sum(axis=-1, keepdims=True)
        kept &= ~equal | (equal.cumsum(axis=-1) <= left)
    return kept
