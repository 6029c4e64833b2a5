"""Texts before which a sample ends, as ids: the first that is complete ends it."""

from collections.abc import Sequence

Ids = Sequence[int]


class Stops:
    """Finds the end of a sample before the first of `texts` that is complete.

    Of two that end at the same character it takes the longer one. Empty texts are left out.
    `last` holds the ids that complete a text.
    """

    def __init__(self, texts: Sequence[Ids] = ()) -> None:
        self._texts = sorted((list(text) for text in texts if len(text)), key=len, reverse=True)
        self.longest = len(self._texts[0]) if self._texts else 0
        self.last = frozenset(text[-1] for text in self._texts)

    def complete(self, ids: list[int]) -> int:
        """The length of the text with which the ids of a sample end, or 0."""
        if not ids or ids[-1] not in self.last:
            return 0
        return next((len(text) for text in self._texts if ids[-len(text) :] == text), 0)

    def begun(self, ids: list[int]) -> int:
        """How many of the last ids may be the beginning of a text that is not yet complete."""
        for count in range(min(len(ids), self.longest - 1), 0, -1):
            tail = ids[-count:]
            if any(len(text) > count and text[:count] == tail for text in self._texts):
                return count
        return 0
