"""The parts of a sentence: its characters, words or regions, and the blanks that close them.

The blank after a word says that the word ends there: without it "was" could still become "wash". So
with `closing_blank` a part covers the blanks after it, and the last part the newline that ends the
sentence (Oh & Schuler 2024; Pimentel & Meister 2024). Without it a part covers the blanks before
it, and the newline is a part of its own. Either way each character is covered once.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

By = Literal["char", "word", "region"]
BETWEEN = "\t"  # regions, in a line
_WORD = re.compile(r"\S+")


class Part(NamedTuple):
    """A part of a sentence and its newline: `text` stands from `start` to `end` (exclusive).

    It covers the characters from `first` to `last` (exclusive).
    """

    text: str
    start: int
    end: int
    first: int
    last: int


class Cut(NamedTuple):
    """A sentence without tabs between its regions, and its parts."""

    sentence: str
    parts: list[Part]


def cut(line: str, by: By, *, closing_blank: bool = True, tabs_mark: bool = True) -> Cut:
    """A line cut into its parts; in an empty line there are none.

    Its tabs mark regions, which a blank joins, and are not in the sentence. Without `tabs_mark`
    they are characters, unless the parts are the regions.
    """
    if by == "region":
        return joined_regions(line.split(BETWEEN), closing_blank=closing_blank)
    if tabs_mark and BETWEEN in line:
        line = joined_regions(line.split(BETWEEN)).sentence
    if by == "word":
        return Cut(line, _words(line, closing_blank=closing_blank))
    whole = f"{line}\n" if line else ""
    return Cut(line, [Part(c, k, k + 1, k, k + 1) for k, c in enumerate(whole)])


def joined_regions(contents: Sequence[str], *, closing_blank: bool = True) -> Cut:
    """One sentence from the contents of its regions, and a part for each of them.

    A blank joins two regions, unless one stands there already. A region that is empty, or has only
    blanks, is not read; its part covers nothing.
    """
    sentence, places = "", []
    for content in contents:
        inside = content.strip()
        if inside:
            if sentence and not sentence[-1].isspace() and not content[0].isspace():
                sentence += " "
            start = len(sentence) + len(content) - len(content.lstrip())
            sentence += content
            places.append((start, start + len(inside)))
        else:
            places.append((len(sentence), len(sentence)))
    if not sentence:
        return Cut("", [])
    return Cut(sentence, _covering(f"{sentence}\n", places, closing_blank=closing_blank))


def _words(line: str, *, closing_blank: bool) -> list[Part]:
    """The words between blanks, as Python's str.split has them."""
    places = [(match.start(), match.end()) for match in _WORD.finditer(line)]
    return _covering(f"{line}\n", places, closing_blank=closing_blank) if places else []


def _covering(whole: str, places: Sequence[tuple[int, int]], *, closing_blank: bool) -> list[Part]:
    """Parts at these places that cover `whole`, which ends with the newline; some may be empty."""
    full = [k for k, (start, end) in enumerate(places) if end > start]
    parts = [Part("", start, start, start, start) for start, _ in places]
    for before, k, after in zip([None, *full], full, [*full[1:], None], strict=False):
        start, end = places[k]
        if closing_blank:
            first = 0 if before is None else start
            last = len(whole) if after is None else places[after][0]
        else:
            first, last = 0 if before is None else places[before][1], end
        parts[k] = Part(whole[start:end], start, end, first, last)
    if not closing_blank:
        end = places[full[-1]][1]
        parts.append(Part("\n", len(whole) - 1, len(whole), end, len(whole)))
    return parts
