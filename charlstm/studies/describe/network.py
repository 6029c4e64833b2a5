"""The dimension analysis of a whole network: shapes, parameters, bytes and operations.

A matrix product takes two operations for each of its weights, a multiplication and an addition;
+ − ⊙ / σ tanh and softmax take one for each number that they make.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

from charlstm.nn.cells.base import Cell
from charlstm.nn.graph import Bias, Constant, Input, Operation, State, Weighted
from charlstm.nn.parameters import Architecture, state_sizes
from charlstm.studies.describe.above_layers import attention, readout
from charlstm.studies.describe.equations import Equation, StepEquations, one_step
from charlstm.studies.describe.symbols import Sizes, in_numbers

FLOAT32 = 4  # bytes


@dataclass(frozen=True)
class Block:
    """The weights of one gate, of a value of attention, or of the readout: their shapes by name."""

    name: str
    weights: Mapping[str, tuple[int, ...]]

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


def blocks(step: StepEquations, sizes: Sizes) -> list[Block]:
    """The weights of each gate of a layer whose x has `sizes["D"]` rows."""
    return [
        Block(gate, {name: in_numbers(shape, sizes) for name, shape in weights.items()})
        for gate, weights in step.weights.items()
    ]


def operations(cell: Cell[Any], sizes: Sizes, *, characters: bool) -> Operations:
    """The operations of one layer for one character.

    Where x is a character, W·x is one row of a table and takes none.
    """
    H, products, elementwise = sizes["H"], 0, 0
    for node in cell.graph().nodes:
        match node:
            case Weighted(diagonal=False):
                products += 2 * H * H
            case Input():
                products += 0 if characters else 2 * H * sizes["D"]
            case Weighted() | Operation():
                elementwise += H
            case Bias() | State() | Constant():
                pass
    return Operations(products, elementwise)


@dataclass(frozen=True)
class Section:
    """One layer, attention, or the readout: `equations` at these `sizes`."""

    name: str
    equations: tuple[Equation, ...]
    sizes: Sizes
    blocks: list[Block]
    operations: Operations

    @property
    def parameters(self) -> int:
        """How many numbers are learnt."""
        return sum(block.parameters for block in self.blocks)

    def to_mapping(self) -> dict[str, Any]:
        """Shapes, parameters, bytes and operations, ready for JSON."""
        return {
            "name": self.name,
            "sizes": dict(self.sizes),
            "tensors": [
                {
                    "name": e.name,
                    "equation": f"{e.name} = {e.text}",
                    "dimensions": e.dimensions(),
                    "numbers": e.dimensions(self.sizes),
                    "shape": in_numbers(e.shape, self.sizes),
                }
                for e in self.equations
            ],
            "blocks": [
                {
                    "name": block.name,
                    "weights": block.weights,
                    "parameters": block.parameters,
                    "bytes": block.parameters * FLOAT32,
                }
                for block in self.blocks
            ],
            "parameters": self.parameters,
            "bytes": self.parameters * FLOAT32,
            "operations": asdict(self.operations),
        }


@dataclass(frozen=True)
class Description:
    """A network's dimension analysis: `layers` from below, `attention` or none, the `readout`."""

    architecture: Architecture
    options: dict[str, Any]  # the cell's own, those left at their defaults among them
    vocabulary_size: int
    layers: list[Section]
    attention: list[Section]  # one or none
    readout: Section
    state_numbers: int  # carried from character to character in each column
    attention_numbers: int  # those among them that attention carries
    unit: str = "character"  # what the network reads at a step, "character" or "byte"
    lines: bool | None = None  # whether every line is an example of its own; None without a run

    @property
    def sections(self) -> list[Section]:
        """The layers, attention and the readout."""
        return [*self.layers, *self.attention, self.readout]

    @property
    def parameters(self) -> int:
        """How many numbers are learnt."""
        return sum(section.parameters for section in self.sections)

    @property
    def operations(self) -> Operations:
        """For one character, read and answered with probabilities of the next one."""
        return sum((section.operations for section in self.sections), Operations(0, 0))

    @property
    def training_products(self) -> int:
        """The operations of a training step's matrix products, for one character.

        Each product W·z comes back twice, as the gradients Wᵀ·da and da·zᵀ.
        """
        return 3 * self.operations.products

    def to_mapping(self) -> dict[str, Any]:
        """The whole description, ready for JSON."""
        carried = {"state_bytes": self.attention_numbers * FLOAT32}
        head = [section.to_mapping() | carried for section in self.attention]
        return {
            **self.architecture.to_header(),
            "cell_options": self.options,
            "vocabulary": self.vocabulary_size,
            "lines": self.lines,
            "layers": [layer.to_mapping() for layer in self.layers],
            "attention_block": head[0] if head else None,
            "readout": self.readout.to_mapping(),
            "parameters": self.parameters,
            "bytes": self.parameters * FLOAT32,
            "state_bytes": self.state_numbers * FLOAT32,
            "operations_per_character": asdict(self.operations),
            "training_products_per_character": self.training_products,
        }


def describe(
    architecture: Architecture,
    vocabulary_size: int,
    batch_size: int = 1,
    unit: str = "character",
    *,
    lines: bool | None = None,
) -> Description:
    """Describe a network that knows `vocabulary_size` characters, on `batch_size` columns.

    `unit` says what they are, "character" or "byte", and `lines` whether it reads line by line.

    Raises:
        ConfigError: for what `Architecture.make_cell` refuses.
    """
    cell, H = architecture.make_cell(), architecture.hidden_size
    V, B, step = vocabulary_size, batch_size, one_step(cell)
    layers = []
    for number in range(architecture.num_layers):
        sizes = {"H": H, "D": H if number else V + 1, "B": B}
        cost = operations(cell, sizes, characters=number == 0)
        name, own = f"layer {number}", blocks(step, sizes)
        layers.append(Section(name, step.equations, sizes, own, cost))
    head, M, R = [], architecture.attention, architecture.attention_heads
    if M:
        weights = {"q": {"W_a": (H, H), "b_a": (H, 1)}, "k": {"d": (R, M)}, "z": {"v": (H, 1)}}
        own = [Block(name, shapes) for name, shapes in weights.items()]
        # q; k and u of all heads; in + b_a, /√F + d, softmax, v⊙ and h +
        cost = Operations(2 * H * H + 2 * 2 * M * H, H + 2 * R * M + R * M + 2 * H)
        sizes = {"M": M, "R": R, "F": H // R, "H": H, "B": B}
        head = [Section("attention", attention(R), sizes, own, cost)]
    block = Block("y", {"W_y": (V, H), "b_y": (V, 1)})
    equation, sizes = readout("z_t" if M else "h_t"), {"V": V, "H": H, "B": B}
    top = Section("readout", (equation,), sizes, [block], Operations(2 * V * H, 2 * V))
    of_layers, carried = state_sizes(architecture)
    every, options = of_layers + carried, asdict(cell.options)
    return Description(architecture, options, V, layers, head, top, every, carried, unit, lines)
