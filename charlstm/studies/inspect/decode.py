"""How well one unit's value tells two readings apart: the area under the ROC curve.

AUC = P(x₁ > x₀) + ½·P(x₁ = x₀) for a value x₁ of reading 1 and x₀ of reading 0 (Mann & Whitney
1947): 1 and 0 tell them apart without fault, ½ not at all.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array


def auc(values: Array, readings: NDArray[np.integer]) -> NDArray[np.float64]:
    """The AUC (…) of `values` (N, …) between the readings (N,), 1 against 0; both must occur."""
    flat = values.reshape(len(values), -1)
    zeros, ones = np.sort(flat[readings == 0], axis=0), flat[readings == 1]
    found = np.empty(flat.shape[1])
    for k in range(flat.shape[1]):
        below = np.searchsorted(zeros[:, k], ones[:, k], "left")
        not_above = np.searchsorted(zeros[:, k], ones[:, k], "right")
        found[k] = (below + not_above).mean() / (2 * len(zeros))
    return found.reshape(values.shape[1:])


def by_condition(
    values: Array, readings: NDArray[np.integer], conditions: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """The AUC (…) within each condition that has both readings.

    What a unit holds may hang on the construction too; only its own sentences are compared.
    """
    named = np.array(conditions)
    found = {}
    for name in dict.fromkeys(conditions):
        members = named == name
        if set(readings[members]) == {0, 1}:
            found[name] = auc(values[members], readings[members])
    return found


def told(aucs: Array) -> NDArray[np.float64]:
    """How well each unit tells the readings apart in each condition: (C, P, H) to (C, H).

    It is the lowest AUC over the places, in the unit's one direction over all conditions: a unit
    that is high for reading 1 here and low there carries nothing that can be read off.
    """
    upwards = aucs.mean(axis=(0, 1)) >= 0.5
    return np.asarray(np.where(upwards, aucs, 1.0 - aucs).min(axis=1))
