"""Classes of characters, after which a gate may open or shut."""

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CLASSES = ("lower case", "upper case", "digit", "space", "newline", "punctuation", "other")


def class_of(symbol: str) -> str:
    """The class of a character; letters without case count as lower case."""
    if symbol == "\n":
        return "newline"
    if symbol.isspace():
        return "space"
    if symbol.isdigit():
        return "digit"
    if symbol.isalpha() and len(symbol) == 1:
        return "lower case" if symbol == symbol.lower() else "upper case"
    if len(symbol) == 1 and unicodedata.category(symbol)[0] in "PS":
        return "punctuation"
    return "other"


def class_numbers(alphabet: Sequence[str]) -> NDArray[np.intp]:
    """The number in `CLASSES` of each id, (V + 1,); the unknown one is "other"."""
    return np.array([CLASSES.index(class_of(symbol)) for symbol in (*alphabet, "")], np.intp)
