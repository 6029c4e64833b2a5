"""How long a text is in characters and in bytes of UTF-8, whichever of them its ids stand for."""

import codecs
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charlstm.text.vocabulary import Vocabulary

BLOCK = 1 << 20  # ids looked at at once


class Scale(NamedTuple):
    """What a loss per token is multiplied by to become one per character, or per byte.

    `per_char` is None where the text is not UTF-8.
    """

    per_char: float | None
    per_byte: float


def scale(vocabulary: Vocabulary, ids: NDArray[Any]) -> Scale:
    """The scale of a part of a text, of whose ids (N,) the vocabulary knows some."""
    characters, size = lengths(vocabulary, ids, cut=True)
    own = size if vocabulary.tokens == "byte" else characters or 0
    return Scale(own / characters if characters else None, own / max(1, size))


def lengths(
    vocabulary: Vocabulary, ids: NDArray[Any], *, cut: bool = False
) -> tuple[int | None, int]:
    """The known characters of a text (N,), and their bytes in UTF-8.

    The number of characters is None where a byte vocabulary's ids are not UTF-8. With `cut` the
    text is a part of a longer one, so a character at either end may be incomplete.
    """
    if vocabulary.tokens == "byte":
        return _characters(ids, cut), ids.size
    sizes = np.array([*(len(c.encode()) for c in vocabulary.characters), 0])
    counts = sum((np.bincount(block, minlength=sizes.size) for block in _blocks(ids)), 0 * sizes)
    return int(counts[:-1].sum()), int(counts @ sizes)


def _characters(ids: NDArray[Any], cut: bool) -> int | None:
    """How many characters begin in these bytes; None if they are not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for _ in range(3 if cut else 0):  # the rest of a character that began before
        if ids.size and (ids[0] & 0xC0) == 0x80:
            ids = ids[1:]
    count = 0
    try:
        for block in _blocks(ids):
            decoder.decode(block.tobytes())
            count += int(np.count_nonzero((block & 0xC0) != 0x80))
        decoder.decode(b"", final=not cut)
    except UnicodeDecodeError:
        return None
    return count


def _blocks(ids: NDArray[Any]) -> Iterator[NDArray[Any]]:
    return (ids[start : start + BLOCK] for start in range(0, ids.size, BLOCK))
