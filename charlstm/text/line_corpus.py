"""A corpus as lines: none goes from one file into the next, none is empty, a seed has the order."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.text.cache import stored
from charlstm.text.corpus import Corpus, unkept
from charlstm.text.lines import drawn_order, ends_of_lines, places_of
from charlstm.text.vocabulary import Ids, Vocabulary

BLOCK = 1 << 20  # ids written at once


def without_empty_lines(vocabulary: Vocabulary, ids: Ids) -> Ids:
    """The ids (N,) of a text without its empty lines."""
    ends = ends_of_lines(ids, _newline(vocabulary))
    if ids.size and ids[-1] != _newline(vocabulary):
        ends = np.append(ends, ids.size)
    starts, ends = _full_lines(vocabulary, ids, ends)
    return np.asarray(ids[places_of(starts, ends)])


def lines_in_order(corpus: Corpus, seed: int) -> Corpus:
    """The lines of a text, each with its newline, in an order that the seed decides.

    An empty line is left out, and a note says so. The text must have been encoded with `lines`.

    Raises:
        CorpusError: if all lines are empty, or the result cannot be kept beside the text.
    """
    ids, vocabulary = corpus.ids, corpus.vocabulary
    found = ends_of_lines(ids, _newline(vocabulary))
    starts, ends = _full_lines(vocabulary, ids, found)
    if not starts.size:
        raise CorpusError("the text has only empty lines; with --lines each line is an example")
    empty = found.size - starts.size
    order = drawn_order(starts.size, seed, 0, 0)
    digest = hashlib.sha256(f"lines 1 {seed} {corpus.digest}".encode()).hexdigest()
    pieces = _gathered(ids, starts[order], ends[order])
    try:
        count = int((ends - starts).sum())
        drawn, path = stored(pieces, count, corpus.path.parent, digest, vocabulary)
    except OSError as error:
        raise unkept(corpus.path.parent, error) from error
    notes = [*corpus.notes]
    if empty:
        lines = f"{empty:,} empty line{'s' * (empty > 1)}"
        notes.append(f"left out {lines}: an example needs a character")
    return replace(corpus, ids=drawn, digest=digest, path=path, notes=notes)


def _full_lines(
    vocabulary: Vocabulary, ids: Ids, ends: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    r"""Where the lines begin and end that are not empty; of bytes a lone "\r" is empty too."""
    starts = np.concatenate([[0], ends[:-1]])[: ends.size]
    lengths = ends - starts - (ids[ends - 1] == _newline(vocabulary))
    full = lengths > 0
    if vocabulary.tokens == "byte":
        full &= (lengths > 1) | (ids[starts] != ord("\r"))
    return starts[full], ends[full]


def _gathered(ids: Ids, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> Iterator[Ids]:
    """The ids of these lines one after another, in pieces."""
    lengths = (ends - starts).cumsum()
    first = 0
    while first < starts.size:
        before = lengths[first - 1] if first else 0
        last = max(first + 1, int(lengths.searchsorted(before + BLOCK, side="right")))
        yield ids[places_of(starts[first:last], ends[first:last])]
        first = last


def _newline(vocabulary: Vocabulary) -> int:
    return int(vocabulary.encode("\n")[0])
