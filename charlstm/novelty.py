"""How much of a text is copied word for word from the training text.

The index has a piece of 8 characters at every fifth character of the training text, sorted by a
hash. Any 12 characters of the training text contain exactly one of these pieces. So every run of 12
or more characters that two texts share contains one. There the program compares the texts in full.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.store.atomic import atomic_write, lengthen

RUN = 12  # characters of the shortest run that counts as copied
PIECE, EVERY = 8, 5  # PIECE + EVERY - 1 = RUN
IN_MEMORY = 10_000_000  # characters: the index of a longer text is in a file
LOOKUPS = 3_000_000  # places compared for one text, which takes about half a second
BLOCK = 2**20  # places compared at once
PLACE = np.uint64(2**32 - 1)  # the bits of an entry for its place; the others are for the hash
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # Knuth's multiplicative hash, 2⁶⁴ / golden ratio

Ids = NDArray[np.unsignedinteger[Any]]
Entries = NDArray[np.uint64]


@dataclass(frozen=True)
class Novelty:
    """What a text shares with the training text."""

    longest: int  # characters of the longest run that stands there; 0 if none of 12 does
    begin: int  # where in the text that run begins
    copied: float  # share of the text's runs of 12 characters that stand there, from 0 to 1


class Index:
    """Finds what other texts share with the training text `ids` (N,)."""

    def __init__(self, ids: Ids, file: Path) -> None:
        """Make the index. That of a long text is written to `file`, or read if it is there.

        Raises:
            CorpusError: if the file cannot be written.
        """
        self._ids = ids
        count = max(0, (ids.size - PIECE) // EVERY + 1)
        if ids.size < IN_MEMORY:
            self._entries = np.empty(count, np.uint64)
            _fill(self._entries, ids)
        else:
            self._entries = _mapped(file, ids, count)

    def novelty(self, text: Ids, reset_at: int | None = None) -> Novelty:
        """What `text` (M,), in the ids of the training text, shares with the training text.

        No run goes beyond a `reset_at` (see `Parameters`): lines in any order share nothing there.
        Some pieces stand in a training text millions of times, such as blanks in source code. Of
        such a piece only some of the places are compared.
        """
        text = np.ascontiguousarray(text, self._ids.dtype)
        changes = np.zeros(text.size + 1, np.int64)  # runs that begin here, less those that end
        longest, begin = 0, 0
        for first, length in self._runs(text, reset_at):
            np.add.at(changes, first, 1)
            np.subtract.at(changes, first + length - RUN + 1, 1)
            if length.max(initial=0) > longest:
                longest, begin = int(length.max()), int(first[length.argmax()])
        count = max(0, text.size - RUN + 1)
        copied = (changes.cumsum()[:count] > 0).mean() if count else 0.0
        return Novelty(longest, begin, float(copied))

    def _runs(
        self, text: Ids, reset_at: int | None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Where runs of 12 or more begin in `text`, and how long they are, in blocks."""
        compared = np.where(text == reset_at, -1, text.astype(np.int64))
        for q, p in self._places(text):
            back = self._shared(compared, q, p, -1, EVERY)
            first = back < EVERY  # if 5 or more are the same, the entry before has the same run
            q_first, back = q[first], back[first]
            length = back + self._shared(compared, q_first, p[first], 1, text.size)
            long = length >= RUN
            yield (q_first - back)[long], length[long]

    def _shared(
        self, text: NDArray[np.int64], q: NDArray[np.intp], p: NDArray[np.intp], way: int, most: int
    ) -> NDArray[np.intp]:
        """How many characters are the same before (`way` -1) or from (+1) q and p, up to `most`."""
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
        """Places q in `text` and p in the training text whose pieces have the same hash."""
        if text.size < PIECE:
            return
        hashes = _hashes(text, 0, text.size - PIECE + 1, step=1)
        low = self._entries.searchsorted(hashes)
        high = self._entries.searchsorted(hashes | PLACE, side="right")
        counts = _cut(high - low)
        ends = counts.cumsum()
        for begin in range(0, int(ends[-1]), BLOCK):
            each = np.arange(begin, min(begin + BLOCK, int(ends[-1])))
            q = ends.searchsorted(each, side="right")
            entries = self._entries[low[q] + each - (ends[q] - counts[q])]
            yield q, (entries & PLACE).astype(np.intp) * EVERY


def _cut(counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """The counts (M,), the largest cut to one value, so that their sum is `LOOKUPS` at most."""
    rising = np.sort(counts)
    sums = np.concatenate([[0], rising.cumsum()[:-1]]) + rising * np.arange(counts.size, 0, -1)
    affordable = rising[sums <= LOOKUPS]
    return np.minimum(counts, max(LOOKUPS // counts.size, affordable.max(initial=0)))


def _hashes(ids: Ids, first: int, count: int, step: int) -> Entries:
    """The hashes (count,), in the upper bits, of the pieces at `first` and each `step` after it."""
    size = ids.itemsize
    hashes = np.zeros(count, np.uint64)
    for word in range(size):  # a piece is as many words of 8 bytes as an id has bytes
        start = first * size + 8 * word
        words = np.ndarray((count,), np.uint64, ids.data, start, (step * size,))
        hashes ^= hashes >> np.uint64(32)
        hashes ^= words
        hashes *= FACTOR
    hashes &= ~PLACE
    return hashes


def _fill(entries: Entries, ids: Ids) -> None:
    """Write the index of `ids` to `entries`, a block at a time, and sort it in place."""
    for start in range(0, entries.size, BLOCK):
        stop = min(start + BLOCK, entries.size)
        entries[start:stop] = _hashes(ids, start * EVERY, stop - start, EVERY)
        entries[start:stop] |= np.arange(start, stop, dtype=np.uint64)
    entries.sort()


def _mapped(file: Path, ids: Ids, count: int) -> Entries:
    """The index in `file`, written if it is not there. It is mapped, so that memory stays small."""
    if not file.is_file() or file.stat().st_size != 8 * count:
        with atomic_write(file, CorpusError) as out:
            lengthen(out, 8 * count)
            entries = np.memmap(out.name, np.uint64, "r+", shape=(count,))
            _fill(entries, ids)
            entries.flush()
    return np.memmap(file, np.uint64, "r")
