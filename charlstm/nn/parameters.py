"""The parameters of a network: names and shapes, one flat vector, and their first values."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

import numpy as np

from charlstm.errors import ConfigError
from charlstm.hints import did_you_mean
from charlstm.nn import Array, aligned
from charlstm.nn.cells import CELLS
from charlstm.nn.cells.base import Cell

Value = TypeVar("Value")

FIRST_V = 0.1  # of what attention picks; with 0, its other weights would have no gradient
ALIGN = 16  # float32 numbers in a cache line; every array starts on one


@dataclass(frozen=True)
class Architecture:
    """The shape of a network: `num_layers` layers of `hidden_size` units of one kind of cell.

    Each step looks back at the last `attention` outputs of the top layer, 0 for none, with so many
    `attention_heads`, which share the units equally.
    """

    cell: str = "lstm"
    cell_options: Mapping[str, Any] = field(default_factory=dict)
    hidden_size: int = 128
    num_layers: int = 1
    attention: int = 0
    attention_heads: int = 1

    def make_cell(self) -> Cell[Any]:
        """The cell with its options.

        Raises:
            ConfigError: for a cell that does not exist, an option that it does not have, or units
                that the heads of attention cannot share equally.
        """
        heads, units = self.attention_heads, self.hidden_size
        if self.attention and units and units % heads:  # a rule may still decide the units
            raise ConfigError(
                f"hidden_size is {units}, which {heads} heads of attention cannot share equally; "
                f"set it to {units - units % heads or heads}, or set attention_heads to 1."
            )
        if self.cell not in CELLS:
            near = did_you_mean(self.cell, CELLS)
            raise ConfigError(
                f"no cell is called {self.cell!r}{near} The cells are {', '.join(CELLS)}."
            )
        kind = CELLS[self.cell]
        known = {f.name for f in fields(kind.Options)}
        for option in self.cell_options:
            if option not in known:
                owners = [c for c, k in CELLS.items() if hasattr(k.Options, option)]
                where = f"it belongs to {', '.join(owners)}" if owners else "no cell has it"
                raise ConfigError(f"the cell {self.cell!r} has no option {option!r}; {where}.")
        return kind(kind.Options(**self.cell_options))

    def __str__(self) -> str:
        """The shape in a few words."""
        options = "".join(f" {name}={value}" for name, value in self.cell_options.items())
        layers = f"{self.num_layers} layer{'s' * (self.num_layers > 1)}"
        size = f"{layers} of {self.hidden_size} units"
        return f"{self.cell}{options}, {size}{self.looks_back}"

    @property
    def looks_back(self) -> str:
        """The attention, to be said after the size, if there is one."""
        M, R = self.attention, self.attention_heads
        heads = f"{R} head{'s' * (R > 1)}"
        return f", attention of {heads} over {M} output{'s' * (M > 1)}" if M else ""

    def to_header(self) -> dict[str, Any]:
        """The fields for JSON; `Architecture(**header)` makes the object again."""
        return asdict(self) | {"cell_options": dict(self.cell_options)}


class Parameters:
    """All weights from a character to the logits of the next one, as views of one flat vector.

    `by_name` maps names to views of `flat` (size,):

    - `layers.0.E` (V+1, G·H): a row for each character, the last one for the unknown character;
      in layers above, `layers.l.W_x` (G·H, H)
    - the weights of the cell's products, such as `layers.l.W` (G·H, H)
    - `layers.l.b` (G·H, 1)
    - `attention.W_a` (H, H), `attention.b_a` (H, 1), `attention.d` (R, M) and `attention.v` (H, 1)
      of an attention with R heads over M outputs
    - the readout, `W_y` (V, H) and `b_y` (V, 1)

    `reset_at` is the id that is always read from zero state, if there is one: the newline in a run
    with `lines`.

    The literature writes W·[h', x]; here it is W·h' + W_x·x. Of a character, W_x·x is a row of E.
    """

    def __init__(
        self,
        architecture: Architecture,
        vocabulary_size: int,
        *,
        flat: Array | None = None,
        dtype: Any = np.float32,
        reset_at: int | None = None,
    ) -> None:
        self.architecture, self.vocabulary_size = architecture, vocabulary_size
        self.reset_at, self.cell = reset_at, architecture.make_cell()
        self.shapes = dict(_shapes(self.cell, architecture, vocabulary_size))
        self.size = flat_size(architecture, vocabulary_size)
        self.flat = aligned.zeros((self.size,), dtype) if flat is None else flat
        self.by_name = self.views(self.flat)

    def __repr__(self) -> str:
        shapes = (f"{name} {shape}" for name, shape in self.shapes.items())
        return f"{self.num_parameters:,} parameters of {self.architecture}: {', '.join(shapes)}"

    @property
    def num_parameters(self) -> int:
        """How many numbers are learnt."""
        return sum(int(np.prod(shape)) for shape in self.shapes.values())

    @property
    def params(self) -> dict[str, Array]:
        """The old name of `by_name`. It is deprecated: the next release removes it."""
        text = "Parameters.params is now called by_name; the next release removes the old name"
        warnings.warn(text, DeprecationWarning, stacklevel=2)
        return self.by_name

    def with_numbers(self, flat: Array) -> "Parameters":
        """The same network with other numbers, `flat` (size,)."""
        shape, V = self.architecture, self.vocabulary_size
        return Parameters(shape, V, flat=flat, reset_at=self.reset_at)

    def views(self, flat: Array) -> dict[str, Array]:
        """The named parameters, or their gradients, as views of a flat vector (size,)."""
        views, start = {}, 0
        for name, shape in self.shapes.items():
            views[name] = flat[start : start + int(np.prod(shape))].reshape(shape)
            start += _padded(shape)
        return views

    def initialise(self, seed: int) -> None:
        """Draw fresh weights, uniform in ±1/√H. Biases are zero, or as the cell's `biases` say.

        The rows of the characters are uniform in ±1. So at first the input is stronger than the
        noise of the recurrence (measured in docs/performance.md). The row of the unknown character
        is zero. It stays zero because training never reads that character.
        """
        rng = np.random.default_rng(seed)
        H = self.architecture.hidden_size
        bound = 1.0 / np.sqrt(H)
        self.flat.fill(0.0)
        for name, view in self.by_name.items():
            kind = name.rpartition(".")[2]
            if kind == "b":
                for gate, value in self.cell.biases.items():
                    row = self.cell.gates.index(gate) * H
                    view[row : row + H] = value
            elif kind == "E":
                view[:-1] = rng.uniform(-1.0, 1.0, view[:-1].shape)
            elif kind == "v":
                view[...] = FIRST_V
            elif kind not in ("b_y", "b_a", "d"):
                view[...] = rng.uniform(-bound, bound, view.shape)


def flat_size(architecture: Architecture, vocabulary_size: int) -> int:
    """The length of the flat vector: every parameter, padded to whole cache lines."""
    shapes = _shapes(architecture.make_cell(), architecture, vocabulary_size)
    return sum(_padded(shape) for _, shape in shapes)


def state_sizes(architecture: Architecture) -> tuple[int, int]:
    """The numbers that a column carries from window to window: the layers', and attention's."""
    layers = len(architecture.make_cell().states) * architecture.num_layers
    M, H = architecture.attention, architecture.hidden_size
    return layers * H, M * H + 1 if M else 0


def layer_parameters(params: Mapping[str, Value], layer: int) -> dict[str, Value]:
    """The parameters of one layer under the names its cell uses."""
    return parameters_at(params, f"layers.{layer}")


def parameters_at(params: Mapping[str, Value], block: str) -> dict[str, Value]:
    """The parameters of one block, such as `layers.0` or `attention`, without its name."""
    prefix = f"{block}."
    return {
        name.removeprefix(prefix): view for name, view in params.items() if name.startswith(prefix)
    }


def _padded(shape: tuple[int, ...]) -> int:
    return -(-int(np.prod(shape)) // ALIGN) * ALIGN


def _shapes(
    cell: Cell[Any], architecture: Architecture, V: int
) -> Iterator[tuple[str, tuple[int, ...]]]:
    H = architecture.hidden_size
    for layer in range(architecture.num_layers):
        if layer == 0:
            yield "layers.0.E", (V + 1, len(cell.inputs) * H)
        else:
            yield f"layers.{layer}.W_x", (len(cell.inputs) * H, H)
        for product in cell.products:
            rows = len(product.gates) * H
            yield f"layers.{layer}.{product.name}", (rows, 1 if product.diagonal else H)
        yield f"layers.{layer}.b", (len(cell.gates) * H, 1)
    if M := architecture.attention:
        R = architecture.attention_heads
        shapes = {"W_a": (H, H), "b_a": (H, 1), "d": (R, M), "v": (H, 1)}
        yield from ((f"attention.{name}", shape) for name, shape in shapes.items())
    yield "W_y", (V, H)
    yield "b_y", (V, 1)
