"""The batch in shards: which columns each has, and the windows of text that they read.

The plan fixes the shards, and their gradients are summed in their order. So the number of workers
changes the time of an update, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from charlstm.nn.parameters import Architecture


@dataclass(frozen=True)
class Plan:
    """Everything but the dropout and the rates that decides the bits of an update."""

    architecture: Architecture
    vocabulary_size: int
    batch_size: int
    seq_length: int
    shards: int
    seed: int = 0
    dtype: str = "float32"
    memory_penalty: float = 0.0
    reset_at: int | None = None  # see `Parameters`: the newline in a run with lines
    optimizer: str = "adam"

    def to_mapping(self) -> dict[str, Any]:
        """A form for JSON that `from_mapping` turns back."""
        return asdict(self) | {"architecture": self.architecture.to_header()}

    @staticmethod
    def from_mapping(mapping: Mapping[str, Any]) -> "Plan":
        """The plan that `to_mapping` described."""
        return Plan(**{**mapping, "architecture": Architecture(**mapping["architecture"])})

    @property
    def columns(self) -> list[slice]:
        """The batch columns of each shard: neighbours, in numbers that differ by 1 at most."""
        edges = [round(k * self.batch_size / self.shards) for k in range(self.shards + 1)]
        return [slice(first, end) for first, end in pairwise(edges)]


class Windows(Protocol):
    """Gives a worker the windows of its shards."""

    def window(self, update: int, columns: slice) -> NDArray[np.intp]:
        """The ids (T+1, columns) of one update: rows 0 … T-1 are inputs, rows 1 … T targets."""


class Streams:
    """B columns that each read the whole text again and again; column b starts at b/B of it.

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
