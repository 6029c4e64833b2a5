"""A description: shapes and parameters are the arrays', operations those that are counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_model

from charlstm.nn.blocks import Product, rows_of
from charlstm.nn.cells import CELLS
from charlstm.nn.cells.base import Cell, Step
from charlstm.nn.graph import Node, Operators
from charlstm.nn.network import Network
from charlstm.nn.parameters import Architecture, Parameters, layer_parameters, parameters_at
from charlstm.studies.describe.equations import one_step
from charlstm.studies.describe.lines import lines
from charlstm.studies.describe.network import describe

V, H, B, M = 7, 5, 3, 4


# Parameters and shapes


@each_variant
@pytest.mark.parametrize("num_layers", [1, 3])
def test_parameters_are_those_of_the_arrays(
    cell: str, options: Mapping[str, Any], num_layers: int
) -> None:
    architecture = Architecture(cell, options, H, num_layers)
    model, found = Parameters(architecture, V), describe(architecture, V, B)
    assert found.parameters == model.num_parameters
    assert found.to_mapping()["bytes"] == sum(a.nbytes for a in model.by_name.values())
    for index, layer in enumerate(found.layers):
        arrays = layer_parameters(model.by_name, index)
        assert layer.parameters == sum(array.size for array in arrays.values())
        for block in layer.blocks:
            rows = sum(a.size // a.shape[0] * H for a in seen(model.cell, arrays, block.name))
            assert block.parameters == rows
    assert found.readout.blocks[0].weights == {
        name: model.by_name[name].shape for name in ("W_y", "b_y")
    }


@pytest.mark.parametrize(("M", "R"), [(1, 1), (6, 1), (6, 5)])
def test_attention_is_described_as_it_is(M: int, R: int) -> None:
    """Its weights, its state, and every operation that the reference makes in a step."""
    shape = Architecture("gru", {}, H, 1, M, R)
    model = Parameters(shape, V)
    found = describe(shape, V, B)
    (block,) = found.attention
    assert found.parameters == model.num_parameters
    assert {name: shape for part in block.blocks for name, shape in part.weights.items()} == {
        name: array.shape for name, array in parameters_at(model.by_name, "attention").items()
    }
    state = Network(model, 1, B).state.items()
    carried = {name: view.size // B for name, view in state}
    assert found.state_numbers == sum(carried.values())
    assert found.attention_numbers == carried["attention.m"] + carried["attention.n"]
    assert block.to_mapping()["operations"] == {
        "products": 2 * H * H + R * (2 * M * H // R + 2 * M * H // R),
        "elementwise": H + R * (2 * M + M) + 2 * H,  # b_a; /√F and d; softmax; v⊙ and the sum
    }


def seen(cell: Cell[Any], arrays: Mapping[str, Any], gate: str) -> list[Any]:
    """The stored arrays that have rows for a gate, each with the gates' rows first."""
    products = [arrays[p.name] for p in cell.products if gate in p.gates]
    x = [arrays["E"].T if "E" in arrays else arrays["W_x"]] if gate in cell.inputs else []
    return [*products, *x, arrays["b"]]


@each_variant
def test_shapes_fit_together(cell: str, options: Mapping[str, Any]) -> None:
    """Each product's inner sizes are equal, and the outer ones are the result's."""
    found = describe(Architecture(cell, options, H, 2, attention=M), V, B)
    rows = {"y_t": V, "k_t": M, "p_t": M}
    for section in found.sections:
        for equation in section.equations:
            text = equation.dimensions(section.sizes)
            products, _, result = text.partition(" → ")
            assert result == str((rows.get(equation.name, H), B))
            for product in products.split(" + "):
                columns, _, one = product.rpartition(" × ")
                if columns:
                    assert int(columns) == B
                    assert multiplied(one) == str((rows.get(equation.name, H), 1)), text
                else:
                    assert multiplied(product) == result, text


def multiplied(product: str) -> str:
    """The shape of "(2, 3)·(3, 4)" or "(2, 3)⊙(2, 1)"."""
    symbol = "·" if "·" in product else "⊙"
    shapes = [tuple(map(int, shape.strip("()").split(", "))) for shape in product.split(symbol)]
    if symbol == "·":
        (rows, inner), (same, columns) = shapes
        assert inner == same
        return str((rows, columns))
    return str(np.broadcast_shapes(*shapes))


def test_each_head_has_products_of_its_own() -> None:
    (section,) = describe(Architecture("rnn", {}, 12, 1, 6, 4), V, B).attention
    assert [f"{e.text}    {e.dimensions(section.sizes)}" for e in section.equations] == [
        "W_a·h_t + b_a    (12, 12)·(12, 3) → (12, 3)",
        "m_t·q_t/√F + d    3 × 4 × (6, 3)·(3, 1) → (4, 6, 3)",
        "softmax(k_t)    (4, 6, 3) → (4, 6, 3)",
        "m_tᵀ·p_t    3 × 4 × (3, 6)·(6, 1) → (12, 3)",
        "h_t + v⊙u_t    (12, 3) + (12, 1)⊙(12, 3) → (12, 3)",
    ]
    assert section.equations[1].dimensions() == "B × R × (M, F)·(F, 1) → (R, M, B)"


