"""One recurrent layer over a window: the buffers, the time loop and the matrix products of a cell.

Per-step buffers are [T, rows, B], so each step's blocks are contiguous matrices (H, B) with the
batch in the columns. What the whole window needs at once, for one product per weight after the
loop, is laid out as columns (rows, T·B), and its gradient as rows (T·B, rows).
"""

from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.cells.base import Array, Cell, Product
from charlstm.cells.inputs import Input
from charlstm.cells.weight import Weight


def columns(rows: int, count: int, dtype: Any) -> Array:
    """An uninitialised (rows, count) array whose row stride is kept off powers of two.

    Rows a power of two apart fall on the same cache sets, which made the loop 1.5–2 times slower.
    """
    pad = 16 if count % 256 == 0 else 0
    return np.empty((rows, count + pad), dtype)[:, :count]


def rows_of(blocks: Sequence[str], chosen: Sequence[str], height: int) -> slice:
    """The rows of neighbouring `chosen` blocks in a stack of `blocks`, each `height` rows."""
    first = list(blocks).index(chosen[0])
    if list(blocks[first : first + len(chosen)]) != list(chosen):
        raise ValueError(f"blocks {chosen} are not neighbours in {blocks}")
    return slice(first * height, (first + len(chosen)) * height)


def runs(blocks: Sequence[str]) -> Iterator[Sequence[str]]:
    """Every run of neighbouring blocks: for "ifo": i, if, ifo, f, fo, o."""
    for first in range(len(blocks)):
        for last in range(first + 1, len(blocks) + 1):
            yield blocks[first:last]


