"""The training text as B parallel streams, cut into windows for truncated BPTT."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Windows(Protocol):
    """Gives a worker the windows of its shards."""

    def window(self, update: int, columns: slice) -> NDArray[np.intp]:
        """The ids (T+1, columns) of one update: rows 0 … T-1 are inputs, rows 1 … T targets."""


class Streams:
    """B columns that each read the whole text round and round; column b starts at b/B of it.

    Column b of update u reads characters start_b + u·T … start_b + u·T + T. So each window begins
    where the one before ended, and the state can be carried for ever. The number of the update
    alone decides where in the text it reads.
    """

    def __init__(self, ids: NDArray[Any], batch_size: int, seq_length: int) -> None:
        self.ids, self.seq_length = ids, seq_length
        self._starts = np.arange(batch_size) * ids.size // batch_size
        self._offsets = np.arange(seq_length + 1)[:, None]

    def window(self, update: int, columns: slice) -> NDArray[np.intp]:
        """See `Windows.window`."""
        position = update * self.seq_length % self.ids.size
        indices = (self._starts[columns] + position + self._offsets) % self.ids.size
        return np.asarray(self.ids[indices].astype(np.intp))
