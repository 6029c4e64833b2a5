"""In a comment, or in a string, of code: of languages like C, and of those with # for comments."""

import re
from collections.abc import Iterator

from charlstm.studies.features.characters.marking import Marking, Stretch, inside

TOKEN = re.compile(
    r"""(?P<block>/\*.*?(?P<end>\*/|\Z))                           # /* … */
      | (?P<line>//[^\n]*)                                        # // …
      | (?P<string>"(?:\\.|[^"\\\n])*(?:\\\Z)?)(?P<quote>")?      # "…", or to the line's end
      | '(?:\\.|[^'\\\n])'?                                       # '"' begins no string
    """,
    re.VERBOSE | re.DOTALL,
)
HASH = re.compile(r"^[ \t]*#[^\n]*|(?<=[ \t])#[^\n]*", re.MULTILINE)


def comment(text: str) -> Marking:
    """In /* … */ or // …, once both characters of its beginning are read."""
    return inside(text, _comments(text))


def string(text: str) -> Marking:
    """In a "…" outside of comments."""
    return inside(text, _strings(text))


def hash_line(text: str) -> Marking:
    """From a # at the beginning of a line, or after a blank, to the end of the line."""
    hashes = (match.start() + match.group().index("#") for match in HASH.finditer(text))
    ends = ((start, _end_of_line(text, start)) for start in hashes)
    return inside(text, (Stretch(start, end, range(end, end + 1)) for start, end in ends))


def _comments(text: str) -> Iterator[Stretch]:
    for match in TOKEN.finditer(text):
        start = match.start() + 1
        if match.group("block") is not None:
            closed = match.group("end") != ""
            stop = match.end() - 1 if closed else match.end()
            yield Stretch(start, stop, range(*match.span("end")) if closed else None)
        elif match.group("line") is not None:
            yield Stretch(start, match.end(), range(match.end(), match.end() + 1))


def _strings(text: str) -> Iterator[Stretch]:
    for match in TOKEN.finditer(text):
        if match.group("string") is not None:
            closed = match.group("quote") is not None
            stop = match.end() - 1 if closed else match.end()
            yield Stretch(match.start(), stop, range(*match.span("quote")) if closed else None)


def _end_of_line(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end
