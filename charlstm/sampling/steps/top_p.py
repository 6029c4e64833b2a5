"""top-p: the likeliest characters that have a share p of the probability together.

Holtzman et al. 2020, "The curious case of neural text degeneration".
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.filters import Filters
from charlstm.sampling.history import History
from charlstm.sampling.steps.base import ChainStep, Context
from charlstm.sampling.steps.largest import largest


class TopP(ChainStep):
    """Keeps each character before which less than `p` of the probability lies, likeliest first."""

    name = "top_p"

    def __init__(self, p: float) -> None:
        self._p = p

    def apply(self, logits: NDArray[Any], history: History) -> None:
        """Forbid the others."""
        del history
        weights = np.exp(logits)
        ordered = -weights
        ordered.sort(axis=-1)
        np.negative(ordered, out=ordered)
        sums = np.add.accumulate(ordered, axis=-1)
        ranks = sums - ordered < self._p * sums[..., -1:]
        lowest = np.minimum.reduce(np.where(ranks, ordered, np.inf), axis=-1, keepdims=True)
        logits[~largest(weights, lowest, ranks)] = -np.inf


def step(filters: Filters, context: Context | None) -> ChainStep | None:
    """The step that the filters ask for."""
    del context
    return None if filters.top_p is None else TopP(filters.top_p)
