"""How a text is shown: as people write it, with escapes for what could fool a terminal."""

import re
import unicodedata
from collections.abc import Iterable

# What is written as an escape, by the reason. All else is shown as it is: no-break spaces, joiners,
# soft hyphens, variation selectors, the marks U+200E and U+200F, private characters.
ESCAPED = {
    "commands a terminal (C0 but newline and tab, DEL, C1)": r"\x00-\x08\x0b-\x1f\x7f-\x9f",
    "reorders or reshapes the text beside it": r"\u202a-\u202e\u2066-\u206f",
    "ends a line or a paragraph": r"\u2028\u2029",
    "hides a text: tags": r"\U000e0000-\U000e007f",
    "is half a character, which UTF-8 cannot hold": r"\ud800-\udfff",
}
_ESCAPED = re.compile(f"[{''.join(ESCAPED.values())}]")
JOINER, SOFT_HYPHEN = "\u200d", "\u00ad"
SKIN_TONES = range(0x1F3FB, 0x1F400)


def printable(text: str) -> str:
    r"""The text with escapes (\x1b) for the characters of `ESCAPED`."""
    return _ESCAPED.sub(lambda match: ascii(match[0])[1:-1], text)


def brief(text: str, most: int = 40) -> str:
    """The text in one line of at most so many characters, without its end if it is longer."""
    line = " ".join(printable(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def quoted(text: str) -> str:
    r"""The text in one line and in quotation marks, with \n, \t and \\ as Python writes them."""
    inside = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    mark = '"' if "'" in text and '"' not in text else "'"
    return mark + printable(inside).replace(mark, "\\" + mark) + mark


def names(characters: Iterable[str], most: int = 20) -> str:
    """At most `most` characters as a message names them: what cannot be seen alone by its number.

    For example `'é' '☃' U+00A0 (no-break space) and 3 more`.
    """
    characters = list(characters)
    more = f" and {len(characters) - most:,} more" if len(characters) > most else ""
    return " ".join(map(_name, characters[:most])) + more


def _name(character: str) -> str:
    kind = unicodedata.category(character)
    if character == " " or (kind[0] not in "MZ" and kind != "Cf"):
        return quoted(character) if kind[0] != "C" else ascii(character)
    return f"U+{ord(character):04X} ({unicodedata.name(character, kind).lower()})"


def width(text: str) -> int:
    """The columns that a text takes in a terminal.

    East Asian wide characters take 2. Marks, joiners, and what joins the character before, take 0.
    """
    columns, before = 0, ""
    for character in text:
        joined = before == JOINER or (before and ord(character) in SKIN_TONES)
        if not joined and not has_no_width(character):
            columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        before = character
    return columns


def has_no_width(character: str) -> bool:
    """Whether it takes no column of its own: marks, joiners, variation selectors."""
    return unicodedata.category(character) in ("Mn", "Me", "Cf") and character != SOFT_HYPHEN
