"""What the samples have written last: all that a step of the chain remembers is here.

A step may keep a note beside each character. So a sample that is taken back, or goes on from
another, needs no code in the steps: ids and notes are cut and copied together. A step that
remembers something of some characters only, and far back, has a ring. It writes there in turn, and
notes where it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

IDS = ""  # the name of the ids among the notes
NOTHING = -1  # the id in a place before the first character of the prime


class History:
    """The last `keep` ids of each of `columns` samples, and notes of these types by their names.

    A ring of N rows has `keep` more, so that what it holds stays when samples go back.
    """

    def __init__(
        self,
        columns: int,
        keep: int,
        notes: Mapping[str, DTypeLike] | None = None,
        rings: Mapping[str, int] | None = None,
    ) -> None:
        self.keep = max(1, keep)
        self.written = 0  # characters of each sample after the prime
        rows = self.keep + max(self.keep, 256)  # it moves to the front once in so many characters
        self._end = self.keep
        self._arrays: dict[str, NDArray[Any]] = {IDS: np.full((rows, columns), NOTHING, np.intp)}
        for name, dtype in (notes or {}).items():
            self._arrays[name] = np.zeros((rows, columns), dtype)
        self._rings = {
            name: np.full((size + self.keep, columns), NOTHING, np.intp)
            for name, size in (rings or {}).items()
        }

    @property
    def last(self) -> NDArray[np.intp]:
        """A view of the last id of each sample, (B,)."""
        ids: NDArray[np.intp] = self._arrays[IDS][self._end - 1]
        return ids

    def tail(self, count: int, of: str = IDS) -> NDArray[Any]:
        """A view of the last `count` ids, or notes of that name, (count, B), the newest last.

        Places before the prime hold `NOTHING`, and 0 among the notes.
        """
        assert count <= self._end
        return self._arrays[of][self._end - count : self._end]

    def ring(self, name: str) -> NDArray[np.intp]:
        """The ring of that name, (R, B), for its step to read and write; at first all `NOTHING`."""
        return self._rings[name]

    def append(self, ids: Sequence[int] | NDArray[np.intp]) -> None:
        """Add the next id of each sample, (B,). Its notes are 0 until a step writes them."""
        arrays = self._arrays.values()
        if self._end == len(self._arrays[IDS]):
            for array in arrays:
                array[: self.keep] = array[self._end - self.keep :]
                array[self.keep :] = 0
            self._end = self.keep
        self._arrays[IDS][self._end] = ids
        self._end += 1
        self.written += 1

    def columns(self, columns: slice) -> "History":
        """The history of some of the samples. It shares the memory of this one, not its end."""
        part = object.__new__(History)
        part.keep, part.written, part._end = self.keep, self.written, self._end
        part._arrays = {name: array[:, columns] for name, array in self._arrays.items()}
        part._rings = {name: ring[:, columns] for name, ring in self._rings.items()}
        return part

    def back(self) -> int:
        """Take back the last character of the only sample, and return its id."""
        (id_,) = self.last
        self._end -= 1
        self.written -= 1
        for name, array in self._arrays.items():
            if name != IDS:
                array[self._end] = 0
        return int(id_)

    def pick(self, columns: Sequence[int] | NDArray[np.intp]) -> None:
        """Let each sample k go on from sample `columns[k]`."""
        for name in self._arrays:
            rows = self.tail(self.keep, name)
            rows[...] = rows[:, columns]
        for ring in self._rings.values():
            ring[...] = ring[:, columns]
