"""The training text as B parallel streams, cut into windows for truncated BPTT."""

from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Windows(Protocol):
    """Where the windows of shards come from."""

    def window(self, update: int, shard: slice) -> NDArray[np.intp]:
        """Characters (T+1, columns of `shard`) of one update."""


class Streams:
    """B columns that each read the whole text round and round, starting B-ths of it apart.

    Column b of update u reads characters start_b + u·T … start_b + u·T + T, so one window begins
    where the last one ended and the state can be carried for ever. Where in the text an update
    reads follows from its number alone.
    """

    def __init__(self, ids: NDArray[Any], batch_size: int, seq_length: int) -> None:
        self.ids, self.seq_length = ids, seq_length
        self._starts = np.arange(batch_size) * ids.size // batch_size
        self._offsets = np.arange(seq_length + 1)[:, None]

    def window(self, update: int, shard: slice) -> NDArray[np.intp]:
        """Characters (T+1, columns of `shard`): inputs are the first T rows, targets the last T."""
        position = update * self.seq_length % self.ids.size
        where = (self._starts[shard] + position + self._offsets) % self.ids.size
        return np.asarray(self.ids[where].astype(np.intp))


def shards_of(batch_size: int, shards: int) -> list[slice]:
    """The fixed cut of the batch columns: `shards` neighbouring slices that differ by at most 1."""
    edges = [round(k * batch_size / shards) for k in range(shards + 1)]
    return [slice(a, b) for a, b in pairwise(edges)]
