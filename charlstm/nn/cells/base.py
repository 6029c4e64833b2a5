"""What a cell is: the blocks and weights that it declares, and the equations of one step.

A cell states its step twice. `equations` is the reference form, gate by gate: the reference
implementation, the exports and `describe` all read it (see `graph`). `forward` and `backward` are
the fast form: a few NumPy calls on the arrays of one step, which a `layer` runs for every step.

In comments a prime marks the value of the step before: h' is `h_prev` in the code. Products such
as W·[h', x] + b are shared out: the layer has written b + W_x·x to the pre-activations before
`forward` is called, and the cell adds W·h'.
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
        """Write weightᵀ · da, the gradient of the operand, to `out` (B, H).

        `da` must be complete: a full weight's gradient is made from it as well.
        """


class Step:
    """The arrays of one step, by the names in a cell's equations.

    A cell's own subclass annotates the names that it uses; the layer fills in each of them:

    - a gate's letter, such as `i`: its block (B, H), first the pre-activation, then the gate. A run
      of neighbouring gates is one array: `ifo` (3, B, H), `if_` where the letters are a keyword;
      `a` (G, B, H) are all of them.
    - a name of the tape, such as `c`: its value at this step (B, H); `c_prev` at the step before.
    - `da_` and gates: dL/da of these gates; `da` of all. `d` and a state: dL/dstate (B, H).
    - a product's name: the product, bound to its weight.
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
    gates: str  # blocks of pre-activations, H rows each, in this order
    inputs: str  # the leading gates that see the input x
    sigmoids: str  # the gates whose activation is σ; the others have tanh, or the cell's own
    states: tuple[str, ...]  # carried from window to window; the first one, h, is the output
    tape: tuple[str, ...]  # what a forward step keeps for the way back, states among it
    products: tuple[Product, ...]
    biases: Mapping[str, float] = {}  # gates whose bias does not start at zero
    memory = "h"  # the state that remembers
    bounded_memory = True  # whether the memory lies between -1 and 1 by itself
    retention = ""  # the gate that keeps the old memory, if there is one

    def __init__(self, options: Any = None) -> None:
        self.options: Any = options if options is not None else self.Options()

    @property
    def memory_label(self) -> str:
        """The name of what `shown_memory` returns: tanh(c), or h."""
        return self.memory if self.bounded_memory else f"tanh({self.memory})"

    def shown_memory(self, values: Array) -> Array:
        """Values of the memory between -1 and 1."""
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
        """One step: from s.a = b + W_x·x and the step before to this step's tape."""

    @abstractmethod
    def backward(self, s: S) -> None:
        """The same step backwards (s.dh, s.dc … hold dL/dstate on entry, dL/dstate' on return).

        It fills s.da (G, B, H) with dL/da, and calls `transpose_product` of every full product
        once the part of s.da that belongs to it is complete.
        """
