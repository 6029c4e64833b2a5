"""Text for a terminal: colours, bars for numbers, and a glyph of known width for any character."""

import enum
import math
import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from charlstm.text.shown import SOFT_HYPHEN, has_no_width, printable, width


class Depth(enum.Enum):
    """How many colours may be used."""

    NONE = 0
    XTERM = 256
    TRUE = 1 << 24


class Colour(NamedTuple):
    """Red, green and blue from 0 to 255."""

    red: int
    green: int
    blue: int


PAPER = Colour(0xF2, 0xF2, 0xF2)
BLUE = Colour(0x20, 0x5C, 0xB8)
RED = Colour(0xC0, 0x39, 0x2B)
GREEN = Colour(0x1B, 0x78, 0x37)
AMBER = Colour(0xD9, 0x82, 0x0B)
BLOCKS = "▁▂▃▄▅▆▇█"
STAND_INS = {"\n": "⏎", "\t": "→"}
LEVELS = (0, 95, 135, 175, 215, 255)  # of xterm's colour cube, whose first number is 16
# The ramps in xterm's colours, from paper to full. The nearest ones would change their hue on the
# way: amber goes by pink, grey and green. These keep it within 12°, and each is darker (OKLab).
STEPS = {
    BLUE: (255, 153, 111, 68, 25),
    RED: (255, 217, 210, 167, 160),
    GREEN: (255, 151, 114, 71, 28),
    AMBER: (255, 223, 215, 208, 172),
}


def depth(environment: Mapping[str, str], is_terminal: bool) -> Depth:
    """The colours of an output: none under NO_COLOR, in a file or in a dumb terminal."""
    term = environment.get("TERM", "")
    if environment.get("NO_COLOR") or not is_terminal or term == "dumb":
        return Depth.NONE
    return best_depth(environment)


def best_depth(environment: Mapping[str, str]) -> Depth:
    """The most colours that the terminal says it knows, 256 if it says nothing."""
    term, said = environment.get("TERM", ""), environment.get("COLORTERM", "")
    if said.lower() in ("truecolor", "24bit") or term.endswith("-direct"):
        return Depth.TRUE
    return Depth.XTERM


def diverging(value: float) -> Colour:
    """From red (-1) over paper (0) to blue (1)."""
    return blend(BLUE if value > 0 else RED, abs(value))


def gate(value: float) -> Colour:
    """From paper (0, shut) to green (1, open)."""
    return blend(GREEN, value)


def heat(value: float) -> Colour:
    """From paper (0) to amber (1)."""
    return blend(AMBER, value)


def blend(colour: Colour, share: float) -> Colour:
    """Paper with a share of a colour; NaN counts as 0."""
    share = min(share, 1.0) if share > 0 else 0.0
    return Colour(*(round(p + share * (c - p)) for p, c in zip(PAPER, colour, strict=True)))


def paint(text: str, background: Colour, depth: Depth) -> str:
    """The text on a background, in black or white ink, whichever reads better."""
    if depth is Depth.NONE:
        return text
    if depth is Depth.TRUE:
        ink = 255 if is_dark(background) else 0
        codes = f"38;2;{ink};{ink};{ink};48;2;" + ";".join(map(str, background))
    else:
        number = in_xterm(background)
        codes = f"38;5;{231 if is_dark(of_xterm(number)) else 16};48;5;{number}"
    return f"\x1b[{codes}m{text}\x1b[0m"


@cache
def in_xterm(colour: Colour) -> int:
    """The number, among xterm's 256 colours, that stands for a colour of a ramp."""
    end = min(STEPS, key=lambda end: _distance(colour, blend(end, _share(colour, end))))
    steps = STEPS[end]
    return steps[round(_share(colour, end) * (len(steps) - 1))]


def _share(colour: Colour, end: Colour) -> float:
    """How far from paper (0) to the end of a ramp (1) a colour is, all else left out."""
    parts = [(c - p, e - p) for c, e, p in zip(colour, end, PAPER, strict=True)]
    share = sum(way * whole for way, whole in parts) / sum(whole * whole for _, whole in parts)
    return min(max(share, 0.0), 1.0)


def _distance(first: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(first, other, strict=True))


def of_xterm(number: int) -> Colour:
    """One of xterm's colours 16 to 255: a 6×6×6 cube and 24 greys."""
    if number >= 232:
        return Colour(*[8 + 10 * (number - 232)] * 3)
    return Colour(*(LEVELS[(number - 16) // place % 6] for place in (36, 6, 1)))


def is_dark(colour: Colour) -> bool:
    """Whether white ink reads better on it, by the luma of ITU-R BT.601."""
    return 0.299 * colour.red + 0.587 * colour.green + 0.114 * colour.blue <= 128


def glyph(symbol: str) -> str:
    r"""The glyph of a character, one or two columns wide; never a control character.

    Control characters have Unicode's own pictures (␛ is escape); what has no width by itself is ◌;
    what would be an escape in a text, or is not in Unicode, is �. A byte `\xNN` is ▯.
    """
    if len(symbol) > 1:
        return "▯"
    if symbol in STAND_INS:
        return STAND_INS[symbol]
    code, kind = ord(symbol), unicodedata.category(symbol)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if kind == "Cn" or printable(symbol) != symbol:
        return "�"
    return "◌" if kind == "Mc" or symbol == SOFT_HYPHEN or has_no_width(symbol) else symbol


def bar(value: float, low: float = 0.0, high: float = 1.0) -> str:
    """A bar as high as the value between `low` and `high`; a blank for NaN."""
    if not math.isfinite(value):
        return " "
    share = (value - low) / (high - low) if high > low else 0.0
    return BLOCKS[min(max(int(share * len(BLOCKS)), 0), len(BLOCKS) - 1)]


def table(
    rows: Sequence[Sequence[str]], right: Container[int] = (), indent: str = "  ", gap: str = "   "
) -> Iterator[str]:
    """Rows of cells in columns, those in `right` with their ends one below the other."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        blanks = [" " * (most - width(cell)) for cell, most in zip(row, widths, strict=True)]
        cells = (
            blank + cell if k in right else cell + blank
            for k, (cell, blank) in enumerate(zip(row, blanks, strict=True))
        )
        yield (indent + gap.join(cells)).rstrip()


def sparkline(values: list[float]) -> str:
    """One block for each value, from the lowest to the highest of them."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return " " * len(values)
    return "".join(bar(value, min(finite), max(finite)) for value in values)
