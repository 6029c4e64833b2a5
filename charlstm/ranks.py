"""Ranks: how well values tell two readings apart (AUC), or follow a count (Spearman).

AUC = P(x₁ > x₀) + ½·P(x₁ = x₀) for a value x₁ of reading 1 and x₀ of reading 0 (Mann & Whitney
1947). At 1 and at 0 the value separates the readings fully, at ½ not at all. Both measures are a
product with the ranks, so one sort of the values serves any number of labels.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array


def centred_ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """The ranks of `values` (N,) from -½ to ½ with mean 0; equal values share their mean rank."""
    N = len(values)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    counts = np.diff(np.append(first, N))
    ranks = np.empty(N)
    ranks[order] = np.repeat((first + 0.5 * counts) / N - 0.5, counts)
    return ranks


def aucs_of_ranks(ranks: Array, readings: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The AUC (U, S) of each row of centred `ranks` (U, N) for each column of `readings` (N, S).

    Both readings must occur in each column.
    """
    ones = readings.sum(axis=0)
    sums = (ranks @ readings.astype(ranks.dtype)).astype(np.float64)
    areas = 0.5 + sums * (len(readings) / (ones * (len(readings) - ones)))
    return np.asarray(areas.clip(0.0, 1.0))  # rounding must not lead beyond them


def correlations_of_ranks(ranks: Array, others: Array) -> NDArray[np.float64]:
    """Spearman's correlation (U, S) of rows of centred ranks (U, N) with columns of them (N, S).

    It is 0 where all ranks are the same.
    """
    squares = (ranks**2).sum(axis=1)[:, None] * (others**2).sum(axis=0)
    sums = (ranks @ others.astype(ranks.dtype)).astype(np.float64)
    return np.asarray(sums / np.sqrt(np.where(squares > 0, squares, 1.0)))


def auc(values: Array, readings: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.float64]:
    """The AUC (…) of `values` (N, …) of reading 1 against 0 (N,); both must occur."""
    flat = values.reshape(len(values), -1)
    ranks = np.stack([centred_ranks(column) for column in flat.T])
    return aucs_of_ranks(ranks, (readings == 1)[:, None]).reshape(values.shape[1:])
