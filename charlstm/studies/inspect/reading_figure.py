"""A trace as a picture: the strips of the terminal, each character a square of its colour."""

from typing import Any

from charlstm.errors import CharlstmError
from charlstm.output.figure import require_matplotlib, style
from charlstm.output.terminal import Colour, glyph, is_dark
from charlstm.studies.inspect.strips import Strip, trace_strips, unit_strips
from charlstm.trace import Trace

ACROSS = 72  # characters in a row of the picture
MOST = 720  # characters in a picture
WIDE, HIGH = 0.125, 0.2  # inches of a cell


def figure(trace: Trace, units: list[tuple[int, int]], top: int, title: str) -> Any:
    """A matplotlib figure of the trace and these units.

    Raises:
        CharlstmError: if matplotlib is missing, or the text too long for a picture.
    """
    require_matplotlib()
    from matplotlib.figure import Figure  # noqa: PLC0415

    N = len(trace.symbols)
    if N > MOST:
        raise CharlstmError(
            f"a picture holds {MOST} characters, not {N:,}; --cut {MOST} draws its beginning, or "
            "save as .html"
        )
    strips = [strip for strip in trace_strips(trace, top) if strip.label != "in tenths"]
    for layer, unit in units:
        first, *gates = unit_strips(trace, layer, unit)
        strips += [Strip(f"{first.label} of {layer}.{unit}", *_rest(first)), *gates]
    starts = range(0, N, ACROSS)
    rows = len(starts) * (len(strips) + 1)
    with style():
        size = (min(N, ACROSS) * WIDE + 1.6, rows * HIGH + 0.4)
        picture = Figure(figsize=size)
        axes = picture.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(-1.5 / WIDE, min(N, ACROSS) + 0.5)
        axes.set_ylim(rows + 0.5, -1.5)
        axes.text(-1.4 / WIDE, -1.0, title, fontsize=9, va="center")
        for block, start in enumerate(starts):
            for k, strip in enumerate(strips):
                y = block * (len(strips) + 1) + k
                _row(axes, strip, y, range(start, min(start + ACROSS, N)))
    return picture


def _rest(strip: Strip) -> tuple[Any, ...]:
    return strip.texts, strip.values, strip.ramp, strip.low


def _row(axes: Any, strip: Strip, y: int, part: range) -> None:
    axes.text(-0.6, y + 0.5, strip.label, fontsize=7, ha="right", va="center")
    for x, k in enumerate(part):
        dark = False
        if strip.values is not None:
            colour = strip.ramp(strip.values[k])
            dark = is_dark(colour)
            axes.fill([x, x + 1, x + 1, x], [y, y, y + 1, y + 1], color=_hex(colour), lw=0)
        if strip.texts is not None:
            ink = "white" if dark else "black"
            font = {"family": "monospace", "size": 7.5, "color": ink}
            axes.text(x + 0.5, y + 0.52, glyph(strip.texts[k]), ha="center", va="center", **font)


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
