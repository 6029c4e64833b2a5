"""A corpus as lines: none goes from one file into the next, none is empty, a seed has the order."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.text.cache import stored
from charlstm.text.corpus import Corpus, unkept
from charlstm.text.lines import Places, drawn_order, edges_of_lines, places_of
from charlstm.text.vocabulary import Ids, Vocabulary

BLOCK = 1 << 20  # ids written at once
SOME = 1 << 16  # lines looked up at once


def without_empty_lines(vocabulary: Vocabulary, ids: Ids) -> Ids:
    """The ids (N,) of a text without its empty lines."""
    edges = edges_of_lines(ids, _newline(vocabulary))
    full = _full_lines(vocabulary, ids, edges)
    return np.asarray(ids[places_of(edges[:-1][full], np.diff(edges)[full])])


def lines_in_order(corpus: Corpus, seed: int) -> Corpus:
    """The lines of a text, each with its newline, in an order that the seed decides.

    An empty line is left out, and a note says so. The text must have been encoded with `lines`.

    Raises:
        CorpusError: if all lines are empty, or the result cannot be kept beside the text.
    """
    ids, vocabulary, cache = corpus.ids, corpus.vocabulary, corpus.path.parent
    edges = edges_of_lines(ids, _newline(vocabulary))
    full = np.flatnonzero(_full_lines(vocabulary, ids, edges)).astype(edges.dtype)
    if not full.size:
        raise CorpusError("the text has only empty lines; with --lines each line is an example")
    empty, order = edges.size - 1 - full.size, full[drawn_order(full.size, seed, 0, 0)]
    count = sum(int(lengths.sum()) for _, lengths in _some(edges, order))
    digest = hashlib.sha256(f"lines 1 {seed} {corpus.digest}".encode()).hexdigest()
    try:
        pieces = _gathered(ids, edges, order)
        drawn, path = stored(pieces, count, cache, digest, vocabulary)
    except OSError as error:
        raise unkept(cache, error) from error
    notes = [*corpus.notes]
    if empty:
        lines = f"{empty:,} empty line{'s' * (empty > 1)}"
        notes.append(f"left out {lines}: an example needs a character")
    return replace(corpus, ids=drawn, digest=digest, path=path, notes=notes)


def _full_lines(vocabulary: Vocabulary, ids: Ids, edges: Places) -> NDArray[np.bool_]:
    r"""Which lines between these edges are not empty; of bytes a lone "\r" is empty too."""
    starts, lengths = edges[:-1], np.diff(edges)
    if lengths.size and ids[-1] != _newline(vocabulary):
        lengths[-1] += 1
    full = lengths > 1
    if vocabulary.tokens == "byte":
        full &= (lengths > 2) | (ids[starts] != ord("\r"))
    return np.asarray(full)


def _gathered(ids: Ids, edges: Places, order: Places) -> Iterator[Ids]:
    """The ids of these lines one after another, in pieces."""
    for starts, lengths in _some(edges, order):
        ends, first = lengths.cumsum(), 0
        while first < starts.size:
            before = ends[first - 1] if first else 0
            last = max(first + 1, int(ends.searchsorted(before + BLOCK, side="right")))
            yield ids[places_of(starts[first:last], lengths[first:last])]
            first = last


def _some(edges: Places, order: Places) -> Iterator[tuple[Places, Places]]:
    """Where these lines start, and their lengths, some at a time."""
    for first in range(0, order.size, SOME):
        lines = order[first : first + SOME]
        yield edges[lines], edges[lines + 1] - edges[lines]


def _newline(vocabulary: Vocabulary) -> int:
    return int(vocabulary.encode("\n")[0])
