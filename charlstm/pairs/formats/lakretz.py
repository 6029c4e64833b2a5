"""The number-agreement tasks of Lakretz et al. (2019): sentence, numbers, correct or wrong, id.

Two lines are a pair: the same beginning with the right and with the wrong form of the verb. The
numbers are those of the subject and of the nouns between, such as singular_plural.
"""

from collections.abc import Iterator

from charlstm.pairs.formats.base import Fields, Format, number_labels
from charlstm.pairs.formats.halves import CLASSES, paired
from charlstm.pairs.pair import NUMBERS
from charlstm.pairs.source import Head, Source


def _knows(head: Head) -> bool:
    cells = head.first.split("\t")
    return len(cells) == 4 and cells[2] in CLASSES


def _halves(source: Source) -> Iterator[tuple[tuple[str, ...], str, list[str]]]:
    for line in source.lines():
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != 4:
            raise ValueError(
                f"expected sentence, numbers, correct or wrong, id; found {len(cells)}"
            )
        yield (cells[1], cells[3]), cells[2], cells


def _read(source: Source) -> Iterator[Fields]:
    for (numbers, item), right, wrong in paired(source, _halves(source)):
        named = numbers.split("_")
        labels = number_labels(*named) if set(named) <= set(NUMBERS) else {}
        yield {
            "sentence_good": right[0],
            "sentence_bad": wrong[0],
            "condition": numbers,
            "item": item,
            "closing": " ",
            **labels,
        }


FORMAT = Format(_knows, _read, per_file=True)
