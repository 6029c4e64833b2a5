"""The indexes of a training text: what other texts share with it. Large ones lie in the cache."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from charlstm.copying import Passages, passages_of
from charlstm.novelty import Index
from charlstm.text.folding import Folding
from charlstm.text.slices import TextSlice
from charlstm.text.vocabulary import Ids, Vocabulary


def index_of(text: TextSlice, cache: Path) -> Index:
    """The index that finds passages of `text` in other texts; a large one is kept in `cache`.

    Raises:
        CorpusError: if it cannot be kept there.
    """
    return Index(text.open(), cache / f"{Path(text.path).stem}-{text.stop}.pieces")


def passages_in(
    texts: Sequence[tuple[TextSlice, Vocabulary]], vocabulary: Vocabulary, n: int, wall: int | None
) -> Passages:
    """The runs of `n` characters of texts, blanks folded; those of long texts lie beside the first.

    Each text has a vocabulary of its own, which is a part of `vocabulary`.
    """
    named = {f"{Path(text.path).stem}-{text.stop}": (text, own) for text, own in texts}
    name, *others = named
    if others:
        name = hashlib.sha256(" ".join(named).encode()).hexdigest()[:32]
    file = Path(texts[0][0].path).with_name(f"{name}-{n}.passages")
    ids = [_translated(text.open(), own, vocabulary) for text, own in named.values()]
    return passages_of(ids, n, Folding(vocabulary, wall), file)


def _translated(ids: Ids, own: Vocabulary, vocabulary: Vocabulary) -> Ids:
    """The same text in the ids of a larger vocabulary."""
    if own == vocabulary:
        return ids
    table = np.append(vocabulary.encode(own.characters), vocabulary.unknown)
    return table.astype(vocabulary.dtype)[ids]
