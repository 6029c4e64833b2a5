"""From text of any size to an array of character ids, and back.

Each name is imported from its module when it is asked for: a model that only writes needs the
vocabulary, and not the 6 ms that reading texts takes to import.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from charlstm.text.corpus import Corpus, Progress, encode_corpus, split
    from charlstm.text.reading import read_text
    from charlstm.text.vocabulary import Tokens, Vocabulary

__all__ = ["Corpus", "Progress", "Tokens", "Vocabulary", "encode_corpus", "read_text", "split"]

_HOMES = {"Tokens": "vocabulary", "Vocabulary": "vocabulary", "read_text": "reading"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'corpus')}"), name)
