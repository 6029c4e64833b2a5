"""avoid-copying: no run of N characters of the training text is completed, blanks folded.

`charlstm.copying` has the index of such runs. A sample is folded as it is written: its last symbols
stand in a ring, and a note beside each character says how many there are, and their hash.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.copying import Passages
from charlstm.sampling.filters import Filters
from charlstm.sampling.history import History
from charlstm.sampling.steps.base import ChainStep, Context


class AvoidCopying(ChainStep):
    """Forbids each character that would complete one of these passages."""

    name = "avoid_copying"
    looks_back = 2
    note = np.dtype([("count", np.intp), ("hash", np.uint64)])
    forbids = True

    def __init__(self, passages: Passages) -> None:
        self.passages, self._length = passages, passages.n - 1
        self.ring = passages.n

    def apply(self, logits: NDArray[Any], history: History) -> None:
        """Forbid the ids of symbols that complete a passage after the last n - 1 symbols."""
        passages, notes = self.passages, history.tail(1, self.name)[0]
        begun = passages.begun(notes["hash"])
        if not begun.size:
            return
        rows = logits.reshape(-1, logits.shape[-1])  # a view
        ring = history.ring(self.name)
        for column in begun:
            count, hash_ = notes[column]
            places = np.arange(count - self._length, count) % len(ring)
            last = passages.ends(ring[places, column], hash_)
            rows[column, passages.folding.ids(last)] = -np.inf

    def needs(self, ids: NDArray[Any]) -> int:
        """Those in which the symbols of the ring stand, however many blanks are folded there."""
        places = np.flatnonzero(self.passages.folding.kept(ids))[-self.ring :]
        return len(ids) - int(places[0]) if places.size else 0

    def wrote(self, history: History) -> None:
        """Add a symbol to each sample, unless it is a blank after a blank."""
        if history.last.size == 1:
            self._wrote_one(history)
            return
        passages, ring = self.passages, history.ring(self.name)
        before, now = history.tail(2, self.name)
        symbols = passages.folding.symbols[history.last]
        count, hashes, columns = before["count"], before["hash"], np.arange(before.size)
        previous, oldest = ring[(count - [[1], [self._length]]) % len(ring), columns]
        ring[count % len(ring), columns] = symbols
        new = (symbols != previous) | (symbols != passages.folding.blank)
        now["count"] = count + new
        now["hash"] = np.where(new, passages.moved(hashes, oldest, symbols), hashes)

    def _wrote_one(self, history: History) -> None:
        """The same of one sample, without arrays, which takes a quarter of the time."""
        passages, ring = self.passages, history.ring(self.name)
        notes = history.tail(2, self.name)
        count, hash_ = notes[0, 0].item()
        symbol = passages.folding.symbols.item(history.last.item())
        size = len(ring)
        if symbol != passages.folding.blank or symbol != ring.item((count - 1) % size, 0):
            oldest = ring.item((count - self._length) % size, 0)
            ring[count % size, 0] = symbol
            count, hash_ = count + 1, passages.moved_one(hash_, oldest, symbol)
        notes[1, 0] = count, hash_


def step(filters: Filters, context: Context | None) -> ChainStep | None:
    """The step that the filters ask for. It needs the training text of the model."""
    if filters.avoid_copying is None:
        return None
    assert context
    assert context.passages
    return AvoidCopying(context.passages(filters.avoid_copying))
