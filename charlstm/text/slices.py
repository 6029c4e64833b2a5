"""Parts of an encoded text: a slice of its file, and where it is cut for validation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TextSlice:
    """The ids `start` to `stop` (exclusive) of an encoded text, in a form for any process."""

    path: str
    dtype: str
    start: int
    stop: int

    @property
    def size(self) -> int:
        """How many characters (or bytes) it has."""
        return self.stop - self.start

    def open(self) -> NDArray[Any]:
        """The ids (size,), mapped from the file."""
        ids: NDArray[Any] = np.memmap(self.path, self.dtype, mode="r")[self.start : self.stop]
        return ids


def split(n: int, val_fraction: float) -> tuple[slice, slice]:
    """Where n characters are cut: (training part, validation part), the latter the text's end.

    The cut is ⌊n·(1 - val_fraction)⌋, 0 ≤ val_fraction < 1. A part of fewer than 2 characters has
    nothing to predict; then the whole text is for training and the validation part is empty.
    """
    cut = int(n * (1 - val_fraction))
    if cut < 2 or n - cut < 2:
        cut = n
    return slice(0, cut), slice(cut, n)