def test_the_lstm_is_written_as_in_the_literature() -> None:
    found = one_step(Architecture("lstm").make_cell()).equations
    assert [f"{e.name} = {e.text}" for e in found] == [
        "f_t = σ(W_f·[h_{t-1}, x_t] + b_f)",
        "i_t = σ(W_i·[h_{t-1}, x_t] + b_i)",
        "g_t = tanh(W_g·[h_{t-1}, x_t] + b_g)",
        "o_t = σ(W_o·[h_{t-1}, x_t] + b_o)",
        "c_t = f_t⊙c_{t-1} + i_t⊙g_t",
        "h_t = o_t⊙tanh(c_t)",
    ]
    assert found[0].dimensions() == "(H, H+D)·(H+D, B) → (H, B)"
    sizes = {"H": 128, "D": 66, "B": 64}
    assert found[0].dimensions(sizes) == "(128, 194)·(194, 64) → (128, 64)"
    assert found[4].dimensions() == "(H, B)⊙(H, B) + (H, B)⊙(H, B) → (H, B)"


@pytest.mark.parametrize(
    ("cell", "options", "equation", "dimensions"),
    [
        ("rnn", {}, "h_t = tanh(W·[h_{t-1}, x_t] + b)", "(H, H+D)·(H+D, B) → (H, B)"),
        (
            "peephole",
            {},
            "o_t = σ(W_o·[h_{t-1}, x_t] + P_o·c_t + b_o)",
            "(H, H+D)·(H+D, B) + (H, H)·(H, B) → (H, B)",
        ),
        (
            "peephole",
            {"peephole_kind": "diagonal"},
            "f_t = σ(W_f·[h_{t-1}, x_t] + P_f⊙c_{t-1} + b_f)",
            "(H, H+D)·(H+D, B) + (H, 1)⊙(H, B) → (H, B)",
        ),
        (
            "coupled",
            {},
            "c_t = f_t⊙c_{t-1} + (1 − f_t)⊙g_t",
            "(H, B)⊙(H, B) + (H, B)⊙(H, B) → (H, B)",
        ),
        (
            "gru",
            {},
            "n_t = tanh(W_n·[r_t⊙h_{t-1}, x_t] + b_n)",
            "(H, H+D)·(H+D, B) → (H, B)",
        ),
        ("gru", {"gru_reset": "after"}, "m_t = W_m·h_{t-1} + b_m", "(H, H)·(H, B) → (H, B)"),
        (
            "gru",
            {"gru_reset": "after"},
            "n_t = tanh(W_n·x_t + r_t⊙m_t + b_n)",
            "(H, D)·(D, B) + (H, B)⊙(H, B) → (H, B)",
        ),
    ],
)
def test_what_the_other_cells_change(
    cell: str, options: Mapping[str, Any], equation: str, dimensions: str
) -> None:
    found = one_step(Architecture(cell, options).make_cell()).equations
    assert {f"{e.name} = {e.text}": e.dimensions() for e in found}[equation] == dimensions


# Operations


@dataclass
class Value:
    """An array (rows, 1) whose arithmetic is counted in `tally`."""

    array: Any
    tally: Counter[str]

    def __add__(self, other: "Value | float") -> "Value":
        return self._new(self.array + (other.array if isinstance(other, Value) else other))

    def __sub__(self, other: "Value | float") -> "Value":
        return self._new(self.array - (other.array if isinstance(other, Value) else other))

    def __rsub__(self, other: float) -> "Value":
        return self._new(other - self.array)

    def __mul__(self, other: "Value | float") -> "Value":
        return self._new(self.array * (other.array if isinstance(other, Value) else other))

    def _new(self, array: Any) -> "Value":
        self.tally["elementwise"] += array.size
        return Value(array, self.tally)


