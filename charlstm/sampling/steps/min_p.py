"""min-p: the characters that are at least a share as likely as the likeliest.

Nguyen et al. 2024, "Turning up the heat: min-p sampling for creative and coherent LLM outputs".
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.filters import Filters
from charlstm.sampling.history import History
from charlstm.sampling.steps.base import ChainStep, Context


class MinP(ChainStep):
    """Keeps the characters at least `share` times as likely as the likeliest."""

    name = "min_p"

    def __init__(self, share: float) -> None:
        self._share = share

    def apply(self, logits: NDArray[Any], history: History) -> None:
        """Forbid the others. The likeliest has the logit 0, so its weight is 1."""
        del history
        logits[np.exp(logits) < self._share] = -np.inf


def step(filters: Filters, context: Context | None) -> ChainStep | None:
    """The step that the filters ask for."""
    del context
    return None if filters.min_p is None else MinP(filters.min_p)
