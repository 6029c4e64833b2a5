"""From text of any size to an array of character ids, and back."""

from charlstm.text.corpus import Corpus, Progress, encode_corpus, split
from charlstm.text.reading import read_text
from charlstm.text.vocabulary import Tokens, Vocabulary

__all__ = ["Corpus", "Progress", "Tokens", "Vocabulary", "encode_corpus", "read_text", "split"]
