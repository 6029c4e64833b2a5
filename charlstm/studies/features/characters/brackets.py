"""Inside brackets, and how deep.

A closing bracket that begins a line closes all of its kind, as the last one of a function in C
does. So a bracket that nobody closes, or that a condition of the preprocessor opens twice, does no
harm for long. An empty line closes all brackets but braces.
"""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from charlstm.studies.features.characters.marking import Flags, Marking
from charlstm.studies.features.characters.quotes import EMPTY_LINE

PAIRS = ("()", "[]", "{}")


def _depths(text: str, pair: str) -> tuple[NDArray[np.int32], Flags]:
    """How many brackets of a kind are open after each character, and which characters close one."""
    changes, closing = np.zeros(len(text), np.int32), np.zeros(len(text), np.bool_)
    for place, change, closes in _changes(text, pair):
        changes[place], closing[place] = change, closes
    return changes.cumsum(dtype=np.int32), closing


def _changes(text: str, pair: str) -> Iterator[tuple[int, int, bool]]:
    """Where the depth changes, by how much, and whether the character there closes a bracket."""
    opening, shut = map(re.escape, pair)
    empty = "" if pair == "{}" else f"|{EMPTY_LINE}"
    depth = 0
    for match in re.finditer(f"{opening}|{shut}{empty}", text):
        mark, place = match.group(), match.end() - 1
        if mark == pair[0]:
            depth += 1
            yield place, 1, False
        elif depth:
            closes = mark == pair[1]
            closed = 1 if closes and text[place - 1] != "\n" else depth
            depth -= closed
            yield place, -closed, closes


def _inside(text: str, pair: str) -> Marking:
    depths, closing = _depths(text, pair)
    return Marking(depths > 0, closing)


def parentheses(text: str) -> Marking:
    """Inside (…)."""
    return _inside(text, "()")


def square(text: str) -> Marking:
    """Inside […]."""
    return _inside(text, "[]")


def braces(text: str) -> Marking:
    """Inside {…}."""
    return _inside(text, "{}")


def depth(text: str) -> Marking:
    """How many brackets of these three kinds are open."""
    kinds = [_depths(text, pair) for pair in PAIRS]
    depths = np.stack([depths for depths, _ in kinds]).sum(axis=0, dtype=np.int32)
    closing = np.logical_or.reduce([closing for _, closing in kinds])
    return Marking(np.asarray(depths), np.asarray(closing))
