"""A table without names of columns: good sentence, tab, bad sentence, perhaps tab and condition."""

import re
from collections.abc import Iterator

from charlstm.pairs.formats.base import Fields, Format
from charlstm.pairs.formats.named_table import COLUMNS
from charlstm.pairs.pair import share_an_end
from charlstm.pairs.source import Head, Source

WIDTHS = (2, 3)  # how many cells a line may have
# A name of a column is at most three words, and has no punctuation as sentences have.
_NAME = re.compile(r"[\w#-]+( [\w#-]+){0,2}")
NAMING = {"sentence", "sentences", "sent", "label", "id", *COLUMNS}  # words of names


def _knows(head: Head) -> bool:
    return len(head.first.split("\t")) in WIDTHS and not names_columns(head)


def names_columns(head: Head) -> bool:
    """Whether the first line seems to name columns.

    All its cells look like names, and not all of the next line. And the first two are no pair, or
    have a word such as sentence or good.
    """
    first, second = (
        [cell.strip() for cell in line.split("\t")] for line in (head.first, head.second)
    )
    looks = all(map(_NAME.fullmatch, first)) and not all(map(_NAME.fullmatch, second))
    words = set(re.split(r"[\W_\d]+", " ".join(first[:2]).lower()))
    naming = bool(words & NAMING) or not share_an_end(*first[:2])
    return looks and naming and bool(head.second)


def _read(source: Source) -> Iterator[Fields]:
    for line in source.lines():
        cells = line.split("\t")
        if len(cells) not in WIDTHS:
            raise ValueError(
                "expected good sentence, tab, bad sentence and perhaps tab, condition; found "
                f"{len(cells) - 1} tabs"
            )
        good, bad, condition = (*cells, "")[:3]
        if condition and share_an_end(bad, condition) and not share_an_end(good, bad):
            raise ValueError(
                "the second and the third column look like the pair, and the first like its "
                "condition; name the columns in a first line: condition, good and bad"
            )
        yield {"sentence_good": good, "sentence_bad": bad, "condition": condition}


FORMAT = Format(_knows, _read)
