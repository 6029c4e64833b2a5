"""Any character as something harmless of a known width, and numbers as blocks of one column."""

import math
import unicodedata

BLOCKS = "▁▂▃▄▅▆▇█"
STAND_INS = {"\n": "⏎", "\t": "→"}


def cell(symbol: str) -> str:
    r"""What stands for a character, one or two columns wide; no control character gets through.

    Control characters have Unicode's own pictures (␛ is escape); what has no width by itself, or
    cannot be printed, is ◌ or �. A byte `\xNN` is ▯.
    """
    if len(symbol) > 1:
        return "▯"
    if symbol in STAND_INS:
        return STAND_INS[symbol]
    code = ord(symbol)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(symbol) in ("Mn", "Me", "Mc"):
        return "◌"
    return symbol if symbol.isprintable() else "�"


def width(shown: str) -> int:
    """The columns that a `cell` takes: 2 for East Asian wide characters, else 1."""
    return 2 if unicodedata.east_asian_width(shown) in "WF" else 1


def block(value: float, low: float = 0.0, high: float = 1.0) -> str:
    """A bar as high as the value between `low` and `high`; a blank for what is no number."""
    if not math.isfinite(value):
        return " "
    share = (value - low) / (high - low) if high > low else 0.0
    return BLOCKS[min(max(int(share * len(BLOCKS)), 0), len(BLOCKS) - 1)]


def sparkline(values: list[float]) -> str:
    """One block for each value, from the lowest to the highest of them."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return " " * len(values)
    return "".join(block(value, min(finite), max(finite)) for value in values)
