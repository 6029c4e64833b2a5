"""The formats of files of minimal pairs. A new one is a file here, and its name in this one.

A file's format is known by its columns, and none is guessed. The first format that knows it reads
it; a table without names of columns comes last.
"""

from charlstm.pairs.formats import (
    gulordava,
    json_lines,
    lakretz,
    lakretz_verbs,
    linzen,
    named_table,
    plain_table,
)
from charlstm.pairs.formats.base import Format
from charlstm.pairs.source import Head

MODULES = (json_lines, gulordava, named_table, lakretz, lakretz_verbs, linzen, plain_table)


def format_of(head: Head) -> Format | None:
    """The format of a file that begins so; None if it is in none of them."""
    return next((m.FORMAT for m in MODULES if m.FORMAT.knows(head)), None)
