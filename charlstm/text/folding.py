"""Text with its blanks folded: a run of white space of any kind and length is one blank."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from charlstm.text.vocabulary import Ids, Vocabulary

BLOCK = 2**20  # ids that are folded at once


class Folding:
    """Folds the blanks of ids: each id becomes a symbol, and of blanks in a row the first stays.

    White space are the characters for which `str.isspace` holds, and of bytes those for which
    `bytes.isspace` does. They all become one symbol, `blank`. Any other id is its own symbol, and
    so is the id `wall` in any case.
    """

    def __init__(self, vocabulary: Vocabulary, wall: int | None = None) -> None:
        byte = vocabulary.tokens == "byte"
        alphabet: Sequence[str | bytes] = vocabulary.characters
        if byte:
            alphabet = [bytes([k]) for k in range(256)]
        white = [k for k, token in enumerate(alphabet) if token.isspace() and k != wall]
        self._white = np.array(white, np.intp)
        self.wall, self.blank = wall, white[0] if white else -1  # which is no symbol
        self.count = vocabulary.size + (not byte)  # of ids, the unknown one among them
        self.symbols: Ids = np.arange(self.count).astype(vocabulary.dtype)  # of each id
        self.symbols[self._white] = white[:1]

    def ids(self, symbols: NDArray[np.integer]) -> NDArray[np.intp]:
        """The ids that become these symbols."""
        others = symbols[symbols != self.blank].astype(np.intp)
        return others if others.size == symbols.size else np.concatenate([others, self._white])

    def kept(self, ids: Ids) -> NDArray[np.bool_]:
        """Which of ids (N,) stay, (N,): all but the blanks that follow a blank."""
        filled = self.symbols[ids] != self.blank
        kept: NDArray[np.bool_] = filled.copy()
        kept[1:] |= filled[:-1]
        kept[:1] = True
        return kept

    def folded(self, ids: Ids) -> Iterator[Ids]:
        """The symbols of ids (N,), blanks folded, a block after another."""
        for start in range(0, ids.size, BLOCK):
            first = max(0, start - 1)  # the id before shows whether a blank follows a blank
            part = ids[first : start + BLOCK]
            kept = self.kept(part)
            kept[: start - first] = False
            yield self.symbols[part[kept]]
