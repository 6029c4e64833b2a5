"""What a cell is: its gates, its states, the products it needs, and one step of equations.

A cell is a short file of pointwise equations. It declares its matrix products; `layer.py` runs
them, their transposes and their weight gradients, and owns the time loop and the buffers.
A primed name (h', c') is the value of the previous step, as in the notes' h_{t-1}.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Product:
    """A weight that maps what the tape holds to pre-activations: a[gates] += weight · operand.

    `gates` names neighbouring gate blocks, `operand` a name of the tape, primed for the previous
    step. A full weight is a matrix (len(gates)·H, H); a diagonal one is a vector (H, 1)
    for each gate, multiplied elementwise.
    """

    name: str
    gates: str
    operand: str
    diagonal: bool = False


class Ready(Protocol):
    """A product bound to a layer's weights, as a cell's equations use it."""

    def add(self, operand: Array, out: Array) -> None:
        """Add weight · operand (B, H) to `out`, the pre-activations of its gates."""

    def back(self, da: Array, out: Array) -> None:
        """Write weightᵀ · da, the operand's gradient, to `out` (B, H); `da` must be final."""


class Notes(Protocol):
    """The generic operators of a cell's plain form: arrays, an ONNX graph or text stand behind."""

    def gate(self, name: str, h: Any) -> Any:
        """W_name·[h, x] + b_name for one gate."""

    def input(self, name: str) -> Any:
        """W_name·x + b_name: the input's part of a gate alone."""

    def product(self, weight: str, gate: str, operand: Any) -> Any:
        """One gate's rows of a declared weight, times `operand`."""

    def bias(self, gate: str) -> Any:
        """b_gate, for a gate that does not see x."""

    def sigmoid(self, a: Any) -> Any:
        """The logistic function, σ(a)."""

    def tanh(self, a: Any) -> Any:
        """The hyperbolic tangent of a."""


class Cell(ABC):
    """One kind of recurrent cell. Subclasses are pure declarations and equations, without state."""

    @dataclass(frozen=True)
    class Options:
        """The cell's own settings; a cell that has some defines its own dataclass."""

    name: ClassVar[str]
    gates: str  # blocks of pre-activations, H rows each, in this order
    inputs: str  # the leading blocks that see the input x
    sigmoids: str  # the blocks whose activation is σ; the others are tanh or the cell's own
    states: tuple[str, ...]  # carried from window to window; the first one, h, is the output
    tape: tuple[str, ...]  # blocks kept for every step, states among them
    products: tuple[Product, ...]
    biases: Mapping[str, float] = {}  # gates whose bias does not start at zero
    memory = "h"  # the state that remembers
    bounded_memory = True  # whether it lies between -1 and 1 by itself
    retention = ""  # the gate that keeps the old memory, if there is one

    def __init__(self, options: Any = None) -> None:
        self.options: Any = options if options is not None else self.Options()

    @property
    def memory_label(self) -> str:
        """What `shown_memory` makes of the memory: tanh(c), or h."""
        return self.memory if self.bounded_memory else f"tanh({self.memory})"

    def shown_memory(self, values: Array) -> Array:
        """Values of the memory between -1 and 1."""
        return values if self.bounded_memory else np.tanh(values)

    @abstractmethod
    def forward(self, s: Any) -> None:
        """One step. On entry s.a holds b + W_x·x; on return the step's tape is filled.

        `s` names every block of this step as an array (B, H): gates and tape blocks by their
        names, previous ones with `_` behind (s.h_ is h'), products by theirs (s.W.add(s.h_, s.a)).
        Neighbouring gates have a name together: s.ifo (3, B, H). `s.tmp` (B, H) is free to use.
        """

    @abstractmethod
    def backward(self, s: Any) -> None:
        """The same step backwards.

        On entry s.dh and the other s.d<state> hold dL/dstate, on return dL/dstate'; s.da
        (G, B, H) must be filled with dL/da, each part before the product it belongs to goes
        `back`; every product that is not diagonal must. `s.tmp` (B, H) is free to use.
        """

    @abstractmethod
    def plain(self, n: Notes, state: Mapping[str, Any]) -> dict[str, Any]:
        """The step gate by gate as the notes write it: from the old state to the new one."""


def sigmoid_from_tanh(gates: Array) -> None:
    """Finish σ(a) = ½ + ½·tanh(a/2) in place; the ½ inside was folded into the weights."""
    np.multiply(gates, 0.5, out=gates)
    np.add(gates, 0.5, out=gates)
