"""Which characters would copy from the training text: an index of its runs of N characters.

A passage is a run of N symbols of the training text, where blanks are folded. An entry of the index
has, from its upper bits down, a hash of a passage without its last symbol, that last symbol, and
the place of the passage. The entries are sorted. So one search says whether the last N - 1 symbols
of a sample may begin a passage, and with which symbols it ends. Then the program compares the
sample with the text at that place.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.text.folding import Folding
from charlstm.text.vocabulary import Ids

BLOCK = 2**20  # entries made, or symbols compared, at once
MANY = 4096  # entries of one hash that are looked at one by one
FACTOR = 0x9E3779B97F4A7C15  # Knuth's multiplicative hash, 2⁶⁴ / golden ratio
BASE = 0xD1342543DE82EF95  # of the polynomial; odd, so that it has an inverse modulo 2⁶⁴

Hashes = NDArray[np.uint64]
Symbols = NDArray[np.integer[Any]]


class Passages:
    """Finds the symbols that would complete a passage of `n` symbols of the folded `text` (M,).

    The hash of the n - 1 symbols s before it is Σ value(sⱼ)·BASEⁿ⁻²⁻ʲ modulo 2⁶⁴, j = 0 … n - 2.
    """

    def __init__(self, text: Ids, n: int, folding: Folding, joints: Sequence[int] = ()) -> None:
        """No passage goes beyond one of the `joints`, places where another text begins."""
        self.n, self.folding, self._text, self._joints = n, folding, text, joints
        self.entries: Hashes = np.empty(0, np.uint64)
        self._values = np.arange(1, folding.count + 2, dtype=np.uint64) * np.uint64(FACTOR)
        self._values[-1] = 0  # of the symbol -1, which stands before the first one of a sample
        self._top = pow(BASE, n - 2, 2**64)  # what the value of the oldest symbol is multiplied by
        self._place_bits = np.uint64(text.size.bit_length())
        bits = int(self._place_bits) + folding.count.bit_length()
        self._lower = np.uint64(2**bits - 1)  # all bits but those of the hash

    def count(self) -> int:
        """How many passages the text has; none has the `wall` of the folding in it."""
        return sum(starts.size for starts in self._starts())

    def fill(self, entries: Hashes) -> None:
        """Write the index to `entries`, a block at a time, and sort it in place."""
        end = 0
        for starts in filter(np.size, self._starts()):
            begin, end = end, end + starts.size
            part = self._text[starts[0] : starts[-1] + self.n - 1]
            last = self._text[starts + self.n - 1].astype(np.uint64)
            new = entries[begin:end]
            new[:] = self._hashes(part)[starts - starts[0]] & ~self._lower
            new |= last << self._place_bits
            new |= starts.astype(np.uint64)
        entries.sort()
        self.entries = entries

    def moved(self, hashes: Hashes, oldest: Symbols, newest: Symbols) -> Hashes:
        """The hashes (B,) of n - 1 symbols when the oldest ones fall out and new ones come in."""
        kept = hashes - self._values[oldest] * np.uint64(self._top)
        return kept * np.uint64(BASE) + self._values[newest]

    def moved_one(self, hash_: int, oldest: int, newest: int) -> int:
        """The same of one hash, without arrays."""
        values = self._values.item
        return ((hash_ - values(oldest) * self._top) * BASE + values(newest)) % 2**64

    def begun(self, hashes: Hashes) -> NDArray[np.intp]:
        """The indices of those hashes (B,) with which a passage may begin."""
        keys = hashes & ~self._lower
        entries = self.entries.take(self.entries.searchsorted(keys), mode="clip")
        return (entries ^ keys <= self._lower).nonzero()[0]

    def ends(self, begin: Symbols, hash_: np.uint64) -> Symbols:
        """The symbols that complete a passage after the symbols `begin` (n - 1,) of this hash."""
        entries, key = self.entries, hash_ & ~self._lower
        low, high = entries.searchsorted(key), entries.searchsorted(key | self._lower, side="right")
        if high - low > MANY:
            each = np.arange(self.folding.count, dtype=np.uint64) << self._place_bits
            firsts = np.unique(entries.searchsorted(key | each))
            firsts = firsts[firsts < high]  # the first entry with each last symbol
        else:
            symbols = entries[low:high] >> self._place_bits
            firsts = low + np.flatnonzero(np.diff(symbols, prepend=~symbols[:1]))
        same = self._same(firsts, begin)
        for k in np.flatnonzero(~same):  # it is another passage: look at all with this hash
            others = np.arange(firsts[k] + 1, firsts[k + 1] if k + 1 < firsts.size else high)
            same[k] = self._same(others, begin).any()
        last: Symbols = (entries[firsts[same]] & self._lower) >> self._place_bits
        return last

    def completed(self, ids: Ids) -> bool:
        """Whether ids (N,) have a passage in them."""
        symbols = self.folding.symbols[ids[self.folding.kept(ids)]]
        return any(
            end < symbols.size and (last == symbols[end]).any()
            for end, last in self._ends_in(symbols)
        )

    def avoided(self, ids: Ids, first: int) -> int:
        """At how many places of ids (N,), from `first` on, a character completes a passage."""
        (places,) = np.nonzero(self.folding.kept(ids))
        edges = np.append(places + 1, ids.size + 1)  # a symbol and the blanks folded into it
        symbols = self.folding.symbols[ids[places]]
        return sum(
            max(0, min(edges[end], ids.size) - max(edges[end - 1], first))
            for end, _ in self._ends_in(symbols)
        )

    def _ends_in(self, symbols: Ids) -> Iterator[tuple[int, Symbols]]:
        """Each place in symbols (M,), or their end, at which some symbols end a passage; those."""
        hashes = self._hashes(symbols)
        for begin in self.begun(hashes):
            end = int(begin) + self.n - 1
            last = self.ends(symbols[begin:end], hashes[begin])
            if last.size:
                yield end, last

    def _starts(self) -> Iterator[NDArray[np.intp]]:
        """Where passages begin in the text, in blocks."""
        count = self._text.size - self.n + 1
        for begin in range(0, count, BLOCK):
            end, wall = min(begin + BLOCK, count), self.folding.wall
            starts = np.arange(begin, end)
            if wall is not None:
                walls = self._text[begin : end + self.n - 1] == wall
                before = np.concatenate([[0], np.cumsum(walls)])
                starts = starts[before[self.n :] == before[: -self.n]]
            for joint in self._joints:
                starts = starts[(starts + self.n <= joint) | (starts >= joint)]
            yield starts

    def _hashes(self, symbols: Symbols) -> Hashes:
        """The hashes (M - n + 2,) of the n - 1 symbols of (M,) from each place on."""
        length = self.n - 1
        if symbols.size < length:
            return np.empty(0, np.uint64)
        powers, inverses = (_powers(base, symbols.size) for base in (BASE, pow(BASE, -1, 2**64)))
        sums = np.zeros(symbols.size + 1, np.uint64)
        np.cumsum(self._values[symbols] * inverses, out=sums[1:])
        return (sums[length:] - sums[:-length]) * powers[length - 1 :]

    def _same(self, at: NDArray[np.intp], begin: Symbols) -> NDArray[np.bool_]:
        """Whether the text at the places of these entries begins like a passage with `begin`."""
        place = np.uint64(2) ** self._place_bits - np.uint64(1)
        places = (self.entries[at] & place).astype(np.intp)
        same = np.empty(at.size, np.bool_)
        rows = max(1, BLOCK // begin.size)
        for k in range(0, at.size, rows):
            text = self._text[places[k : k + rows, None] + np.arange(begin.size)]
            same[k : k + rows] = (text == begin).all(axis=1)
        return same


def _powers(base: int, count: int) -> Hashes:
    """The powers of `base` from 0 up to `count` - 1, modulo 2⁶⁴."""
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    return np.multiply.accumulate(powers, out=powers)
