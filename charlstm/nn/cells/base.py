"""A recurrent cell declares its gates and weights, and computes one step.

A cell has its step in two forms. `equations` is the reference form, gate by gate. The reference
implementation, the exports and `describe` read it (see `graph`). `forward` and `backward` are the
fast form: a few NumPy calls on the arrays of one step. A `layer` calls them at every step.

In comments a prime marks a value of the step before: h' is `h_prev` in the code. Layer and cell
share the work of W·[h', x] + b. First the layer writes b + W_x·x to the pre-activations. Then
`forward` of the cell adds W·h'.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np

from charlstm.nn import Array
from charlstm.nn.blocks import Product
from charlstm.nn.graph import Graph, Node, Operators, State


class BoundProduct(Protocol):
    """A declared product with its weight, as `forward` and `backward` use it."""

    def multiply_accumulate(self, operand: Array, out: Array) -> None:
        """Add weight · operand (B, H) to `out`, the pre-activations of its gates."""

    def transpose_product(self, da: Array, out: Array) -> None:
        """Write weightᵀ · da, the gradient of the operand, to `out` (B, H)."""


class Step:
    """The arrays of one step, named as in the cell's equations.

    Each cell annotates the names that it uses in a subclass. The layer sets them:

    - `i`, a gate: its block (B, H). It holds the pre-activation first, of a σ gate half of it
      (see `activation`), and later the gate.
    - `ifo`, neighbouring gates: one array (3, B, H). `if_` stands for `if`, a keyword.
    - `a`: the blocks of all gates (G, B, H).
    - `c`, a name of the tape: its value (B, H) at this step. `c_prev` is that of the step before.
    - `da_i`, `da_ifo`: dL/da of these gates. `da` is that of all gates.
    - `dc`, of a state: dL/dc (B, H).
    - `W`, a product: the product with its weight.
    - `tmp` (B, H): free to use.
    """

    a: Array
    da: Array
    h: Array
    h_prev: Array
    dh: Array
    tmp: Array


S = TypeVar("S", bound=Step)


class Cell(ABC, Generic[S]):
    """One kind of recurrent cell: declarations and equations, without arrays of its own."""

    @dataclass(frozen=True)
    class Options:
        """The cell's own settings; a cell that has some defines its own dataclass."""

    name: ClassVar[str]
    step: type[S]
    gates: str  # blocks of pre-activations, the candidate too, H rows each, in this order
    inputs: str  # the first of these gates: those that see the input x
    sigmoids: str  # the gates with the activation σ; the others have tanh or none
    states: tuple[str, ...]  # carried from window to window; the first is h, the output
    tape: tuple[str, ...]  # what `forward` keeps for `backward`; it includes the states
    products: tuple[Product, ...]
    biases: Mapping[str, float] = {}  # first values of biases that do not start at zero
    memory = "h"  # the state that holds the memory
    bounded_memory = True  # whether the memory always lies between -1 and 1
    retention = ""  # the gate that keeps the old memory, if there is one
    full_rate_units = 256  # above them the learning rate falls with the root of the units

    def __init__(self, options: Any = None) -> None:
        self.options: Any = options if options is not None else self.Options()

    @property
    def memory_label(self) -> str:
        """The name of what `shown_memory` returns: tanh(c), or h."""
        return self.memory if self.bounded_memory else f"tanh({self.memory})"

    def shown_memory(self, values: Array) -> Array:
        """The memory as numbers between -1 and 1: tanh(c), or h."""
        return values if self.bounded_memory else np.tanh(values)

    @abstractmethod
    def equations(self, op: Operators, state: Mapping[str, Node]) -> dict[str, Node]:
        """The new states from the old ones, gate by gate: the cell's reference form."""

    def graph(self) -> Graph:
        """One step as a graph of operations, made from `equations`."""
        op = Operators(self.gates, self.inputs, self.products)
        return Graph(self.equations(op, {name: State(name) for name in self.states}))

    @abstractmethod
    def forward(self, s: S) -> None:
        """Compute one step from s.a = b + W_x·x and the last step; write this step's tape."""

    @abstractmethod
    def backward(self, s: S) -> None:
        """Compute the gradients of one step: turn s.dh, s.dc … from dL/dstate into dL/dstate'.

        It fills s.da (G, B, H) with dL/da. It calls `transpose_product` of every full product
        after it has filled the part of s.da that belongs to the product.
        """
