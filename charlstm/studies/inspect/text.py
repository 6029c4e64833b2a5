"""A text as a model reads it: surprisal, expected characters, and the values of chosen units."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from charlstm.nn.parameters import Parameters
from charlstm.output.arithmetic import Written
from charlstm.output.page.network import early_limit
from charlstm.output.result import Page, Result
from charlstm.output.strips import Strip, strips_figure, strips_html, strips_lines
from charlstm.output.terminal import Depth
from charlstm.studies.inspect.text_page import trace_page
from charlstm.text.vocabulary import unit_of
from charlstm.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _nothing(_: int) -> Sequence[tuple[int, Parameters]]:
    return ()


@dataclass(frozen=True, repr=False)
class TextView(Result):
    """A trace with the `units` of it to show, as (layer, unit), and how many guesses to show.

    A page has all units, and the first of these in view. `run` is the model's name, `written` are
    the equations of its step, `about` is the sentence below a page's title. `on_the_way` returns
    the networks that training made on its way, at most so many, and this one, each with its update.
    """

    trace: Trace
    units: Sequence[tuple[int, int]]
    guesses: int
    run: str
    written: Written
    about: str = ""
    on_the_way: Callable[[int], Sequence[tuple[int, Parameters]]] = _nothing

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """One row for each character."""
        trace = self.trace
        head, rows = trace.to_table()
        columns: list[Any] = list(zip(*rows, strict=True))
        for layer, unit in self.units:
            name = f"{layer}:{unit}"
            head.append(f"{name}_{trace.memory_label}")
            columns.append(trace.memory[layer][:, unit])
            for row_name, values in trace.gates_and_h[layer].items():
                head.append(f"{name}_{row_name}")
                columns.append(values[:, unit])
        return head, [list(row) for row in zip(*columns, strict=True)]

    def to_mapping(self) -> dict[str, Any]:
        """Every character and the chosen units."""
        trace = self.trace
        places = zip(trace.symbols, trace.surprisal, trace.expected, trace.shares, strict=True)
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
                    "h": trace.states[layer]["h"][:, unit],
                }
                for layer, unit in self.units
            ],
        }

    def to_figure(self) -> "Figure":
        """The strips of the terminal as a picture.

        Raises:
            CharlstmError: if matplotlib is missing, or the text is too long for a picture.
        """
        return strips_figure(self._strips(), self.run)

    def page(self) -> Page:
        """The page of `to_page`, which a notebook shows."""
        return Page(self.to_page(), f"Inside {self.run}")

    def to_page(self) -> bytes:
        """The page of the trace, in UTF-8."""
        on_the_way = self.on_the_way(early_limit(self.trace.parameters))
        title = f"Inside {self.run}"
        return trace_page(self.trace, self.units[0], title, self.about, self.written, on_the_way)

    def lines(self, columns: int = 80, depth: Depth = Depth.NONE) -> Iterator[str]:
        """The text, its guesses and the units as lines of at most `columns`, and their legend."""
        yield from strips_lines(self.trace.strips(self.guesses), columns, depth)
        for layer, unit in self.units:
            yield from ("", f"unit {layer}:{unit}")
            yield from strips_lines(self.trace.unit_strips(layer, unit), columns, depth)
        yield ""
        bits = self.trace.surprisal[np.isfinite(self.trace.surprisal)]
        if bits.size:
            tokens = self.trace.vocabulary.tokens
            yield f"{bits.mean():.3f} bits/{tokens} over {bits.size:,} {unit_of(tokens)}s"
        low, high = ("▁ -1", "█ 1") if depth is Depth.NONE else ("red -1", "blue 1")
        sigmoids = self.trace.cell.sigmoids
        signed = [
            self.trace.memory_label,
            *(r for r in self.trace.gates_and_h[0] if r not in sigmoids),
        ]
        shut = f"; {', '.join(sigmoids)}: 0 to 1" if sigmoids else ""
        yield f"{', '.join(signed)}: {low} to {high}{shut}; guesses are for that place"

    def _repr_html_(self) -> str:
        return strips_html(self._strips())

    def _strips(self) -> list[Strip]:
        """The strips of the text and of all units."""
        strips = self.trace.strips(self.guesses, tenths=False)
        for layer, unit in self.units:
            memory, *gates = self.trace.unit_strips(layer, unit)
            strips += [replace(memory, label=f"{memory.label} of {layer}:{unit}"), *gates]
        return strips
