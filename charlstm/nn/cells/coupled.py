"""The LSTM with coupled gates: it forgets only where it writes (Greff et al. 2017: CIFG).

f, o = σ(W·[h', x] + b)
g = tanh(W·[h', x] + b)
c = f⊙c' + (1 − f)⊙g            i = 1 − f: the input gate has no weights
h = o⊙tanh(c)
"""

from collections.abc import Mapping

from numpy import add, multiply, subtract, tanh

from charlstm.nn import Array
from charlstm.nn.activation import finish_sigmoid
from charlstm.nn.blocks import Product
from charlstm.nn.cells.memory import (
    MemoryCell,
    MemoryStep,
    output,
    output_to_gate,
    output_to_memory,
)
from charlstm.nn.graph import Node, Operators


class CoupledStep(MemoryStep):
    """The arrays of one step: those of a memory cell, and f and o as one array."""

    fo: Array
    da_fo: Array


class Coupled(MemoryCell[CoupledStep]):
    """One product W·h' serves f, o and g. The code computes c as g + f⊙(c' − g)."""

    name = "coupled"
    step = CoupledStep
    gates = inputs = "fog"
    sigmoids = "fo"
    products = (Product("W", "fog", "h'"),)
    biases = {"f": 1.0}

    def equations(self, op: Operators, state: Mapping[str, Node]) -> dict[str, Node]:
        h, c = state["h"], state["c"]
        f = op.sigmoid(op.preactivation("f", h))
        g = op.tanh(op.preactivation("g", h))
        o = op.sigmoid(op.preactivation("o", h))
        c = f * c + (1.0 - f) * g
        return {"h": o * op.tanh(c), "c": c}

    def forward(self, s: CoupledStep) -> None:
        # f, o = σ(a), g = tanh(a) with a = W·h' + (W_x·x + b)
        s.W.multiply_accumulate(s.h_prev, s.a)
        tanh(s.a, out=s.a)
        finish_sigmoid(s.fo)
        # c = g + f⊙(c' − g)
        subtract(s.c_prev, s.g, out=s.tmp)
        multiply(s.f, s.tmp, out=s.c)
        add(s.c, s.g, out=s.c)
        # h = o⊙tanh(c)
        output(s)

    def backward(self, s: CoupledStep) -> None:
        # dc += dh⊙(o − h⊙tanh(c))
        output_to_memory(s)
        # da_f, da_o start as 1 − f, 1 − o
        subtract(1.0, s.fo, out=s.da_fo)
        # da_o = (1 − o)⊙h⊙dh
        output_to_gate(s)
        # da_g = (1 − g²)⊙dc⊙(1 − f)
        multiply(s.g, s.g, out=s.tmp)
        subtract(1.0, s.tmp, out=s.da_g)
        multiply(s.da_g, s.dc, out=s.da_g)
        multiply(s.da_g, s.da_f, out=s.da_g)
        # dc' = dc⊙f; da_f = (1 − f)⊙dc'⊙(c' − g)
        multiply(s.dc, s.f, out=s.dc)
        multiply(s.da_f, s.dc, out=s.da_f)
        subtract(s.c_prev, s.g, out=s.tmp)
        multiply(s.da_f, s.tmp, out=s.da_f)
        # dh' = Wᵀ·da
        s.W.transpose_product(s.da, s.dh)
