"""A trace as a page: step through units by key, look at characters, find the units of a span."""

import math
import unicodedata

from charlstm.output.page import packed, page
from charlstm.output.terminal import glyph
from charlstm.studies.inspect.telling import telling
from charlstm.trace import Trace

TELLING = 64  # units in order of how telling they are
LARGEST = 12_000_000  # bytes of unit values that a page holds


def longest(layers: int, units: int, gates: int) -> int:
    """How many characters a page holds for a network of this size."""
    return max(1, LARGEST // (layers * units * (gates + 1)))


def reading_page(trace: Trace, start: tuple[int, int], title: str, about: str) -> bytes:
    """The page, in UTF-8, with the layer and unit `start` shown first."""
    gates = list(trace.gates[0])
    data = {
        "memory": trace.memory_label,
        "gates": gates,
        "sigmoids": trace.sigmoids,
        "units": trace.memory[0].shape[1],
        "shown": [glyph(symbol) for symbol in trace.symbols],
        "names": [_name(symbol) for symbol in trace.symbols],
        "breaks": [t for t, symbol in enumerate(trace.symbols) if symbol == "\n"],
        "alphabet": [glyph(symbol) for symbol in trace.alphabet],
        "bits": [round(float(b), 3) if math.isfinite(b) else None for b in trace.surprisal],
        "likeliest": trace.likeliest.tolist(),
        "shares": [[round(float(share), 4) for share in row] for row in trace.probabilities],
        "layers": [
            {"memory": packed(memory.T), **{g: packed(v.T) for g, v in values.items()}}
            for memory, values in zip(trace.memory, trace.gates, strict=True)
        ],
        "telling": [telling(memory, TELLING) for memory in trace.memory],
        "start": list(start),
    }
    return page("reading", title, about, data)


def _name(symbol: str) -> str:
    """What a character is called when one looks at it."""
    if len(symbol) > 1:
        return f"byte {symbol}"
    return unicodedata.name(symbol, f"U+{ord(symbol):04X}").lower()
