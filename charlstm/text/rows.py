"""A text is cut into the rows of a window: between words where that goes, else between characters.

Places are those of the text. A row ends where the next one begins, but for the line break between
them, which is part of no row.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

Columns = Callable[[str], int]  # how many columns a character takes


class Row(NamedTuple):
    """The places of the text from `begin` up to `end`."""

    begin: int
    end: int


def rows_of(text: str, width: int, columns: Columns) -> list[Row]:
    """The rows of a text in a window of `width` columns; a character that is wider has its own."""
    rows: list[Row] = []
    begin = 0
    for line in text.split("\n"):
        ends = _ends(line, width, columns)
        rows += [Row(begin + a, begin + b) for a, b in pairwise((0, *ends))]
        begin += len(line) + 1
    return rows


def row_at(rows: Sequence[Row], place: int) -> int:
    """The number of the row in which a place is; between two rows of a line it is in the second."""
    return next(k for k in range(len(rows) - 1, -1, -1) if rows[k].begin <= place)


def place_beside(text: str, rows: Sequence[Row], place: int, step: int, columns: Columns) -> int:
    """The place above or below (`step` -1 or 1), as far to the right; beyond the rows their end."""
    here = row_at(rows, place)
    if not 0 <= here + step < len(rows):
        return rows[0].begin if step < 0 else rows[-1].end
    wanted = sum(map(columns, text[rows[here].begin : place]))
    begin, end = rows[here + step]
    if here + step + 1 < len(rows) and rows[here + step + 1].begin == end > begin:
        end -= 1  # its end is in the row after it
    reached = accumulate(map(columns, text[begin:end]))
    return begin + sum(column <= wanted for column in reached)


@lru_cache(maxsize=4096)
def _ends(line: str, width: int, columns: Columns) -> tuple[int, ...]:
    """Where the rows of a line end."""
    ends: list[int] = []
    begin = used = word = 0  # of the row, its columns, where its last word begins
    for place, character in enumerate(line):
        more = columns(character)
        while used + more > width and place > begin:
            begin = word if word > begin else place
            ends.append(begin)
            used = sum(map(columns, line[begin:place]))
        used += more
        if character.isspace():
            word = place + 1
    return (*ends, len(line))
