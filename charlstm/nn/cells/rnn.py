"""The vanilla recurrent network: a chain of modules with a single tanh layer (Elman 1990).

    h = tanh(W·[h', x] + b)

The gradient is dh' = Wᵀ·(dh⊙(1 − h²)). At every step back it shrinks or grows with W's singular
values. Over many steps it vanishes or explodes (Bengio et al. 1994; Pascanu et al. 2013).
"""

from collections.abc import Mapping

from numpy import copyto, multiply, subtract, tanh

from charlstm.nn import Array
from charlstm.nn.blocks import Product
from charlstm.nn.cells.base import BoundProduct, Cell, Step
from charlstm.nn.graph import Node, Operators


class RNNStep(Step):
    """The arrays of one step."""

    n: Array
    da_n: Array
    W: BoundProduct


class RNN(Cell[RNNStep]):
    """One block of pre-activations; its tanh is the hidden state."""

    name = "rnn"
    step = RNNStep
    gates = inputs = "n"
    sigmoids = ""
    states = ("h",)
    tape = ("h",)
    products = (Product("W", "n", "h'"),)
    full_rate_units = 64

    def equations(self, op: Operators, state: Mapping[str, Node]) -> dict[str, Node]:
        return {"h": op.tanh(op.preactivation("n", state["h"]))}

    def forward(self, s: RNNStep) -> None:
        # h = tanh(W·h' + (W_x·x + b))
        s.W.multiply_accumulate(s.h_prev, s.n)
        tanh(s.n, out=s.n)
        copyto(s.h, s.n)

    def backward(self, s: RNNStep) -> None:
        # da = dh⊙(1 − h²), dh' = Wᵀ·da
        multiply(s.h, s.h, out=s.tmp)
        subtract(1.0, s.tmp, out=s.tmp)
        multiply(s.tmp, s.dh, out=s.da_n)
        s.W.transpose_product(s.da_n, s.dh)
