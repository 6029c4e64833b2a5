"""Strips: rows with one glyph for each character of a text, broken together to a width."""

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

from charlstm.output.terminal import Colour, Depth, bar, gate, glyph, paint, width

MARGIN = len("1st guess")  # the least width of labels, so that all views line up


@dataclass(frozen=True)
class Strip:
    """A row over N characters: the symbol in each place, and the number behind it as a colour.

    `symbols` (N) may be missing: a number is then a blank of its colour. `values` (N) may be
    missing too. Without colours a number is a bar from `low` to 1, in place of its symbol; with
    `bars` False the symbol stays.
    """

    label: str
    symbols: Sequence[str] | None = None
    values: Sequence[float] | None = None
    ramp: Callable[[float], Colour] = gate
    low: float = 0.0
    bars: bool = True

    def __len__(self) -> int:
        return len(self.symbols if self.symbols is not None else self.values or ())

    def glyph(self, k: int, depth: Depth) -> str:
        """The symbol or bar in place `k`, without its colour."""
        if self.values is not None and depth is Depth.NONE and self.bars:
            return bar(self.values[k], self.low)
        return glyph(self.symbols[k]) if self.symbols is not None else " "

    def paint(self, text: str, k: int, depth: Depth) -> str:
        """A text in the colour of place `k`."""
        return text if self.values is None else paint(text, self.ramp(self.values[k]), depth)


def draw(strips: Sequence[Strip], columns: int, depth: Depth) -> Iterator[str]:
    """The strips as lines of at most `columns`; each part of the text has all its strips.

    A part ends at the last column, or after a newline in the first strip's symbols.
    """
    margin = max(MARGIN, *(len(strip.label) for strip in strips)) + 2
    glyphs = [[strip.glyph(k, depth) for k in range(len(strip))] for strip in strips]
    widths = [max(map(width, place)) for place in zip(*glyphs, strict=True)]
    ends = {k for k, symbol in enumerate(strips[0].symbols or ()) if symbol == "\n"}
    for number, part in enumerate(_parts(widths, ends, max(columns - margin, 10))):
        if number:
            yield ""
        for strip, row in zip(strips, glyphs, strict=True):
            padded = ((k, row[k] + " " * (widths[k] - width(row[k]))) for k in part)
            line = "".join(strip.paint(text, k, depth) for k, text in padded)
            yield f"{strip.label:>{margin - 2}}  {line}".rstrip(" ")


def _parts(widths: Sequence[int], ends: Container[int], columns: int) -> Iterator[range]:
    """Neighbouring ranges of places that are at most `columns` wide together."""
    start, used = 0, 0
    for k, wide in enumerate(widths):
        if k > start and (used + wide > columns or k - 1 in ends):
            yield range(start, k)
            start, used = k, 0
        used += wide
    yield range(start, len(widths))
