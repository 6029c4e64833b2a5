"""Inside quotation marks, of each kind. An empty line ends a quotation that nobody has closed."""

import re
from collections.abc import Iterator

from charlstm.studies.features.characters.marking import Marking, Stretch, inside

EMPTY_LINE = r"\n[ \t\r]*\n"
# An apostrophe at the beginning of these words opens nothing.
ELIDED = "tis|twas|twere|twill|twould|twixt|gainst|neath|em|un|er|s|t|d|ll|re|ve"


def _between(text: str, opening: str, closing: str, late: int = 0) -> Iterator[Stretch]:
    """The stretches from a match of `opening` to the next one of `closing`, both regexes.

    One that ends `late` holds after its closing mark too, because only the next character shows
    that the mark is no apostrophe.
    """
    event = re.compile(f"(?P<empty>{EMPTY_LINE})|(?P<close>{closing})|(?P<open>{opening})")
    first = re.compile(f"(?P<open>{opening})")
    place = 0
    while match := first.search(text, place):
        start = match.start()
        end = next((m for m in event.finditer(text, match.end()) if m.lastgroup != "open"), None)
        if end is None:
            yield Stretch(start, len(text), None)
            return
        if end.lastgroup == "close":
            yield Stretch(start, end.start() + late, range(end.start(), end.end()))
        else:
            yield Stretch(start, end.end() - 1, None)
        place = end.end()


def straight_double(text: str) -> Marking:
    """Inside "…"."""
    return inside(text, _between(text, '"', '"'))


def straight_single(text: str) -> Marking:
    """Inside '…'. Only the word after it shows that a mark opens, and is not that of 'tis."""
    opening = rf"(?<![\w'])'(?!(?i:{ELIDED})\b)(?=\w)"
    return inside(text, _between(text, opening, r"(?<=\S)'(?!\w)", late=1))


def curly_double(text: str) -> Marking:
    """Inside “…”."""
    return inside(text, _between(text, "“", "”"))


def curly_single(text: str) -> Marking:
    """Inside ‘…’. A ’ between letters is an apostrophe."""
    return inside(text, _between(text, "‘", r"’(?!\w)", late=1))


def low(text: str) -> Marking:
    """Inside „…“."""
    return inside(text, _between(text, "„", "[“”]"))


def guillemets(text: str) -> Marking:
    """Inside «…»."""
    return inside(text, _between(text, "«", "»"))


def backticks(text: str) -> Marking:
    """Inside `…`."""
    return inside(text, _between(text, "`", "`"))
