"""The drawing of a cell with its own options: what it does not compute is not drawn."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from charlstm.nn.cells.base import Cell
from charlstm.output.drawing import cells, gated
from charlstm.output.drawing.parts import OUTPUT
from charlstm.output.drawing.sketch import Sketch

OF_OPTIONS: dict[str, Callable[[Any], Sketch]] = {
    "rnn": lambda _: cells.rnn(),
    "lstm": lambda _: cells.lstm(),
    "peephole": lambda options: cells.peephole(options.peepholes),
    "coupled": lambda _: cells.coupled(),
    "gru": lambda options: gated.gru_after() if options.gru_reset == "after" else gated.gru(),
}


def drawing_of(cell: Cell[Any], *, attention: bool = False) -> Sketch:
    """The sketch of a cell; with `attention` its output is no longer that of h alone."""
    sketch = OF_OPTIONS[cell.name](cell.options)
    if attention:
        sketch.texts = [
            replace(text, words="output, through attention") if text.words == OUTPUT else text
            for text in sketch.texts
        ]
    return sketch
