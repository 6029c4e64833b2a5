"""A long text side by side in columns, so that reading it costs little for each character."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 2048  # characters of a column that are worth its warm-up
WARM_UP = 64  # characters each column but the first reads to settle its state
MOST = 32  # columns


def in_columns(ids: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """`ids` (N,) as columns (T, B), and which of their places count, (T, B).

    Each column but the first begins with the end of the one before, which does not count again.
    Up to B - 1 characters at the end are left out.
    """
    B = max(1, min(MOST, (ids.size - WARM_UP) // LEAST))
    warm_up = WARM_UP if B > 1 else 0
    length = (ids.size - warm_up) // B
    where = np.arange(length + warm_up)[:, None] + length * np.arange(B)
    counts = np.ones(where.shape, np.bool_)
    counts[:warm_up, 1:] = False
    return ids[where].astype(np.intp), counts
