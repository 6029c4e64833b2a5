"""Two files with the same lines, as Gulordava et al. (2018) publish those of Linzen et al. (2016).

`NAME.gold` has the position of the verb among the words of the sentence, counted from 0, its right
and its wrong form, and the number of attractors; `NAME.text` has the sentences.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from charlstm.pairs.formats.base import Fields, Format
from charlstm.pairs.source import STDIN, Head, Source

GOLD, TEXT = ".gold", ".text"
CUT = "the sentence ends before its verb"
DOUBT = "have a right form that is not the word of the sentence at that position"


def _knows(head: Head) -> bool:
    cells = head.first.strip().split("\t")
    numbers = re.fullmatch(r"\d+", cells[0]) and re.fullmatch(r"-?\d+", cells[-1])
    return head.path is not None and head.path.suffix == GOLD and len(cells) == 4 and bool(numbers)


def gold_of(path: Path) -> Path | None:
    """The file of forms beside a file of sentences; None if there is none or `path` is another."""
    gold = path.with_suffix(GOLD) if path.suffix == TEXT else None
    return gold if gold and gold.is_file() else None


def _sentences(source: Source) -> Iterator[tuple[int, list[str]]]:
    """The words of each sentence with the number of its line."""
    path = Path(source.path or STDIN).with_suffix(TEXT)
    if not path.is_file():
        raise ValueError(f"the sentences should stand beside it, in {path.name}, which is missing")
    text = Source(path)
    for line in text.lines():
        yield text.number, line.split()


def _read(source: Source) -> Iterator[Fields]:
    sentences = _sentences(source)
    for line in source.lines():
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != 4 or not cells[0].isdecimal() or not re.fullmatch(r"-?\d+", cells[3]):
            raise ValueError("expected position, right form, wrong form, number of attractors")
        number, words = next(sentences, (0, []))
        if number != source.number:
            raise ValueError(f"there is no sentence for it in the same line of the {TEXT} file")
        position, attractors = int(cells[0]), int(cells[3])
        known = attractors >= 0  # -999 stands for a number that is not known
        condition = f"attractors_{attractors}" if known else None
        if position >= len(words):
            yield {"condition": condition, "left_out": CUT}
            continue
        before = words[:position]
        yield {
            "sentence_good": " ".join([*before, cells[1]]),
            "sentence_bad": " ".join([*before, cells[2]]),
            "condition": condition,
            "congruent": False if attractors > 0 else None,
            "attractors": attractors if known else None,
            "closing": " ",
            "labels": {"position": position},
            "doubt": None if words[position].lower() == cells[1].lower() else DOUBT,
        }
    for number, _ in sentences:
        raise ValueError(f"line {number} of the {TEXT} file has a sentence and no forms here")


FORMAT = Format(_knows, _read, per_file=True)
