r"""Tab-separated lines that R and pandas read back as they are: no quotation marks, few escapes.

Cells are read without quoting, so a quotation mark is a character like any other. What would break
a line, or could fool a terminal, is an escape as Python has it (\t, \n, \x1b, \u2028), and so a
backslash is \\.
"""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from charlstm.text.shown import printable

_UNSAFE = re.compile(r"[\\\t\n\r]")
DIGITS = 9  # of a fraction: sums of cells agree with sums of values


def tsv_lines(rows: Iterable[Sequence[Any]]) -> Iterable[str]:
    """A line for each row, with its newline; None and what is not finite are empty cells."""
    return ("\t".join(map(_cell, row)) + "\n" for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, int):
        return str(value)
    value = float(value)
    return f"{value:.{DIGITS}g}" if math.isfinite(value) else ""


def escaped(text: str) -> str:
    """The text of a cell."""
    if text.isalnum():  # most words, and no character that is an escape
        return text
    if _UNSAFE.search(text):
        text = _UNSAFE.sub(lambda match: ascii(match[0])[1:-1], text)
    return printable(text)
