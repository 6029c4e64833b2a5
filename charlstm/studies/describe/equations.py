"""The equations of one step as the notes write them, each with the shapes that it multiplies."""

from dataclasses import dataclass

from charlstm.nn.cells.base import Cell
from charlstm.nn.graph import step
from charlstm.studies.describe.naming import names
from charlstm.studies.describe.shapes import VALUE, Shape, Sizes, written
from charlstm.studies.describe.writer import Summand, Writer


@dataclass(frozen=True)
class Equation:
    """`name` = `text`, an array of `shape`; the products in `parts` make it."""

    name: str
    text: str
    parts: tuple[Summand, ...]
    shape: Shape = VALUE

    def dimensions(self, sizes: Sizes | None = None) -> str:
        """The product that makes it: in letters, or in numbers where `sizes` gives them.

        Biases (H, 1), which are added to every column, are left out.
        """
        products = [
            f" {part.sign} " + part.symbol.join(written(shape, sizes) for shape in part.shapes)
            for part in self.parts
            if part.symbol
        ]
        return f"{''.join(products).removeprefix(' + ')} → {written(self.shape, sizes)}"


@dataclass(frozen=True)
class Step:
    """One step of a cell: its equations as they follow, and by gate the weights in them."""

    equations: tuple[Equation, ...]
    weights: dict[str, dict[str, Shape]]


def one_step(cell: Cell) -> Step:
    """One step as the cell's plain form computes it."""
    named = names(step(cell))
    writer = Writer(cell, named)
    ordered = sorted(named, key=lambda term: term.number)
    found = tuple(Equation(named[term], *writer.body(term)) for term in ordered)
    return Step(found, writer.weights)


def readout() -> Equation:
    """The layer above the cells: probabilities of the next character."""
    on_h, bias, y = (("V",), ("H",)), (("V",), ("1",)), (("V",), ("B",))
    parts = (Summand("W_y·h_t", "·", (on_h, VALUE)), Summand("b_y", "", (bias,)))
    return Equation("y_t", "softmax(W_y·h_t + b_y)", parts, y)
