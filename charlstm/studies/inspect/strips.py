"""Rows of one cell for each character of a text, broken together to the terminal's width."""

import math
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

from charlstm.output.terminal import Colour, Depth, bar, diverging, gate, glyph, heat, paint, width
from charlstm.trace import Trace

MARGIN = len("1st guess")  # the least width of labels, so that all views line up
RANKS = ("1st", "2nd", "3rd")
MOST_BITS = 10.0  # a surprisal drawn as high as can be: one in a thousand


@dataclass(frozen=True)
class Strip:
    """A row: what stands in each cell, and the number behind it as a colour.

    Without `texts` a number is a blank of its colour; where there are no colours, and the text
    says nothing new (`bar`), a block between `low` and 1.
    """

    label: str
    texts: Sequence[str] | None = None
    values: Sequence[float] | None = None
    ramp: Callable[[float], Colour] = gate
    low: float = 0.0
    bar: bool = True

    def cell(self, k: int, depth: Depth) -> tuple[str, Callable[[str], str]]:
        """What stands in cell `k`, and how it is painted."""
        text = glyph(self.texts[k]) if self.texts is not None else " "
        if self.values is None:
            return text, str
        value = self.values[k]
        if depth is Depth.NONE:
            return (bar(value, self.low) if self.bar else text), str
        return text, lambda padded: paint(padded, self.ramp(value), depth)


def trace_strips(trace: Trace, top: int) -> list[Strip]:
    """The text, how surprising each character was, and what was expected in its place."""
    bits = [
        min(float(b) / MOST_BITS, 1.0) if math.isfinite(b) else math.nan for b in trace.surprisal
    ]
    strips = [Strip("text", trace.symbols), Strip("surprise", values=bits, ramp=heat)]
    for k in range(min(top, trace.likeliest.shape[1])):
        shares = [float(share) for share in trace.probabilities[:, k]]
        letters = [trace.alphabet[n] for n in trace.likeliest[:, k]]
        label = RANKS[k] if k < len(RANKS) else f"{k + 1}th"
        tenths = [str(min(int(share * 10), 9)) for share in shares]
        strips.append(Strip(f"{label} guess", letters, shares, heat, bar=False))
        strips.append(Strip("in tenths", tenths))
    return strips


def unit_strips(trace: Trace, layer: int, unit: int) -> list[Strip]:
    """The text coloured by a unit's memory, and its gates below."""
    strips = [
        Strip(
            trace.memory_label,
            trace.symbols,
            [float(value) for value in trace.memory[layer][:, unit]],
            diverging,
            low=-1.0,
        )
    ]
    for name, values in trace.gates[layer].items():
        open_or_shut = name in trace.sigmoids
        strips.append(
            Strip(
                name,
                values=[float(value) for value in values[:, unit]],
                ramp=gate if open_or_shut else diverging,
                low=0.0 if open_or_shut else -1.0,
            )
        )
    return strips


def draw(strips: Sequence[Strip], columns: int, depth: Depth) -> Iterator[str]:
    """The strips as lines of at most `columns`; each part of the text has all its strips.

    A part ends where the columns do, or behind a newline in the first strip's text.
    """
    margin = max(MARGIN, *(len(strip.label) for strip in strips)) + 2
    cells = [[strip.cell(k, depth) for k in range(_length(strip))] for strip in strips]
    widths = [max(width(row[k][0]) for row in cells) for k in range(len(cells[0]))]
    ends = {k for k, text in enumerate(strips[0].texts or ()) if text == "\n"}
    for number, part in enumerate(_parts(widths, ends, max(columns - margin, 10))):
        if number:
            yield ""
        for strip, row in zip(strips, cells, strict=True):
            line = "".join(
                painted(text + " " * (widths[k] - width(text)))
                for k, (text, painted) in ((k, row[k]) for k in part)
            )
            yield f"{strip.label:>{margin - 2}}  {line}".rstrip(" ")


def _length(strip: Strip) -> int:
    return len(strip.texts if strip.texts is not None else strip.values or ())


def _parts(widths: Sequence[int], ends: Container[int], columns: int) -> Iterator[range]:
    start, used = 0, 0
    for k, wide in enumerate(widths):
        if k > start and (used + wide > columns or k - 1 in ends):
            yield range(start, k)
            start, used = k, 0
        used += wide
    yield range(start, len(widths))