class Layer:
    """A cell with weights and buffers for windows of up to `length` steps of `batch` columns.

    `params` holds the views of this layer's parameters by name: every product's weight, the bias
    `b` (G·H, 1) and what its input needs. `gates` and `tape` name [T, H, B] and [T+1, H, B] views
    of the last window, for looking inside; slot 0 of the tape is the state carried in.
    """

    def __init__(
        self,
        cell: Cell,
        hidden_size: int,
        params: Mapping[str, Array],
        inputs: Input,
        length: int,
        batch: int,
        *,
        backward: bool,
    ) -> None:
        H, dtype = hidden_size, params["b"].dtype
        self.cell, self.inputs, self.length, self.batch = cell, inputs, length, batch
        self._scale = gate_scale(cell, H, dtype)
        self._weights = {
            p.name: Weight(p, params[p.name], self._scale[rows_of(cell.gates, p.gates, H)], batch)
            for p in cell.products
        }
        self._seen = len(cell.inputs) * H  # rows of `a` that see the input; the rest has b alone
        self._bias = params["b"]
        self._rest = np.empty((self._bias.shape[0] - self._seen, 1), dtype)

        self._a = np.empty((length, len(cell.gates) * H, batch), dtype)
        self._tape = np.zeros((length + 1, len(cell.tape) * H, batch), dtype)
        self.gates = {g: self._a[:, rows_of(cell.gates, g, H)] for g in cell.gates}
        self.tape = {name: self._tape[:, rows_of(cell.tape, [name], H)] for name in cell.tape}
        self.state = {name: self.tape[name][0] for name in cell.states}

        full = [p for p in cell.products if backward and not p.diagonal]
        operands = {p.operand.rstrip("'") for p in full}
        self._columns = {
            name: columns(H, (length + 1) * batch, dtype) for name in sorted(operands | {"h"})
        }
        self._dA = np.empty((length * batch, self._a.shape[1]), dtype) if backward else None
        self._dstate = {name: np.zeros((H, batch), dtype) for name in cell.states}
        self._steps = [self._step(t, H) for t in range(length)]

    def _step(self, t: int, H: int) -> SimpleNamespace:
        """The views of step t that a cell's equations name."""
        cell, dtype = self.cell, self._a.dtype
        s = SimpleNamespace(**self._weights)
        s.a = self._a[t]
        s.x, s.rest = s.a[: self._seen], s.a[self._seen :]
        for run in runs(cell.gates):
            setattr(s, "".join(run), s.a[rows_of(cell.gates, run, H)])
        for run in runs(cell.tape):
            rows = rows_of(cell.tape, run, H)
            setattr(s, "".join(run), self._tape[t + 1, rows])
            setattr(s, "".join(run) + "_", self._tape[t, rows])
        if self._dA is not None:
            if t == 0:
                self._da = np.empty_like(s.a)
                self._tmp = np.empty((H, self.batch), dtype)
            s.da, s.tmp = self._da, self._tmp
            for run in runs(cell.gates):
                setattr(s, "da_" + "".join(run), s.da[rows_of(cell.gates, run, H)])
            for name, gradient in self._dstate.items():
                setattr(s, "d" + name, gradient)
        return s

    def refresh(self) -> None:
        """Take over changed parameters: call after each update, before the next window."""
        for weight in self._weights.values():
            weight.refresh()
        self.inputs.refresh()
        np.multiply(self._bias[self._seen :], self._scale[self._seen :], out=self._rest)

    def forward(self, steps: int) -> None:
        """Run `steps` steps from the state in slot 0; the inputs have been given their window."""
        for t in range(steps):
            s = self._steps[t]
            self.inputs.fill(t, s.x)
            if self._rest.size:
                np.copyto(s.rest, self._rest)
            self.cell.forward(s)

    def outputs(self, steps: int) -> Array:
        """The window's h as columns (H, steps·B)."""
        if steps == 1 and self._dA is None:
            return np.asarray(self.tape["h"][1])  # columns already
        self._as_columns("h", steps)
        return self._columns["h"][:, self.batch : (steps + 1) * self.batch]

    def carry(self, steps: int) -> None:
        """Make the state after `steps` steps the state carried into the next window."""
        for name in self.cell.states:
            np.copyto(self.tape[name][0], self.tape[name][steps])

    def backward(self, steps: int, dy: Array, grads: Mapping[str, Array]) -> Array | None:
        """From dL/dh as columns (H, steps·B) to the weights' gradients, written to `grads`.

        Returns the gradient of the input's columns, or None where the input is characters.
        After it, `dstate` holds the gradient of the state carried in.
        """
        assert self._dA is not None
        B, dh = self.batch, self._dstate["h"]
        for gradient in self._dstate.values():
            gradient.fill(0.0)
        for t in reversed(range(steps)):
            now = slice(t * B, (t + 1) * B)
            np.add(dh, dy[:, now], out=dh)
            self.cell.backward(self._steps[t])
            np.copyto(self._dA[now], self._da.T)

        dA = self._dA[: steps * B]
        H = dh.shape[0]
        for name, weight in self._weights.items():
            da = dA[:, rows_of(self.cell.gates, weight.product.gates, H)]
            z = self._operand(weight.product, steps)
            if weight.product.diagonal:
                parts = da.reshape(len(da), -1, H) * z[:, None]
                np.sum(parts, axis=0, out=grads[name].reshape(-1, H))
            else:
                np.matmul(da.T, z, out=grads[name])
        np.sum(dA[:, self._seen :], axis=0, out=grads["b"][self._seen :, 0])
        return self.inputs.backward(dA[:, : self._seen], grads)

    @property
    def dstate(self) -> Mapping[str, Array]:
        """The gradient of the state carried into the last window, by name, (H, B) each."""
        return self._dstate

    def _operand(self, product: Product, steps: int) -> Array:
        """What a weight met in the window, as rows (T·B, H) to go with those of dA."""
        name, first = product.operand.rstrip("'"), 0 if product.operand.endswith("'") else 1
        if product.diagonal:
            tape = self.tape[name][first : first + steps]
            return tape.transpose(0, 2, 1).reshape(-1, tape.shape[1])
        if name != "h":  # outputs() has laid out h
            self._as_columns(name, steps)
        return self._columns[name][:, first * self.batch : (first + steps) * self.batch].T

    def _as_columns(self, name: str, steps: int) -> None:
        source = self.tape[name][: steps + 1]
        target = self._columns[name][:, : (steps + 1) * self.batch]
        np.copyto(target.reshape(-1, steps + 1, self.batch), source.transpose(1, 0, 2))


def gate_scale(cell: Cell, hidden_size: int, dtype: Any) -> NDArray[Any]:
    """½ on the rows of σ gates, since σ(a) = ½ + ½·tanh(a/2), and 1 elsewhere: (G·H, 1)."""
    halves = [0.5 if gate in cell.sigmoids else 1.0 for gate in cell.gates]
    return np.repeat(np.array(halves, dtype), hidden_size)[:, None]
