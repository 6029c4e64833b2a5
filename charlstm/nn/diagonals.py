"""Views along the diagonals of arrays, which copy nothing.

A band has the rows that a block of steps sees, by the steps: (M + steps − 1, steps).
Step t sees the rows t to t+M−1, from the farthest one, of M steps ago, to the nearest.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from charlstm.nn import Array


def band(numbers: Array, steps: int) -> Array:
    """Bands (R, rows, steps) with `numbers` (R, M), the nearest first, inside, and −∞ outside."""
    R, M = numbers.shape
    outside = [(0, 0), (steps - 1, steps - 1)]
    lines = np.pad(numbers[:, ::-1], outside, constant_values=-np.inf)
    of_head, size = lines.strides
    return as_strided(lines[:, steps - 1 :], (R, M + steps - 1, steps), (of_head, size, -size))


def by_distance(bands: Array, reach: int) -> Array:
    """What lies inside bands (…, rows, steps), as (…, steps, M), the nearest first."""
    *before, of_row, of_step = bands.strides
    shape = (*bands.shape[:-2], bands.shape[-1], reach)
    farthest_first = as_strided(bands, shape, (*before, of_step + of_row, of_row))
    return farthest_first[..., ::-1]


def own_units(rows: Array) -> Array:
    """Of a row (R, H) for each head, the units of that head, as (R, F)."""
    R, H = rows.shape
    of_head, of_unit = rows.strides
    return as_strided(rows, (R, H // R), (of_head + H // R * of_unit, of_unit))
