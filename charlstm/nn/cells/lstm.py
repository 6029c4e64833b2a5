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
    """The arrays of one step: those of every memory cell, and the input gate's."""

    i: Array
    ifo: Array
    da_i: Array
    da_ifo: Array


class LSTM(MemoryCell[LSTMStep]):
    """Four gates on one product."""

    name = "lstm"
    step = LSTMStep
    gates = inputs = "ifog"
    sigmoids = "ifo"
    products = (Product("W", "ifog", "h'"),)
    # b_f = 1 starts by remembering (Jozefowicz et al. 2015), and b_i = −b_f as slow to write as to
    # forget (Tallec & Ollivier 2018), as coupled gates do.
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
        # i, f, o = σ(a), g = tanh(a) with a = W·h' + (W_x·x + b)
        s.W.multiply_accumulate(s.h_prev, s.a)
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
        # da_o = (1 − o)⊙h⊙dh; 1 − i and 1 − f are needed below
        subtract(1.0, s.ifo, out=s.da_ifo)
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
        # dc' = dc⊙f, dh' = Wᵀ·da
        multiply(s.dc, s.f, out=s.dc)
        s.W.transpose_product(s.da, s.dh)
