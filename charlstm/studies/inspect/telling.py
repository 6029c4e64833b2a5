"""Which units are worth a look on a text: those that swing far, stay, and differ from each other.

A unit that holds something (a quote is open, the subject is plural) swings between extremes and
keeps them for many characters, as the cells that Karpathy, Johnson & Fei-Fei 2015 show do.
"""

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array


def telling(memory: Array, count: int) -> list[int]:
    """The `count` most telling units of `memory` (N, H), the best first.

    A unit's worth is its standard deviation times the correlation of neighbouring values; each
    further one is marked down by how strongly it goes along with one that was taken already.
    """
    centred = memory.astype(np.float64) - memory.mean(axis=0)
    spread = centred.std(axis=0)
    worth = spread * _lasting(centred)
    scaled = centred / np.where(spread > 0, spread, 1.0)
    likeness = np.abs(scaled.T @ scaled) / len(memory)
    chosen: list[int] = []
    remaining = worth.copy()
    for _ in range(min(count, memory.shape[1])):
        remaining[chosen] = -np.inf
        unit = int(remaining.argmax())
        chosen.append(unit)
        remaining = np.minimum(remaining, worth * (1.0 - likeness[unit]))
    return chosen


def _lasting(centred: Array) -> NDArray[np.float64]:
    """The correlation of each column's neighbouring values, 0 where it does not move."""
    total = (centred**2).sum(axis=0)
    follow = (centred[1:] * centred[:-1]).sum(axis=0)
    return np.where(total > 0, np.maximum(follow, 0.0) / np.where(total > 0, total, 1.0), 0.0)
