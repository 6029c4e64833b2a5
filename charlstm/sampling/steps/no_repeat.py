"""no-repeat: no run of N characters of the sample's own last 1,000 comes again.

Klein et al. 2017 (OpenNMT, `block_ngram_repeat`) and Paulus et al. 2018 forbid n-grams of words
that come again in a summary. Here the n-grams are of characters, and what lies far back is free.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.filters import Filters
from charlstm.sampling.history import History
from charlstm.sampling.steps.base import ChainStep, Context

WINDOW = 1000  # characters in which a run may not come again


class NoRepeat(ChainStep):
    """Forbids each character that would end a run of `n` which the last 1,000 characters have."""

    name = "no_repeat"
    looks_back = WINDOW
    forbids = True

    def __init__(self, n: int) -> None:
        self._n = n

    def apply(self, logits: NDArray[Any], history: History) -> None:
        """Forbid what followed, each time, the n − 1 characters that stand at the end now."""
        n, ids = self._n, history.tail(WINDOW)
        same = ids[n - 2 : -1] == ids[-1]
        if n > 2:
            same &= ids[n - 3 : -2] == ids[-2]  # which leaves few places
        places, columns = np.divmod(np.flatnonzero(same), ids.shape[1])
        places += n - 2
        for back in range(2, n - 1):
            if not places.size:
                return
            same = ids[places - back, columns] == ids[-1 - back, columns]
            places, columns = places[same], columns[same]
        rows, next_ = logits.reshape(-1, logits.shape[-1]), ids[places + 1, columns]
        known = next_ < rows.shape[1]
        rows[columns[known], next_[known]] = -np.inf  # rows is a view of the logits


def step(filters: Filters, context: Context | None) -> ChainStep | None:
    """The step that the filters ask for."""
    del context
    return None if filters.no_repeat is None else NoRepeat(filters.no_repeat)
