"""The drawing of a cell with its own options: what it does not compute is not drawn."""

from collections.abc import Callable
from typing import Any

from charlstm.nn.cells.base import Cell
from charlstm.output.drawing import cells, gated
from charlstm.output.drawing.sketch import Sketch

OF_OPTIONS: dict[str, Callable[[Any], Sketch]] = {
    "rnn": lambda _: cells.rnn(),
    "lstm": lambda _: cells.lstm(),
    "peephole": lambda options: cells.peephole(options.peepholes),
    "coupled": lambda _: cells.coupled(),
    "gru": lambda options: gated.gru_after() if options.gru_reset == "after" else gated.gru(),
}


def drawing_of(cell: Cell[Any]) -> Sketch:
    """The sketch of a cell."""
    return OF_OPTIONS[cell.name](cell.options)
