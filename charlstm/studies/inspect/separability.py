"""Separability: how well one unit's value separates two readings, by the area under its ROC curve.

`charlstm.ranks` has the measure.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.ranks import auc


def auc_by_condition(
    values: Array, readings: NDArray[np.integer], conditions: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """The AUC (…) within each condition that has both readings.

    A unit's value may depend on the construction too, so only sentences of one are compared.
    """
    named = np.array(conditions)
    areas = {}
    for name in dict.fromkeys(conditions):
        members = named == name
        if set(readings[members]) == {0, 1}:
            areas[name] = auc(values[members], readings[members])
    return areas


def separability(aucs: Array) -> NDArray[np.float64]:
    """How well each unit separates the readings in each condition: AUCs (…, C, P, H) to (…, C, H).

    It is the lowest AUC over the P places, in the unit's one direction over all conditions. A unit
    that is high for reading 1 in one condition and low in another does not show the reading.
    """
    upwards = aucs.mean(axis=(-3, -2), keepdims=True) >= 0.5
    return np.asarray(np.where(upwards, aucs, 1.0 - aucs).min(axis=-2))
