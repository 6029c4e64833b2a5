"""The output h = o⊙tanh(c) of the cells with a cell state c, forward and backward.

h     = o⊙tanh(c)
dc   += dh⊙o⊙(1 − tanh²c)      = dh⊙(o − h⊙tanh(c))
da_o  = dh⊙tanh(c)⊙o⊙(1 − o)   = dh⊙h⊙(1 − o)
"""

from typing import TypeVar

from numpy import add, multiply, subtract, tanh

from charlstm.nn import Array
from charlstm.nn.cells.base import BoundProduct, Cell, Step


class MemoryStep(Step):
    """The arrays of one step of a cell with a forget gate f, an output gate o and a candidate g."""

    f: Array
    o: Array
    g: Array
    c: Array
    c_prev: Array
    tanh_c: Array
    dc: Array
    da_f: Array
    da_o: Array
    da_g: Array
    W: BoundProduct


M = TypeVar("M", bound=MemoryStep)


class MemoryCell(Cell[M]):
    """A cell with a cell state c: its forget gate keeps c, and its output gate shows it."""

    states = ("h", "c")
    tape = ("h", "c", "tanh_c")
    memory, bounded_memory, retention = "c", False, "f"


def output(s: MemoryStep) -> None:
    """Compute h = o⊙tanh(c)."""
    tanh(s.c, out=s.tanh_c)
    multiply(s.o, s.tanh_c, out=s.h)


def output_to_memory(s: MemoryStep) -> None:
    """Add dh⊙(o − h⊙tanh(c)) to dc."""
    multiply(s.h, s.tanh_c, out=s.tmp)
    subtract(s.o, s.tmp, out=s.tmp)
    multiply(s.tmp, s.dh, out=s.tmp)
    add(s.dc, s.tmp, out=s.dc)


def output_to_gate(s: MemoryStep) -> None:
    """Compute da_o = (1 − o)⊙h⊙dh; on entry da_o holds 1 − o."""
    multiply(s.da_o, s.h, out=s.da_o)
    multiply(s.da_o, s.dh, out=s.da_o)
