"""A source that follows a text while it is edited: it reads again only what has changed.

The state is kept at every 128th character. So what is taken back costs at most 127 characters that
are read again, however long the text is.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.source import ALL, Source, State

EVERY = 128  # characters from one kept state to the next


class Follower:
    """Brings a source of one column, which has read nothing, to any place of a text."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ids: NDArray[np.integer[Any]] = np.empty(0, np.intp)  # of the longest text
        self._states: dict[int, State] = {0: source.get()}  # by the characters read before
        self._last = 0  # the characters of the state that was asked for last

    def after(self, ids: NDArray[np.integer[Any]]) -> Source:
        """The source after the ids (N,). It may go on from there, and comes back for the next."""
        same = _same(self._ids, ids)
        if same < len(ids):  # what stood there is no part of the text any more
            self._ids = ids.copy()
            for count in [count for count in self._states if count > same]:
                del self._states[count]
        at = max(count for count in self._states if count <= len(ids))
        self._source.put(ALL, self._states[at])
        while at < len(ids):
            end = min(len(ids), (at // EVERY + 1) * EVERY)
            self._source.read(ids[at:end])
            at = end
            self._states[at] = self._source.get()
        if self._last % EVERY and self._last != at:
            self._states.pop(self._last, None)
        self._last = at
        return self._source


def _same(a: NDArray[np.integer[Any]], b: NDArray[np.integer[Any]]) -> int:
    """How many ids both begin with."""
    count = min(len(a), len(b))
    differ = a[:count] != b[:count]
    return int(differ.argmax()) if differ.any() else count