class Counting:
    """A cell's equations on a layer's own arrays, with every operation counted."""

    def __init__(self, cell: Cell[Any], params: Mapping[str, Any], x: Any) -> None:
        self.tally = Counter[str]()
        self.cell, self.params, self.x = cell, params, x

    def preactivation(self, name: str, h: Value) -> Value:
        weight = next(p.name for p in self.cell.products if name in p.gates)
        return self.product(weight, name, h) + self.input(name)

    def input(self, name: str) -> Value:
        rows = rows_of(self.cell.inputs, name, H)
        if "E" in self.params:  # a row of E is looked up
            x = self.params["E"].T[rows] @ self.x
        else:
            x = self.params["W_x"][rows] @ self.x
            self.tally["products"] += H * (2 * self.params["W_x"].shape[1])
        return Value(x, self.tally) + self.bias(name)

    def product(self, weight: str, gate: str, operand: Value) -> Value:
        product = next(p for p in self.cell.products if p.name == weight)
        rows = self.params[weight][rows_of(product.gates, gate, H)]
        result = rows * operand.array if product.diagonal else rows @ operand.array
        if product.diagonal:
            self.tally["elementwise"] += result.size
        else:
            self.tally["products"] += result.size * 2 * rows.shape[1]
        return Value(result, self.tally)

    def bias(self, gate: str) -> Value:
        return Value(self.params["b"][rows_of(self.cell.gates, gate, H)], self.tally)

    def sigmoid(self, a: Value) -> Value:
        self.tally["elementwise"] += a.array.size
        return a

    tanh = sigmoid


@each_variant
def test_operations_are_those_counted(cell: str, options: Mapping[str, Any]) -> None:
    model = random_model(cell, options, hidden_size=H, num_layers=2, vocabulary_size=V)
    found = describe(model.architecture, V)
    for index, layer in enumerate(found.layers):
        x = np.ones((V + 1 if index == 0 else H, 1))
        counting: Any = Counting(model.cell, layer_parameters(model.by_name, index), x)
        old: Any = {name: Value(np.ones((H, 1)), counting.tally) for name in model.cell.states}
        model.cell.equations(counting, old)
        assert layer.to_mapping()["operations"] == counting.tally


def test_operations_by_hand() -> None:
    """An LSTM of H units: 4 H×H products on h, 4 on x; 4·2 sums, 5 activations, 3 ⊙ and a sum."""
    found = describe(Architecture("lstm", {}, 128, 2), 65)
    assert found.layers[0].to_mapping()["operations"] == {
        "products": 2 * 4 * 128 * 128,
        "elementwise": 17 * 128,
    }
    assert found.layers[1].to_mapping()["operations"]["products"] == 2 * 2 * 4 * 128 * 128
    assert found.readout.to_mapping()["operations"] == {
        "products": 2 * 65 * 128,
        "elementwise": 65 + 65,
    }
    assert found.to_mapping()["operations_per_character"] == {
        "products": 3 * 131_072 + 16_640,
        "elementwise": 2 * 2_176 + 130,
    }
    assert found.training_products == 3 * (3 * 131_072 + 16_640)


# A cell that nobody has written yet


class Newcomer(Cell[Step]):
    """Uses what no other cell does: a gate named as a state, a diagonal first weight, − and ½."""

    name = "newcomer"
    step = Step
    gates, inputs, sigmoids = "hzk", "hz", "z"
    states = ("h", "s")
    tape = ("h", "s")
    products = (
        Product("W", "h", "h'"),
        Product("d", "z", "s'", diagonal=True),
        Product("U", "k", "h'"),
    )

    def forward(self, s: Any) -> None:
        raise NotImplementedError

    backward = forward

    def equations(self, op: Operators, state: Mapping[str, Node]) -> dict[str, Node]:
        h, s = state["h"], state["s"]
        z = op.sigmoid(op.preactivation("z", s))
        late = op.product("U", "k", h - s) + op.bias("k")
        new = z * op.tanh(op.preactivation("h", z * h)) - (h - 0.5 * late)
        return {"h": new, "s": op.tanh(s + new) * late}


def test_a_new_cell_is_described_with_no_new_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CELLS, "newcomer", Newcomer)
    architecture = Architecture("newcomer", {}, H, 2)
    step = one_step(architecture.make_cell())
    assert [f"{e.name} = {e.text}    {e.dimensions()}" for e in step.equations] == [
        "z_t = σ(d_z⊙s_{t-1} + W_z·x_t + b_z)    (H, 1)⊙(H, B) + (H, D)·(D, B) → (H, B)",
        "k_t = U_k·(h_{t-1} − s_{t-1}) + b_k    (H, H)·(H, B) → (H, B)",
        "h̃_t = tanh(W_h·[z_t⊙h_{t-1}, x_t] + b_h)    (H, H+D)·(H+D, B) → (H, B)",
        "h_t = z_t⊙h̃_t − (h_{t-1} − 0.5⊙k_t)    (H, B)⊙(H, B) − (H, B) → (H, B)",
        "s_t = tanh(s_{t-1} + h_t)⊙k_t    (H, B)⊙(H, B) → (H, B)",
    ]
    model, found = Parameters(architecture, V), describe(architecture, V)
    assert found.parameters == model.num_parameters
    assert sum(prod(s) for block in found.layers[0].blocks for s in block.weights.values()) == (
        found.layers[0].parameters
    )
    assert "newcomer" in next(lines(found))
