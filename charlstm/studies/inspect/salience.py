"""Which units to look at: the most salient on a text, or those that are on over a span of it.

A salient unit has extreme values and keeps each for many characters. Karpathy, Johnson & Fei-Fei
2015 show such units: one is on while a quote is open. LSTMVis (Strobelt et al. 2018) finds units
that are on over a span and off elsewhere. The threshold 0.3 comes from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array

THRESHOLD = 0.3


def salient_units(memory: Array, count: int) -> list[int]:
    """The `count` most salient units of `memory` (N, H), the best first.

    A unit's salience is its standard deviation times the correlation of neighbouring values. The
    correlation with a unit that is already chosen lowers the salience of the others.
    """
    centred = memory.astype(np.float64) - memory.mean(axis=0)
    spread = centred.std(axis=0)
    salience = spread * _persistence(centred)
    scaled = centred / np.where(spread > 0, spread, 1.0)
    likeness = np.abs(scaled.T @ scaled) / len(memory)
    chosen: list[int] = []
    remaining = salience.copy()
    for _ in range(min(count, memory.shape[1])):
        remaining[chosen] = -np.inf
        unit = int(remaining.argmax())
        chosen.append(unit)
        remaining = np.minimum(remaining, salience * (1.0 - likeness[unit]))
    return chosen


def _persistence(centred: Array) -> NDArray[np.float64]:
    """The correlation of each column's neighbouring values, 0 where it does not move."""
    total = (centred**2).sum(axis=0)
    follow = (centred[1:] * centred[:-1]).sum(axis=0)
    return np.where(total > 0, np.maximum(follow, 0.0) / np.where(total > 0, total, 1.0), 0.0)


@dataclass(frozen=True)
class SpanUnit:
    """A unit whose value times `sign` is above the threshold over all of a span.

    `least` is its least such value there, `elsewhere` the share of the other characters over which
    it is above the threshold too.
    """

    layer: int
    unit: int
    sign: int
    least: float
    elsewhere: float


def units_on_over(
    memory: Sequence[Array], start: int, stop: int, threshold: float = THRESHOLD
) -> list[SpanUnit]:
    """The units of `memory`, (N, H) for each layer, that are on from `start` to `stop`, exclusive.

    Those that are off elsewhere come first; of equals, the strongest.
    """
    units = []
    for layer, values in enumerate(memory):
        inside = np.zeros(len(values), np.bool_)
        inside[start:stop] = True
        for sign in (1, -1):
            least = (sign * values[inside]).min(axis=0)
            outside = sign * values[~inside] > threshold
            share = outside.mean(axis=0) if len(outside) else np.zeros(values.shape[1])
            units += [
                SpanUnit(layer, int(unit), sign, float(least[unit]), float(share[unit]))
                for unit in np.flatnonzero(least > threshold)
            ]
    return sorted(units, key=lambda unit: (unit.elsewhere, -unit.least, unit.layer, unit.unit))
