"""How well one unit's value tells two readings apart: the area under the ROC curve.

AUC = P(x₁ > x₀) + ½·P(x₁ = x₀) for a value x₁ of reading 1 and x₀ of reading 0 (Mann & Whitney
1947): 1 and 0 tell them apart without fault, ½ not at all.
"""

import numpy as np
from numpy.typing import NDArray

from charlstm.cells.base import Array


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


def lowest(found: Array) -> NDArray[np.float64]:
    """The worst AUC of several places (P, H), in whichever direction serves better: (H,).

    A unit that is high for reading 1 at one place and low at the next carries nothing across.
    """
    return np.asarray(np.maximum(found.min(axis=0), (1.0 - found).min(axis=0)))
