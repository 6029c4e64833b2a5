"""What a feature is: a value after each character of a text, and the characters that need it.

The value at character t is what a reader knows once character t is read. So a quotation begins at
its opening mark, and at its closing mark it is over. A character needs the feature if a reader who
knows the value before it expects the character more, or less: the closing mark, for instance.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charlstm.text.vocabulary import code_points

Flags = NDArray[np.bool_]


class Marking(NamedTuple):
    """A feature on a text of N characters.

    `values` (N,) are flags, or counts as int32. `needs` (N,) are the characters that need it, None
    if no character does.
    """

    values: NDArray[Any]
    needs: Flags | None = None


@dataclass(frozen=True)
class Feature:
    """A feature of characters.

    `about` says when it holds or what it counts, `needs` which characters need it ("" for none).
    One that `foresees` is about the character to come, which the network can only guess.
    """

    name: str
    about: str
    mark: Callable[[str], Marking]
    needs: str = ""
    foresees: bool = False


class Stretch(NamedTuple):
    """A stretch of a text: it holds after each of the characters `start` to `stop`, exclusive.

    The characters `closing` close it; it is None if nothing does.
    """

    start: int
    stop: int
    closing: range | None


def inside(text: str, stretches: Iterable[Stretch]) -> Marking:
    """The flags of stretches, and the characters that close them."""
    values, needs = np.zeros(len(text), np.bool_), np.zeros(len(text), np.bool_)
    for start, stop, closing in stretches:
        values[start:stop] = True
        if closing is not None:
            needs[closing.start : closing.stop] = True
    return Marking(values, needs)


def where(text: str, holds: Callable[[str], bool]) -> Flags:
    """For which characters of a text a predicate holds, (N,)."""
    codes = code_points(text)
    known, places = np.unique(codes, return_inverse=True)
    return np.array([holds(chr(code)) for code in known], np.bool_)[places]


def since(begins: Flags) -> NDArray[np.int32]:
    """How many characters ago a flag (N,) was last True, 0 at such a one; from the start before."""
    places = np.arange(len(begins), dtype=np.int32)
    last = np.maximum.accumulate(np.where(begins, places, -1))
    return np.where(last < 0, places + 1, places - last).astype(np.int32)


def before(values: NDArray[Any]) -> NDArray[Any]:
    """The values (N,) one character earlier, with zero or False before the first."""
    return np.concatenate([np.zeros(1, values.dtype), values])[: len(values)]
