"""Which units hold a span of text: on over all of it, and off elsewhere.

The question that LSTMVis asks of a selected span (Strobelt et al. 2018), with its threshold 0.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charlstm.nn import Array

THRESHOLD = 0.3


@dataclass(frozen=True)
class Holding:
    """A unit whose value times `sign` is above the threshold over all of a span.

    `least` is its least such value there, `elsewhere` the share of the other characters over which
    it is above the threshold too.
    """

    layer: int
    unit: int
    sign: int
    least: float
    elsewhere: float


def holding(
    memory: Sequence[Array], first: int, last: int, threshold: float = THRESHOLD
) -> list[Holding]:
    """The units of `memory`, (N, H) for each layer, that hold `first` to `last`, both included.

    Those that are off elsewhere come first; of equals, the strongest.
    """
    found = []
    for layer, values in enumerate(memory):
        inside = np.zeros(len(values), np.bool_)
        inside[first : last + 1] = True
        for sign in (1, -1):
            least = (sign * values[inside]).min(axis=0)
            outside = sign * values[~inside] > threshold
            share = outside.mean(axis=0) if len(outside) else np.zeros(values.shape[1])
            found += [
                Holding(layer, int(unit), sign, float(least[unit]), float(share[unit]))
                for unit in np.flatnonzero(least > threshold)
            ]
    return sorted(found, key=lambda one: (one.elsewhere, -one.least, one.layer, one.unit))
