"""Strips: rows with one glyph for each character of a text, for a terminal, HTML or a figure.

All strips of a text are broken together to a width.
"""

import math
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from charlstm.errors import CharlstmError
from charlstm.output.figure import drawing
from charlstm.output.result import aligned_html
from charlstm.output.terminal import Colour, Depth, bar, gate, glyph, is_dark, paint
from charlstm.text.shown import width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN = len("1st guess")  # the least width of labels, so that all views line up
ACROSS = 72  # characters in a row of the figure
MOST = 720  # characters in a figure
WIDE, HIGH = 0.125, 0.2  # inches of a character


@dataclass(frozen=True)
class Strip:
    """A row over N characters: the symbol in each place, and the number behind it as a colour.

    `symbols` (N) may be missing: a number is then a blank of its colour. `values` (N) may be
    missing too; NaN has no colour. Without colours a number is a bar from `low` to 1, in place of
    its symbol; with `bars` False the symbol stays.
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

    def colour(self, k: int) -> Colour | None:
        """The colour of place `k`; None if it has none."""
        if self.values is None or math.isnan(self.values[k]):
            return None
        return self.ramp(self.values[k])


def strips_lines(strips: Sequence[Strip], columns: int, depth: Depth) -> Iterator[str]:
    """The strips as lines of at most `columns`; each part of the text has all its strips.

    A part ends at the last column, or after a newline in the first strip's symbols.
    """
    for label, places in _rows(strips, columns, depth):
        line = "".join(paint(text, colour, depth) if colour else text for text, colour in places)
        yield f"{label}{line}".rstrip(" ")


def strips_html(strips: Sequence[Strip], columns: int = 100) -> str:
    """The strips as coloured text in HTML, in lines as above."""
    lines = []
    for label, places in _rows(strips, columns, Depth.TRUE):
        spans = "".join(
            f'<span style="background:{hex_of(colour)};color:{ink(colour)}">{escape(text)}</span>'
            if colour
            else escape(text)
            for text, colour in places
        )
        lines.append(f"{escape(label)}{spans}")
    return aligned_html("\n".join(lines))


def _rows(
    strips: Sequence[Strip], columns: int, depth: Depth
) -> Iterator[tuple[str, list[tuple[str, Colour | None]]]]:
    """Each line's label and its places, a text and a colour each; an empty line between parts."""
    margin = max(MARGIN, *(len(strip.label) for strip in strips)) + 2
    glyphs = [[strip.glyph(k, depth) for k in range(len(strip))] for strip in strips]
    widths = [max(map(width, place)) for place in zip(*glyphs, strict=True)]
    ends = {k for k, symbol in enumerate(strips[0].symbols or ()) if symbol == "\n"}
    for number, part in enumerate(_parts(widths, ends, max(columns - margin, 10))):
        if number:
            yield "", []
        for strip, row in zip(strips, glyphs, strict=True):
            places = [(row[k] + " " * (widths[k] - width(row[k])), strip.colour(k)) for k in part]
            yield f"{strip.label:>{margin - 2}}  ", places


def _parts(widths: Sequence[int], ends: Container[int], columns: int) -> Iterator[range]:
    """Neighbouring ranges of places that are at most `columns` wide together."""
    start, used = 0, 0
    for k, wide in enumerate(widths):
        if k > start and (used + wide > columns or k - 1 in ends):
            yield range(start, k)
            start, used = k, 0
        used += wide
    yield range(start, len(widths))


def strips_figure(strips: Sequence[Strip], title: str) -> "Figure":
    """A matplotlib figure of strips, each character a rectangle of its colour.

    Raises:
        CharlstmError: if matplotlib is missing, or the text is too long for a figure.
    """
    N = len(strips[0])
    if N > MOST:
        raise CharlstmError(
            f"a picture holds {MOST} characters, not {N:,}; --cut {MOST} draws its beginning, or "
            "save as .html"
        )
    starts = range(0, N, ACROSS)
    rows = len(starts) * (len(strips) + 1)
    with drawing(min(N, ACROSS) * WIDE + 1.6, rows * HIGH + 0.4, layout=None) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(-1.5 / WIDE, min(N, ACROSS) + 0.5)
        axes.set_ylim(rows + 0.5, -1.5)
        axes.text(-1.4 / WIDE, -1.0, title, fontsize=9, va="center")
        for block, start in enumerate(starts):
            for k, strip in enumerate(strips):
                y = block * (len(strips) + 1) + k
                _draw_row(axes, strip, y, range(start, min(start + ACROSS, N)))
    return figure


def _draw_row(axes: "Axes", strip: Strip, y: int, part: range) -> None:
    axes.text(-0.6, y + 0.5, strip.label, fontsize=7, ha="right", va="center")
    for x, k in enumerate(part):
        colour = strip.colour(k)
        if colour:
            axes.fill([x, x + 1, x + 1, x], [y, y, y + 1, y + 1], color=hex_of(colour), lw=0)
        if strip.symbols is not None:
            axes.text(
                x + 0.5,
                y + 0.52,
                glyph(strip.symbols[k]),
                ha="center",
                va="center",
                family="monospace",
                size=7.5,
                color=ink(colour) if colour else "black",
            )


def ink(background: Colour) -> str:
    """The colour of letters that reads better on a background."""
    return "white" if is_dark(background) else "black"


def hex_of(colour: Colour) -> str:
    """A colour as `#rrggbb`."""
    return "#" + "".join(f"{part:02x}" for part in colour)
