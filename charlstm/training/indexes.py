"""The indexes of a training text: what other texts share with it. Large ones lie in the cache."""

from pathlib import Path

from charlstm.novelty import Index
from charlstm.text.slices import TextSlice


def index_of(text: TextSlice, cache: Path) -> Index:
    """The index that finds passages of `text` in other texts; a large one is kept in `cache`.

    Raises:
        CorpusError: if it cannot be kept there.
    """
    return Index(text.open(), cache / f"{Path(text.path).stem}-{text.stop}.pieces")
