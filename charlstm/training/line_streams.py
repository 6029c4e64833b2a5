"""The windows of a text of many short lines: their order is drawn anew for each pass."""

from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.text.lines import (
    Places,
    begin_of_line,
    drawn_order,
    edges_of_lines,
    end_of_line,
)


class LineStreams:
    """B columns that each read lines of their own, again and again, in an order of each pass.

    Column b has the lines that begin in the b-th part of the text, or else the long line that
    covers that part. The seed, the column and its pass decide the order. So the number of the
    update alone decides what a window holds. Before each line stands a newline, which ends the line
    before it; before the first line it is the newline that ends the text.
    """

    def __init__(
        self, ids: NDArray[Any], newline: int, batch_size: int, seq_length: int, seed: int
    ) -> None:
        self.ids, self.seq_length = np.asarray(ids), seq_length
        edges = [
            begin_of_line(self.ids, newline, b * ids.size // batch_size) for b in range(batch_size)
        ]
        self._columns = []
        for column, (first, last) in enumerate(pairwise([*edges, ids.size])):
            end = last if last > first else end_of_line(self.ids, newline, first)
            self._columns.append(_Column(self.ids[first:end], newline, (seed, column)))

    def window(self, update: int, columns: slice) -> NDArray[np.intp]:
        """See `Windows.window`."""
        first = update * self.seq_length - 1
        read = [column.read(first, self.seq_length + 1) for column in self._columns[columns]]
        return np.stack(read, axis=1).astype(np.intp)


class _Column:
    """A part of a text, whole lines, that is read again and again."""

    def __init__(self, ids: NDArray[Any], newline: int, key: tuple[int, int]) -> None:
        self._ids, self._newline, self._key = ids, newline, key
        self._size, self._pass = ids.size, -1

    def read(self, place: int, count: int) -> NDArray[Any]:
        """So many characters of the endless stream from `place` ≥ -1 on; -1 is a newline."""
        parts = []
        while count:
            number, offset = divmod(place, self._size)
            part = min(count, self._size - offset)
            parts.append(self._part(number, offset, part))
            place, count = place + part, count - part
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _part(self, number: int, offset: int, count: int) -> NDArray[Any]:
        """So many characters of pass `number`."""
        if offset == self._size - 1:  # whatever the order, the last line ends
            return np.array([self._newline], self._ids.dtype)
        if number != self._pass:
            self._draw(number)
        # Of the same type as the ends: else NumPy would copy these at every search.
        places = np.arange(offset, offset + count, dtype=self._ends.dtype)
        at = self._ends.searchsorted(places, side="right")
        line = self._order[at]
        left = self._ends[at] - places  # in the line
        return np.asarray(self._ids[self._edges[line + 1] - left])

    def _draw(self, number: int) -> None:
        """Put the lines in the order of pass `number`."""
        edges = self._edges
        order = drawn_order(edges.size - 1, self._key[0], number, self._key[1] + 1)
        self._pass, self._order = number, order.astype(edges.dtype)
        self._ends = np.diff(edges)[order].cumsum(dtype=edges.dtype)

    @cached_property
    def _edges(self) -> Places:
        """Where the lines begin, and the size."""
        return edges_of_lines(self._ids, self._newline)
