"""The page of a text: its units, surprisal and guesses, for a browser."""

import math
import unicodedata
from typing import Any

from charlstm.nn.parameters import Parameters
from charlstm.output.page import packed, page
from charlstm.output.terminal import glyph
from charlstm.studies.inspect.salience import salient_units
from charlstm.trace import Trace

SALIENT = 64  # units that a page has in order of salience
LARGEST = 12_000_000  # bytes of unit values that a page holds


def page_limit(parameters: Parameters) -> int:
    """How many characters a page holds: a large network's have more unit values each."""
    shape = parameters.architecture
    units = shape.num_layers * shape.hidden_size
    return max(1, LARGEST // (units * (len(parameters.cell.inputs) + len(parameters.cell.states))))


def trace_page(trace: Trace, start: tuple[int, int], title: str, about: str) -> bytes:
    """The page of all units, in UTF-8, with the layer and unit `start` in view first."""
    data = trace_data(trace) | {
        "memory": trace.memory_label,
        "rows": list(trace.gates_and_h[0]),
        "sigmoids": trace.cell.sigmoids,
        "units": trace.memory[0].shape[1],
        "layers": [
            {"memory": packed(memory.T), **{name: packed(v.T) for name, v in rows.items()}}
            for memory, rows in zip(trace.memory, trace.gates_and_h, strict=True)
        ],
        "salient": [salient_units(memory, SALIENT) for memory in trace.memory],
        "start": list(start),
    }
    return page("text", title, about, data)


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
