"""How much of a text stands word for word in the training text: does a model write, or copy?

The index holds every fifth piece of 8 characters of the training text, sorted by a hash. However a
piece of 12 lies there, exactly one of the 8s within it begins at a fifth character; so every place
where the two texts share 12 characters or more is found from there, and then compared in full.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.store.atomic import atomic_write

PIECE = 12  # characters of the pieces that are counted
WORD, EVERY = 8, 5  # WORD + EVERY - 1 = PIECE
KEPT = 10_000_000  # a longer text's index is kept in a file
LOOKUPS = 3_000_000  # places looked at for one text, about half a second's worth
BLOCK = 2**20  # places looked at in one go
PLACE = np.uint64(2**32 - 1)  # the bits of an entry that say where; the others are the hash
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # Knuth's multiplicative hash, 2⁶⁴ / golden ratio

Ids = NDArray[np.unsignedinteger[Any]]
Entries = NDArray[np.uint64]


@dataclass(frozen=True)
class Novelty:
    """What a text shares with the training text."""

    longest: int  # characters of the longest run that stands there; 0 if none of 12 does
    begin: int  # where in the text that run begins
    copied: float  # share of the text's pieces of 12 characters that stand there, from 0 to 1


class Index:
    """Finds what other texts share with the training text `ids` (N,)."""

    def __init__(self, ids: Ids, file: Path) -> None:
        """Make the index, which for a long text is kept in `file`, or taken from there.

        Raises:
            CorpusError: the file cannot be written.
        """
        self._ids = ids
        count = max(0, (ids.size - WORD) // EVERY + 1)
        if ids.size < KEPT:
            self._entries = np.empty(count, np.uint64)
            _fill(self._entries, ids)
        else:
            self._entries = _kept(file, ids, count)

    def novelty(self, text: Ids) -> Novelty:
        """What `text` (M,), encoded as the training text is, shares with it.

        Where pieces of 8 stand in the training text millions of times, such as blanks in source
        code, only some of the places are looked at.
        """
        text = np.ascontiguousarray(text, self._ids.dtype)
        begins = np.zeros(text.size + 1, np.int64)  # how many more runs begin than have ended
        longest, begin = 0, 0
        for first, length in self._runs(text):
            np.add.at(begins, first, 1)
            np.subtract.at(begins, first + length - PIECE + 1, 1)
            if length.max(initial=0) > longest:
                longest, begin = int(length.max()), int(first[length.argmax()])
        pieces = max(0, text.size - PIECE + 1)
        copied = (begins.cumsum()[:pieces] > 0).mean() if pieces else 0.0
        return Novelty(longest, begin, float(copied))

    def _runs(self, text: Ids) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Where runs of 12 or more begin in `text`, and how long they are, in blocks."""
        for here, there in self._places(text):
            back = self._shared(text, here, there, -1, EVERY)
            first = back < EVERY  # others are found from the entry before theirs
            q, back = here[first], back[first]
            length = back + self._shared(text, q, there[first], 1, text.size)
            long = length >= PIECE
            yield (q - back)[long], length[long]

    def _shared(
        self, text: Ids, q: NDArray[np.intp], p: NDArray[np.intp], way: int, most: int
    ) -> NDArray[np.intp]:
        """How many characters, up to `most`, are the same before (-1) or from (+1) q and p on."""
        shared = np.zeros(q.size, np.intp)
        growing = np.arange(q.size)
        for k in range(most):
            step = k if way > 0 else -k - 1
            a, b = q[growing] + step, p[growing] + step
            inside = (a >= 0) & (a < text.size) & (b >= 0) & (b < self._ids.size)
            growing, a, b = growing[inside], a[inside], b[inside]
            growing = growing[text[a] == self._ids[b]]
            if not growing.size:
                break
            shared[growing] += 1
        return shared

    def _places(self, text: Ids) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Where pieces of 8 are most likely the same: in `text`, and in the training text."""
        if text.size < WORD:
            return
        wanted = _hashes(text, 0, text.size - WORD + 1, step=1)
        low = self._entries.searchsorted(wanted)
        high = self._entries.searchsorted(wanted | PLACE, side="right")
        counts = _cut(high - low)
        ends = counts.cumsum()
        for begin in range(0, int(ends[-1]), BLOCK):
            each = np.arange(begin, min(begin + BLOCK, int(ends[-1])))
            here = ends.searchsorted(each, side="right")
            entries = self._entries[low[here] + each - (ends[here] - counts[here])]
            there = (entries & PLACE).astype(np.intp) * EVERY
            yield here, there


def _cut(counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """The counts (M,), the largest made equal and so small that there are `LOOKUPS` at most."""
    rising = np.sort(counts)
    sums = np.concatenate([[0], rising.cumsum()[:-1]]) + rising * np.arange(counts.size, 0, -1)
    affordable = rising[sums <= LOOKUPS]
    return np.minimum(counts, max(LOOKUPS // counts.size, affordable.max(initial=0)))


def _hashes(ids: Ids, first: int, count: int, step: int) -> Entries:
    """The hashes (count,), in the upper bits, of pieces of 8 at `first` and each `step` on."""
    size = ids.itemsize
    found = np.zeros(count, np.uint64)
    for word in range(size):  # a piece is as many words of 8 bytes as an id has bytes
        start = first * size + 8 * word
        words = np.ndarray((count,), np.uint64, ids.data, start, (step * size,))
        found ^= found >> np.uint64(32)
        found ^= words
        found *= FACTOR
    found &= ~PLACE
    return found


def _fill(entries: Entries, ids: Ids) -> None:
    """Write the index of `ids` to `entries`, a block at a time, and sort it in place."""
    for start in range(0, entries.size, BLOCK):
        stop = min(start + BLOCK, entries.size)
        entries[start:stop] = _hashes(ids, start * EVERY, stop - start, EVERY)
        entries[start:stop] |= np.arange(start, stop, dtype=np.uint64)
    entries.sort()


def _kept(file: Path, ids: Ids, count: int) -> Entries:
    """The index in `file`, made if it is not there: mapped, so that memory stays small."""
    if not file.is_file() or file.stat().st_size != 8 * count:
        with atomic_write(file, CorpusError) as out:
            out.truncate(8 * count)
            entries = np.memmap(out.name, np.uint64, "r+", shape=(count,))
            _fill(entries, ids)
            entries.flush()
    return np.memmap(file, np.uint64, "r")
