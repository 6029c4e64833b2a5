"""A text as a model reads it: surprisal, expected characters, and the values of chosen units."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from charlstm.output.strips import Strip, strips_figure, strips_lines
from charlstm.output.terminal import Depth, diverging, gate, heat
from charlstm.studies.inspect.text_page import trace_page
from charlstm.text.vocabulary import unit_of
from charlstm.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RANKS = ("1st", "2nd", "3rd")
MOST_BITS = 10.0  # a surprisal drawn as high as can be: one in a thousand


@dataclass(frozen=True)
class TextView:
    """A trace with the `units` of it to show, as (layer, unit), and how many guesses to show.

    A page has all units, and the first of these in view. `run` is the model's name, `about` the
    sentence below a page's title.
    """

    trace: Trace
    units: Sequence[tuple[int, int]]
    guesses: int
    run: str
    about: str = ""

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """One row for each character."""
        trace = self.trace
        head = ["character", "bits"]
        columns: list[Any] = [trace.symbols, trace.surprisal]
        for k in range(trace.likeliest.shape[1]):
            head += [f"guess_{k + 1}", f"probability_{k + 1}"]
            columns += [[row[k] for row in trace.expected], trace.probabilities[:, k]]
        for layer, unit in self.units:
            name = f"{layer}:{unit}"
            head.append(f"{name}_{trace.memory_label}")
            columns.append(trace.memory[layer][:, unit])
            for gate_name, values in trace.gates[layer].items():
                head.append(f"{name}_{gate_name}")
                columns.append(values[:, unit])
        return head, [list(row) for row in zip(*columns, strict=True)]

    def to_mapping(self) -> dict[str, Any]:
        """Every character and the chosen units."""
        trace = self.trace
        places = zip(
            trace.symbols, trace.surprisal, trace.expected, trace.probabilities, strict=True
        )
        return {
            "text": "".join(trace.symbols),
            "memory": trace.memory_label,
            "characters": [
                {
                    "character": symbol,
                    "bits": bits,
                    "expected": [
                        {"character": character, "probability": share}
                        for character, share in zip(expected, shares, strict=True)
                    ],
                }
                for symbol, bits, expected, shares in places
            ],
            "units": [
                {
                    "layer": layer,
                    "unit": unit,
                    "memory": trace.memory[layer][:, unit],
                    "gates": {g: values[:, unit] for g, values in trace.gates[layer].items()},
                }
                for layer, unit in self.units
            ],
        }

    def to_figure(self) -> "Figure":
        """The strips of the terminal as a picture.

        Raises:
            CharlstmError: if matplotlib is missing, or the text is too long for a picture.
        """
        strips = trace_strips(self.trace, self.guesses, tenths=False)
        for layer, unit in self.units:
            memory, *gates = unit_strips(self.trace, layer, unit)
            strips += [replace(memory, label=f"{memory.label} of {layer}:{unit}"), *gates]
        return strips_figure(strips, self.run)

    def to_page(self) -> bytes:
        """The page of the trace, in UTF-8."""
        return trace_page(self.trace, self.units[0], f"Inside {self.run}", self.about)

    def lines(self, columns: int, depth: Depth) -> Iterator[str]:
        """The text, its guesses and the units as lines of at most `columns`, and their legend."""
        yield from strips_lines(trace_strips(self.trace, self.guesses), columns, depth)
        for layer, unit in self.units:
            yield from ("", f"unit {layer}:{unit}")
            yield from strips_lines(unit_strips(self.trace, layer, unit), columns, depth)
        yield ""
        bits = self.trace.surprisal[np.isfinite(self.trace.surprisal)]
        if bits.size:
            tokens = self.trace.tokens
            yield f"{bits.mean():.3f} bits/{tokens} over {bits.size:,} {unit_of(tokens)}s"
        low, high = ("▁ -1", "█ 1") if depth is Depth.NONE else ("red -1", "blue 1")
        label = self.trace.memory_label
        yield f"{label}: {low} to {high}; gates 0 to 1; guesses are for that place"


def trace_strips(trace: Trace, guesses: int, *, tenths: bool = True) -> list[Strip]:
    """The text, its surprisal, and the best `guesses` in each place, with their tenths."""
    bits = [
        min(float(b) / MOST_BITS, 1.0) if math.isfinite(b) else math.nan for b in trace.surprisal
    ]
    strips = [Strip("text", trace.symbols), Strip("surprise", values=bits, ramp=heat)]
    for k in range(min(guesses, trace.likeliest.shape[1])):
        shares = [float(share) for share in trace.probabilities[:, k]]
        letters = [trace.alphabet[n] for n in trace.likeliest[:, k]]
        label = RANKS[k] if k < len(RANKS) else f"{k + 1}th"
        strips.append(Strip(f"{label} guess", letters, shares, heat, bars=False))
        if tenths:
            digits = [str(min(int(share * 10), 9)) for share in shares]
            strips.append(Strip("in tenths", digits))
    return strips


def unit_strips(trace: Trace, layer: int, unit: int) -> list[Strip]:
    """The text coloured by a unit's memory, and its gates below."""
    memory = [float(value) for value in trace.memory[layer][:, unit]]
    strips = [Strip(trace.memory_label, trace.symbols, memory, diverging, low=-1.0)]
    for name, column in trace.gates[layer].items():
        ramp, low = (gate, 0.0) if name in trace.sigmoids else (diverging, -1.0)
        values = [float(value) for value in column[:, unit]]
        strips.append(Strip(name, values=values, ramp=ramp, low=low))
    return strips
