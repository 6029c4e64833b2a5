"""The page of a text: its units, surprisal and guesses, for a browser."""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from charlstm.nn.parameters import Parameters
from charlstm.output.arithmetic import Written
from charlstm.output.page.network import network_page
from charlstm.output.terminal import glyph
from charlstm.studies.inspect.salience import salient_units
from charlstm.trace import Trace

SALIENT = 64  # units of a layer in order of salience


def trace_page(
    trace: Trace,
    start: tuple[int, int],
    title: str,
    about: str,
    written: Written,
    on_the_way: Sequence[tuple[int, Parameters]] = (),
    names: Mapping[tuple[int, int], str] | None = None,
) -> bytes:
    """The page of all units, in UTF-8, with the layer and unit `start` in view first.

    `written` are the equations of the cell's step; `on_the_way` and `names` are as for
    `network_page`.

    Raises:
        ExportError: if the network is too large for a page.
    """
    return network_page(
        trace.parameters,
        trace.vocabulary,
        title=title,
        about=about,
        text=trace.text,
        start=start,
        salient=[salient_units(memory, SALIENT) for memory in trace.memory],
        written=written,
        on_the_way=on_the_way,
        names=names,
    )


def trace_data(trace: Trace) -> dict[str, Any]:
    """The characters of a trace and what was expected in their places, as trace.js takes them."""
    return {
        "shown": [glyph(symbol) for symbol in trace.symbols],
        "names": [_name(symbol) for symbol in trace.symbols],
        "breaks": [t for t, symbol in enumerate(trace.symbols) if symbol == "\n"],
        "alphabet": [glyph(symbol) for symbol in trace.vocabulary.alphabet],
        "bits": [round(float(b), 3) if math.isfinite(b) else None for b in trace.surprisal],
        "likeliest": trace.likeliest.tolist(),
        "shares": [[round(float(share), 4) for share in row] for row in trace.shares],
    }


def _name(symbol: str) -> str:
    """A character's Unicode name, or its number."""
    if len(symbol) > 1:
        return f"byte {symbol}"
    return unicodedata.name(symbol, f"U+{ord(symbol):04X}").lower()
