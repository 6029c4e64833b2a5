"""A table whose first line names its columns, as Marvin & Linzen (2018) name theirs."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from charlstm.pairs.formats.base import Fields, Format, label
from charlstm.pairs.formats.cells import SEPARATORS, cells_of
from charlstm.pairs.pair import SENTENCES
from charlstm.pairs.source import Head, Source

# The names of columns in small letters, without "sentence" and all but letters.
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
    "closing": "closing",
}
FIRST = {"sentence_good": "good", "sentence_bad": "bad", "condition": "condition"}
TEXTS = ("sentence_good", "sentence_bad", "condition", "item", "closing")


def _knows(head: Head) -> bool:
    return _named(head.first) is not None


def _read(source: Source) -> Iterator[Fields]:
    lines = source.lines()
    named = _named(next(lines))
    if named is None:
        raise ValueError("the first line names no columns")
    separator, names, columns = named
    for line in lines:
        cells = cells_of(line, separator)
        if separator == "\t" and columns == [*SENTENCES] and len(cells) == 3:  # as without names
            yield {"sentence_good": cells[0], "sentence_bad": cells[1], "condition": cells[2]}
            continue
        if len(cells) != len(columns):
            raise ValueError(f"found {len(cells)} columns; the first line names {len(columns)}")
        fields: Fields = {"labels": {}}
        for name, column, cell in zip(names, columns, cells, strict=True):
            if column:
                fields[column] = cell if column in TEXTS else _value(cell)
            else:
                fields["labels"][name] = label(cell)
        yield fields


def _value(cell: str) -> Any:
    return int(cell) if cell.isdecimal() else label(cell)  # 08 too is a number of characters


def _named(line: str) -> tuple[str, list[str], Sequence[str | None]] | None:
    """The separator, the names of the columns and what each of them holds; None if unknown.

    Where two columns could hold the same, as good and right could, good is the sentence and right
    a label.
    """
    for separator in SEPARATORS:
        names = cells_of(line, separator)
        keys = [re.sub("sentences?|[^a-z]", "", name.lower()) for name in names]
        columns: list[str | None] = [COLUMNS.get(key) for key in keys]
        for field, key in FIRST.items():
            if columns.count(field) > 1 and key in keys:
                kept = keys.index(key)
                columns = [None if c == field and n != kept else c for n, c in enumerate(columns)]
        held = [column for column in columns if column]
        if set(SENTENCES) <= set(held) and len(set(held)) == len(held):
            return separator, [name.strip() for name in names], columns
    return None


FORMAT = Format(_knows, _read)
