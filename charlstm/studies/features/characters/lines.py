"""Where in its line a character stands, and how far lines are indented."""

import re

import numpy as np

from charlstm.studies.features.characters.marking import Marking, before, since, where

INDENTED = re.compile(r"^([ \t]*)(?=[^ \t\n])", re.MULTILINE)


def position(text: str) -> Marking:
    """How many characters of the line are read: 0 after its newline. The newline needs it."""
    newlines = where(text, "\n".__eq__)
    return Marking(since(newlines), newlines)


def indentation(text: str) -> Marking:
    """How far the last line that has begun is indented; a tab goes to the next multiple of 8.

    A line has begun with its first character that is no blank. Until then the count is that of the
    line before. So what needs it are the blanks that a line begins with, and the next character.
    """
    values, needs = np.zeros(len(text), np.int32), np.zeros(len(text), np.bool_)
    last, begun = 0, 0
    for match in INDENTED.finditer(text):
        values[begun : match.end()] = last
        needs[match.start() : match.end() + 1] = match.start() > 0
        last, begun = len(match.group().expandtabs()), match.end()
    values[begun:] = last
    return Marking(values, needs)


def blank_line(text: str) -> Marking:
    """After an empty line, up to the next newline: a heading, a speaker, a first line."""
    newlines = where(text, "\n".__eq__)
    first = newlines & before(newlines)
    line = np.cumsum(newlines)
    starts = np.zeros(int(line[-1]) + 1 if len(line) else 1, np.bool_)
    starts[line[first]] = True
    return Marking(starts[line], None)
