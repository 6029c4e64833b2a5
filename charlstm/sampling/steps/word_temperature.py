"""word-temperature: the first character of a word is drawn, the rest has its own temperature.

Misspelt words come from unlikely characters within a word. At temperature 0 the rest of each word
is the likeliest one, and what varies is how words begin.
"""

import unicodedata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.filters import Filters
from charlstm.sampling.history import History
from charlstm.sampling.steps.base import ChainStep, Context
from charlstm.sampling.steps.temperature import LOWEST
from charlstm.text.vocabulary import Vocabulary

APOSTROPHES = "'’"  # within a word they belong to it


class WordTemperature(ChainStep):
    """Divides the logits by `inside` where the last character is one of a word, else by `outside`.

    The note of a character says whether it is one of a word: a letter, a digit, a mark, or an
    apostrophe after such a one. A character that the model does not know counts as a letter, and so
    does a byte that is not ASCII.
    """

    name = "word_temperature"
    looks_back = 2
    note = np.bool_

    def __init__(self, outside: float, inside: float, vocabulary: Vocabulary) -> None:
        self._temperatures = (outside, inside)
        if vocabulary.tokens == "byte":
            characters = "".join(chr(b) if b < 128 else "a" for b in range(256))
        else:
            characters = vocabulary.characters
        self._of_word = np.array([*map(_is_of_word, characters), True])
        self._apostrophe = np.array([*(c in APOSTROPHES for c in characters), False])

    def apply(self, logits: NDArray[Any], history: History) -> None:
        """Divide them; at temperature 0 forbid all but the likeliest, the first of equal ones."""
        rows = logits.reshape(-1, logits.shape[-1])  # a view
        inside = history.tail(1, self.name)[0]
        for temperature, those in zip(self._temperatures, (~inside, inside), strict=True):
            if temperature:
                rows[those] /= max(temperature, LOWEST)
            else:
                likeliest = rows.argmax(axis=1, keepdims=True)
                others = np.arange(rows.shape[1]) != likeliest
                rows[others & those[:, None]] = -np.inf

    def wrote(self, history: History) -> None:
        """Note whether the last character is one of a word."""
        before, now = history.tail(2, self.name)
        now[...] = self._of_word[history.last] | (self._apostrophe[history.last] & before)


def _is_of_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"


def step(filters: Filters, context: Context | None) -> ChainStep | None:
    """The step that the filters ask for, in place of the temperature."""
    inside = filters.temperature_within_words
    if inside is None:
        return None
    assert context
    return WordTemperature(filters.temperature, inside, context.vocabulary)
