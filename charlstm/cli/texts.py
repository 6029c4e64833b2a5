"""The text that a command works on: files, standard input, an argument, or the run's own."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.api import Model
from charlstm.errors import CorpusError
from charlstm.text.decoding import read_text


def ids_of(
    model: Model, text: tuple[str, ...], encoding: str, cut: int | None = None
) -> NDArray[np.integer[Any]]:
    """The ids (N,) of these files, or of the run's own validation part; the first `cut` of them.

    Raises:
        CorpusError: if a text cannot be read, or the run has no validation part.
    """
    if not text:
        return model.validation_ids()[:cut]
    pieces, left = [np.empty(0, np.uint8)], cut
    for piece in read_text(text, tokens=model.vocabulary.tokens, encoding=encoding):
        pieces.append(model.vocabulary.encode(piece[:left]))
        if left is not None:
            left -= len(pieces[-1])
            if not left:
                break
    return np.concatenate(pieces)


def given_text(model: Model, text: str, limit: int, cut: int | None) -> str | bytes:
    """The text of an argument, or of standard input for -, at most `limit` characters long.

    Raises:
        CorpusError: if it is empty, too long, or not in UTF-8.
    """
    most = limit + 1 if cut is None else cut
    wanted: str | bytes = text[:most]
    if text == "-":
        empty: Any = b"" if model.vocabulary.tokens == "byte" else ""
        wanted = empty
        for piece in read_text(["-"], tokens=model.vocabulary.tokens):
            wanted += piece[: most - len(wanted)]  # type: ignore[operator]  # both str, or both bytes
            if len(wanted) == most:  # what follows may be endless
                break
    if not wanted:
        raise CorpusError("there is no text to look at; give at least one character")
    if len(wanted) > limit:
        raise CorpusError(
            f"the text is longer than the {limit:,} characters that this view holds; "
            f"--cut {limit} looks at its beginning"
        )
    return wanted
