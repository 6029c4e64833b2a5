"""A source that tells how much it reads, so that long work can show how far it is."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.sampling.source import ALL, Columns, Source, State


class Watched(Source):
    """Another source, which tells `advance` how many characters each step reads."""

    def __init__(self, source: Source, advance: Callable[[int], object]) -> None:
        self.columns, self._source, self._advance = source.columns, source, advance

    def step(self, ids: NDArray[np.intp]) -> Array:
        """Read one character in each column; return the logits (V, B) of the next one."""
        self._advance(self.columns)
        return self._source.step(ids)

    def read(self, ids: NDArray[np.integer]) -> None:
        """Read the ids (N,) in each column, which is not counted."""
        self._source.read(ids)

    def get(self, columns: Columns = ALL) -> State:
        """A copy of the state of these columns."""
        return self._source.get(columns)

    def put(self, columns: Columns, state: State) -> None:
        """Set the state of these columns."""
        self._source.put(columns, state)

    def fresh(self, columns: int) -> "Watched":
        """One with so many columns, which is watched as well."""
        return Watched(self._source.fresh(columns), self._advance)
