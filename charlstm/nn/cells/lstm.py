"""The LSTM (Hochreiter & Schmidhuber 1997; with a forget gate: Gers, Schmidhuber & Cummins 2000).

    i, f, o = σ(W·[h', x] + b)      how much to write, to keep and to show
    g = tanh(W·[h', x] + b)         the candidate, often written C̃
    c = f⊙c' + i⊙g                  the cell state
    h = o⊙tanh(c)                   the hidden state, which is the output

docs/backward.md derives the backward pass in the order of this file.
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


class LSTMStep(MemoryStep):
    """The arrays of one step: those of a memory cell, and those of the input gate."""

    i: Array
    ifo: Array
    da_i: Array
    da_ifo: Array


class LSTM(MemoryCell[LSTMStep]):
    """One matrix product W·h' serves the gates i, f, o and the candidate g."""

    name = "lstm"
    step = LSTMStep
    gates = inputs = "ifog"
    sigmoids = "ifo"
    products = (Product("W", "ifog", "h'"),)
    # b_f = 1: a fresh LSTM keeps most of c (Jozefowicz et al. 2015). b_i = −b_f: i starts near
    # 1 − f (Tallec & Ollivier 2018), as in the coupled cell.
    biases = {"f": 1.0, "i": -1.0}

    def equations(self, op: Operators, state: Mapping[str, Node]) -> dict[str, Node]:
        h, c = state["h"], state["c"]
        f = op.sigmoid(op.preactivation("f", h))
        i = op.sigmoid(op.preactivation("i", h))
        g = op.tanh(op.preactivation("g", h))
        o = op.sigmoid(op.preactivation("o", h))
        c = f * c + i * g
        return {"h": o * op.tanh(c), "c": c}

    def forward(self, s: LSTMStep) -> None:
        # a = W·h' + (W_x·x + b)
        s.W.multiply_accumulate(s.h_prev, s.a)
        # g = tanh(a); i, f, o = σ(a) = ½ + ½·tanh(a/2), and their blocks hold a/2 (`activation`)
        tanh(s.a, out=s.a)
        finish_sigmoid(s.ifo)
        # c = f⊙c' + i⊙g
        multiply(s.i, s.g, out=s.tmp)
        multiply(s.f, s.c_prev, out=s.c)
        add(s.c, s.tmp, out=s.c)
        # h = o⊙tanh(c)
        output(s)

    def backward(self, s: LSTMStep) -> None:
        # dc += dh⊙(o − h⊙tanh(c))
        output_to_memory(s)
        # da_i, da_f, da_o start as 1 − i, 1 − f, 1 − o
        subtract(1.0, s.ifo, out=s.da_ifo)
        # da_o = (1 − o)⊙h⊙dh
        output_to_gate(s)
        # da_f = (1 − f)⊙f⊙c'⊙dc
        multiply(s.f, s.c_prev, out=s.tmp)
        multiply(s.da_f, s.tmp, out=s.da_f)
        multiply(s.da_f, s.dc, out=s.da_f)
        # da_i = (1 − i)⊙i⊙g⊙dc
        multiply(s.i, s.g, out=s.tmp)
        multiply(s.da_i, s.tmp, out=s.da_i)
        multiply(s.da_i, s.dc, out=s.da_i)
        # da_g = dc⊙i⊙(1 − g²) = dc⊙(i − i⊙g⊙g)
        multiply(s.tmp, s.g, out=s.tmp)
        subtract(s.i, s.tmp, out=s.tmp)
        multiply(s.tmp, s.dc, out=s.da_g)
        # s.dc becomes dc' = dc⊙f, s.dh becomes dh' = Wᵀ·da
        multiply(s.dc, s.f, out=s.dc)
        s.W.transpose_product(s.da, s.dh)
