"""Parts of texts: a slice of a file, the cut for validation, columns, and batches by length."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from charlstm.errors import CorpusError


@dataclass(frozen=True)
class TextSlice:
    """The ids from `start` to `stop` (exclusive) of an encoded text. Any process can open it.

    `path` is the file of the whole text, which has `total` ids.
    """

    path: str
    dtype: str
    start: int
    stop: int
    total: int

    @property
    def size(self) -> int:
        """How many characters (or bytes) it has."""
        return self.stop - self.start

    def open(self) -> NDArray[Any]:
        """The ids (size,), mapped from the file.

        Raises:
            CorpusError: if the file is gone or has another length than the text.
        """
        return mapped(Path(self.path), self.dtype, self.total)[self.start : self.stop]


def mapped(path: Path, dtype: DTypeLike, count: int) -> NDArray[Any]:
    """The ids (count,) of a whole encoded text, mapped read-only from its file.

    Raises:
        CorpusError: if the file is gone or has another length.
    """
    try:
        size = path.stat().st_size
        reason = f"it has {size:,} bytes, and the text has {count:,} characters"
    except OSError as problem:
        size, reason = -1, problem.strerror or str(problem)
    if size == count * np.dtype(dtype).itemsize:
        return np.memmap(path, dtype, "r")
    raise CorpusError(
        f"cannot use the encoded text {str(path)!r}: {reason}; give the same command again"
    )


def split(n: int, val_fraction: float) -> tuple[slice, slice]:
    """The training part of n characters, and the validation part, which is the end of the text.

    The cut is at ⌊n·(1 - val_fraction)⌋, 0 ≤ val_fraction < 1. In a part of fewer than 2 characters
    there is nothing to predict; then the whole text is for training, and the validation part empty.
    """
    cut = int(n * (1 - val_fraction))
    if cut < 2 or n - cut < 2:
        cut = n
    return slice(0, cut), slice(cut, n)


@dataclass(frozen=True)
class Columns:
    """A long text read side by side in `count` columns, so that a character costs little.

    Column k owns the `length` positions from `start` + k·length on. It starts from zero state, so
    it first reads the `warm_up` characters before its own, which settle its state and do not count.
    """

    start: int
    length: int
    count: int
    warm_up: int

    def positions(self, first: int, last: int) -> NDArray[np.intp]:
        """The positions in the text of the rows `first` to `last` (exclusive), (rows, count).

        A column owns the rows from 0 on. The warm-up is rows -`warm_up` to 0 (exclusive).
        """
        rows = np.arange(first, last)[:, None]
        return self.start + rows + self.length * np.arange(self.count)


def batches_by_length(
    lengths: Sequence[int], most: int, padded: int | None = None
) -> list[list[int]]:
    """The indices of texts in batches of at most `most`, the shortest texts first.

    The texts of a batch have similar lengths, so little padding is needed. With `padded` no batch
    of several texts has more characters than that when all are as long as its longest.
    """
    batches: list[list[int]] = []
    for k in sorted(range(len(lengths)), key=lengths.__getitem__):
        count = len(batches[-1]) + 1 if batches else 0
        full = padded is not None and count * lengths[k] > padded
        if not batches or count > most or full:
            batches.append([])
        batches[-1].append(k)
    return batches
