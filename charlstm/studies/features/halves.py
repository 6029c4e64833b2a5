"""The two halves of a text: one on which units are chosen, one on which they are reported."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError

LEAST = 5000  # characters in both halves
VALUES = 50_000_000  # values of units that are kept at most: 200 MB


@dataclass(frozen=True)
class Halves:
    """The characters `start` to `middle`, and `middle` to `stop`, exclusive, of a text.

    The units' values are kept at each `step`-th of them. The characters before `start` only settle
    the network's state.
    """

    start: int
    middle: int
    stop: int
    step: int

    @property
    def chosen(self) -> NDArray[np.intp]:
        """The places of the first half at which values are kept."""
        return np.arange(self.start, self.middle, self.step)

    @property
    def reported(self) -> NDArray[np.intp]:
        """Those of the second half."""
        return np.arange(self.middle, self.stop, self.step)


def halves_of(size: int, units: int, warm_up: int, unit: str = "character") -> Halves:
    """The halves of a text of `size` characters that a network of so many units reads.

    Raises:
        CorpusError: if the text is too short.
    """
    start = warm_up + 1
    if size < start + LEAST:
        raise CorpusError(
            f"the text has {size:,} {unit}s, and features need {start + LEAST:,} of them; "
            "name a longer text"
        )
    step = max(1, -(-(size - start) * units // VALUES))
    return Halves(start, start + (size - start) // 2, size, step)
