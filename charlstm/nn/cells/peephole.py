"""The LSTM with peepholes: its gates see the cell state (Gers & Schmidhuber 2000).

    i, f = σ(W·[h', x] + P·c' + b)      chosen gates see the old cell state
    g = tanh(W·[h', x] + b)
    c = f⊙c' + i⊙g
    o = σ(W·[h', x] + P·c + b)          the output gate sees the new one
    h = o⊙tanh(c)

Each chosen gate has a P of its own. With `full`, P is a matrix, and a gate is σ(W·[c, h, x] + b).
With `diagonal`, P is a vector, as in Gers & Schmidhuber. Many papers give peepholes to some gates
only. The option `peepholes` chooses the gates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy import add, multiply, subtract, tanh

from charlstm.errors import ConfigError
from charlstm.nn import Array
from charlstm.nn.activation import finish_sigmoid
from charlstm.nn.blocks import Product
from charlstm.nn.cells.base import BoundProduct
from charlstm.nn.cells.memory import (
    MemoryCell,
    MemoryStep,
    output,
    output_to_gate,
    output_to_memory,
)
from charlstm.nn.graph import Node, Operators
from charlstm.setting import setting


class PeepholeStep(MemoryStep):
    """The arrays of one step: those of a memory cell, of the input gate and of the peepholes."""

    i: Array
    if_: Array
    ifg: Array
    da_i: Array
    da_if: Array
    P_i: BoundProduct
    P_f: BoundProduct
    P_o: BoundProduct


class Peephole(MemoryCell[PeepholeStep]):
    """One product W·h' serves all gates. Each peephole adds its own. o sees c, so c comes first."""

    @dataclass(frozen=True)
    class Options:
        """The gates that see the cell state, and the kind of their weights."""

        peephole_kind: str = setting(
            "full",
            "Peephole weights: matrices or vectors (cell peephole).",
            choices=("full", "diagonal"),
        )
        peepholes: str = setting("ifo", "Gates with peepholes: letters of ifo (cell peephole).")

        def __post_init__(self) -> None:
            letters = self.peepholes
            if not letters or set(letters) - set("ifo") or len(set(letters)) < len(letters):
                raise ConfigError(
                    f"peepholes must be some of the letters i, f and o, each once, not {letters!r}."
                )

    name = "peephole"
    step = PeepholeStep
    gates = inputs = "ifgo"
    sigmoids = "ifo"
    biases = {"f": 1.0, "i": -1.0}  # as the LSTM's

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.peepholes = set(self.options.peepholes)
        diagonal = self.options.peephole_kind == "diagonal"
        sees = {"i": "c'", "f": "c'", "o": "c"}
        self.products = (
            Product("W", "ifgo", "h'"),
            *(Product(f"P_{k}", k, c, diagonal) for k, c in sees.items() if k in self.peepholes),
        )

    def equations(self, op: Operators, state: Mapping[str, Node]) -> dict[str, Node]:
        h, c = state["h"], state["c"]

        def preactivation(name: str, c: Node) -> Node:
            a = op.preactivation(name, h)
            return a + op.product(f"P_{name}", name, c) if name in self.peepholes else a

        f = op.sigmoid(preactivation("f", c))
        i = op.sigmoid(preactivation("i", c))
        g = op.tanh(op.preactivation("g", h))
        c = f * c + i * g
        o = op.sigmoid(preactivation("o", c))
        return {"h": o * op.tanh(c), "c": c}

    def forward(self, s: PeepholeStep) -> None:
        # i, f = σ(a), g = tanh(a) with a = W·h' + P·c' + (W_x·x + b)
        s.W.multiply_accumulate(s.h_prev, s.a)
        if "i" in self.peepholes:
            s.P_i.multiply_accumulate(s.c_prev, s.i)
        if "f" in self.peepholes:
            s.P_f.multiply_accumulate(s.c_prev, s.f)
        tanh(s.ifg, out=s.ifg)
        finish_sigmoid(s.if_)
        # c = f⊙c' + i⊙g
        multiply(s.i, s.g, out=s.tmp)
        multiply(s.f, s.c_prev, out=s.c)
        add(s.c, s.tmp, out=s.c)
        # o = σ(W·h' + P·c + (W_x·x + b))
        if "o" in self.peepholes:
            s.P_o.multiply_accumulate(s.c, s.o)
        tanh(s.o, out=s.o)
        finish_sigmoid(s.o)
        # h = o⊙tanh(c)
        output(s)

    def backward(self, s: PeepholeStep) -> None:
        # da_o = (1 − o)⊙h⊙dh
        subtract(1.0, s.o, out=s.da_o)
        output_to_gate(s)
        # dc += dh⊙(o − h⊙tanh(c)) + P_oᵀ·da_o
        output_to_memory(s)
        if "o" in self.peepholes:
            s.P_o.transpose_product(s.da_o, s.tmp)
            add(s.dc, s.tmp, out=s.dc)
        # da_i, da_f start as 1 − i, 1 − f
        subtract(1.0, s.if_, out=s.da_if)
        # da_i = (1 − i)⊙i⊙g⊙dc
        multiply(s.i, s.g, out=s.tmp)
        multiply(s.da_i, s.tmp, out=s.da_i)
        multiply(s.da_i, s.dc, out=s.da_i)
        # da_g = dc⊙(i − i⊙g⊙g)
        multiply(s.tmp, s.g, out=s.tmp)
        subtract(s.i, s.tmp, out=s.tmp)
        multiply(s.tmp, s.dc, out=s.da_g)
        # dc' = dc⊙f; da_f = (1 − f)⊙c'⊙dc'
        multiply(s.dc, s.f, out=s.dc)
        multiply(s.da_f, s.c_prev, out=s.da_f)
        multiply(s.da_f, s.dc, out=s.da_f)
        # dc' += P_iᵀ·da_i + P_fᵀ·da_f, dh' = Wᵀ·da
        if "i" in self.peepholes:
            s.P_i.transpose_product(s.da_i, s.tmp)
            add(s.dc, s.tmp, out=s.dc)
        if "f" in self.peepholes:
            s.P_f.transpose_product(s.da_f, s.tmp)
            add(s.dc, s.tmp, out=s.dc)
        s.W.transpose_product(s.da, s.dh)
