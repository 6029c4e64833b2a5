"""A table of minimal pairs: the columns that its first line names, and the fields of a line."""

import csv
import re
from collections.abc import Sequence
from typing import Any

# The names of columns in the first line of a table, without "sentence" and in small letters.
COLUMNS = {
    **dict.fromkeys(("good", "grammatical", "correct", "right", "acceptable"), "sentence_good"),
    **dict.fromkeys(("bad", "ungrammatical", "incorrect", "wrong"), "sentence_bad"),
    "unacceptable": "sentence_bad",
    **dict.fromkeys(("condition", "uid", "testcase"), "condition"),
    "item": "item",
    "subjectnumber": "subject_number",
    "congruent": "congruent",
    "attractors": "attractors",
    "subjectend": "subject_end",
    "attractorend": "attractor_end",
}
LABELS = ("congruent", "attractors", "subject_number", "subject_end", "attractor_end")
UNNAMED_COLUMNS = ("sentence_good", "sentence_bad", "condition")


def named_columns(line: str) -> tuple[str, list[str | None] | None] | None:
    """The separator and the columns that a table's first line names; None if it names none.

    The columns are None if they are those of a table whose first line names none.
    """
    for separator in "\t,;":
        keys = [re.sub("sentences?|[^a-z]", "", cell.lower()) for cell in _split(line, separator)]
        columns = [COLUMNS.get(key) for key in keys]
        if "sentence_good" in columns and "sentence_bad" in columns:
            as_unnamed = separator == "\t" and columns == ["sentence_good", "sentence_bad"]
            return separator, None if as_unnamed else columns
    return None


def _split(line: str, separator: str) -> list[str]:
    line = line.rstrip("\r")
    if separator == "\t":
        return line.split("\t")
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error:  # a cell is longer than 128 kB
        return [line]


def fields_of(line: str, separator: str, columns: Sequence[str | None] | None) -> dict[str, Any]:
    """The fields of a table's line; without names of `columns` two or three cells."""
    cells = _split(line, separator)
    if columns is None and len(cells) not in (2, 3):
        found = f"found {len(cells) - 1} tabs"
        raise ValueError(
            f"expected good sentence, tab, bad sentence and perhaps tab, condition; {found}. Also "
            "read are JSON Lines with sentence_good and sentence_bad, and CSV whose first line "
            "names the columns good and bad"
        )
    if columns is not None and len(cells) != len(columns):
        raise ValueError(f"found {len(cells)} columns; the first line names {len(columns)}")
    names = columns or UNNAMED_COLUMNS
    fields = {name: cell for name, cell in zip(names, cells, strict=False) if name}
    values = {"true": True, "false": False, "": None}
    labels = {name: fields.get(name, "") for name in LABELS}
    return fields | {
        name: int(cell) if cell.isdecimal() else values.get(cell.lower(), cell)
        for name, cell in labels.items()
    }
