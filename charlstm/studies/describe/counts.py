"""What one layer costs: its parameters by gate, and its operations for each character.

A matrix product takes two operations for each of its weights, a multiplication and an addition;
+ − ⊙ σ tanh and softmax take one for each number that they make.
"""

from dataclasses import dataclass
from math import prod

from charlstm.nn.cells.base import Cell
from charlstm.nn.graph import Bias, Constant, Input, Operation, State, Weighted, step, walk
from charlstm.studies.describe.equations import Step
from charlstm.studies.describe.shapes import Sizes, in_numbers

FLOAT32 = 4  # bytes


@dataclass(frozen=True)
class Block:
    """The weights of one gate, or of the readout: their shapes by the notes' names."""

    name: str
    weights: dict[str, tuple[int, ...]]

    @property
    def parameters(self) -> int:
        """How many numbers are learnt."""
        return sum(map(prod, self.weights.values()))


@dataclass(frozen=True)
class Operations:
    """Floating-point operations for one character."""

    products: int
    elementwise: int

    def __add__(self, other: "Operations") -> "Operations":
        return Operations(self.products + other.products, self.elementwise + other.elementwise)

    @property
    def total(self) -> int:
        """Both kinds."""
        return self.products + self.elementwise


def blocks(step: Step, sizes: Sizes) -> list[Block]:
    """The weights of each gate of a layer whose x has `sizes["D"]` rows."""
    return [
        Block(gate, {name: in_numbers(shape, sizes) for name, shape in weights.items()})
        for gate, weights in step.weights.items()
    ]


def operations(cell: Cell, sizes: Sizes, *, characters: bool) -> Operations:
    """The operations of one layer for one character.

    Where x is a character, W·x is one row of a table and takes none.
    """
    H, products, elementwise = sizes["H"], 0, 0
    for term in walk(step(cell).values()):
        match term:
            case Weighted(diagonal=False):
                products += 2 * H * H
            case Input():
                products += 0 if characters else 2 * H * sizes["D"]
            case Weighted() | Operation():
                elementwise += H
            case Bias() | State() | Constant():
                pass
    return Operations(products, elementwise)
