"""A reading as a page: step through units by key, look at characters, find the units of a span."""

import math
import unicodedata

from charlstm.output.glyphs import cell
from charlstm.output.page import packed, page
from charlstm.studies.inspect.telling import telling
from charlstm.trace import Reading

TELLING = 64  # units in order of how telling they are
LARGEST = 12_000_000  # bytes of unit values that a page holds


def longest(layers: int, units: int, gates: int) -> int:
    """How many characters a page holds for a network of this size."""
    return max(1, LARGEST // (layers * units * (gates + 1)))


def reading_page(reading: Reading, start: tuple[int, int], title: str, about: str) -> bytes:
    """The page, in UTF-8, with the layer and unit `start` shown first."""
    gates = list(reading.gates[0])
    data = {
        "memory": reading.memory_name,
        "gates": gates,
        "sigmoids": reading.sigmoids,
        "units": reading.memory[0].shape[1],
        "shown": [cell(symbol) for symbol in reading.symbols],
        "names": [_name(symbol) for symbol in reading.symbols],
        "breaks": [t for t, symbol in enumerate(reading.symbols) if symbol == "\n"],
        "alphabet": [cell(symbol) for symbol in reading.alphabet],
        "bits": [round(float(b), 3) if math.isfinite(b) else None for b in reading.bits],
        "likeliest": reading.likeliest.tolist(),
        "shares": [[round(float(share), 4) for share in row] for row in reading.shares],
        "layers": [
            {"memory": packed(memory.T), **{g: packed(v.T) for g, v in values.items()}}
            for memory, values in zip(reading.memory, reading.gates, strict=True)
        ],
        "telling": [telling(memory, TELLING) for memory in reading.memory],
        "start": list(start),
    }
    return page("reading", title, about, data)


def _name(symbol: str) -> str:
    """What a character is called when one looks at it."""
    if len(symbol) > 1:
        return f"byte {symbol}"
    return unicodedata.name(symbol, f"U+{ord(symbol):04X}").lower()
