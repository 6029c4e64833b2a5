"""What the generator of Lakretz et al. (2019) writes: task, sentence, two numbers, wrong verb.

The right verb is the last word of the sentence.
"""

from collections.abc import Iterator

from charlstm.pairs.formats.base import Fields, Format, number_labels
from charlstm.pairs.pair import NUMBERS
from charlstm.pairs.source import Head, Source


def _knows(head: Head) -> bool:
    cells = head.first.split("\t")
    return len(cells) == 5 and cells[2] in NUMBERS and cells[3] in NUMBERS


def _read(source: Source) -> Iterator[Fields]:
    for line in source.lines():
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != 5 or not {*cells[2:4]} <= {*NUMBERS}:
            raise ValueError("expected task, sentence, singular or plural twice, wrong verb")
        task, sentence, *numbers, wrong = cells
        before, blank, _ = sentence.rpartition(" ")
        yield {
            "sentence_good": sentence,
            "sentence_bad": f"{before}{blank}{wrong}",
            "condition": "_".join([task, *numbers]),
            "closing": " ",
            **number_labels(*numbers),
        }


FORMAT = Format(_knows, _read)
