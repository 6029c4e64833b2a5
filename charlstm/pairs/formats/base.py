"""What a format of minimal pairs is: how its files are known, and what their lines hold."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from charlstm.pairs.pair import Label
from charlstm.pairs.source import Head, Source

# The fields of a pair by the names of `Pair`, as a file has them. "labels" maps its other labels,
# "doubt" says what may be wrong with it, and "left_out" why it is none.
Fields = dict[str, Any]


@dataclass(frozen=True)
class Format:
    """A format of files of minimal pairs.

    `knows` says whether a file has it, by its columns. `read` yields the fields of each pair; a
    ValueError says what is wrong with the line that the source has just read. A report groups by
    the labels `group_by` where pairs have them. If `per_file`, the conditions and the items of two
    files are different ones although their names are the same.
    """

    knows: Callable[[Head], bool]
    read: Callable[[Source], Iterator[Fields]]
    group_by: tuple[str, ...] = ()
    per_file: bool = False


def label(cell: str) -> Label:
    """The value of a table's cell: a number if it is written as one, true or false, or a text."""
    known: dict[str, Label] = {"true": True, "false": False, "": None}
    if cell.lower() in known:
        return known[cell.lower()]
    for kind in (int, float):
        try:
            value = kind(cell)
        except ValueError:
            continue
        if repr(value) == cell and cell not in ("inf", "-inf", "nan"):  # 007 and 1_000 are texts
            return value
    return cell


def number_labels(*numbers: str) -> Fields:
    """What the numbers of a sentence's nouns say of a pair, that of the subject first."""
    subject, *others = numbers
    attractors = sum(number != subject for number in others)
    labels = {"congruent": attractors == 0, "attractors": attractors} if others else {}
    return {"subject_number": subject, **labels}
