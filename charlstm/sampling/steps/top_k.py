"""top-k: the K likeliest characters; of equal ones the first."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.filters import Filters
from charlstm.sampling.history import History
from charlstm.sampling.steps.base import ChainStep, Context
from charlstm.sampling.steps.largest import largest


class TopK(ChainStep):
    """Keeps the `k` likeliest characters."""

    name = "top_k"

    def __init__(self, k: int) -> None:
        self._k = k

    def apply(self, logits: NDArray[Any], history: History) -> None:
        """Forbid the others."""
        del history
        k = self._k
        if k < logits.shape[-1]:
            lowest = np.partition(logits, -k, axis=-1)[..., -k, None]
            ranks = np.broadcast_to(np.arange(logits.shape[-1]) < k, logits.shape)
            logits[~largest(logits, lowest, ranks)] = -np.inf


def step(filters: Filters, context: Context | None) -> ChainStep | None:
    """The step that the filters ask for."""
    del context
    return None if filters.top_k is None else TopK(filters.top_k)
