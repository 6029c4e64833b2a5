"""`charlstm describe`: shapes and parameters are the arrays', operations those that are counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant, random_model
from command_line import TEXT, Runner

from charlstm import load
from charlstm.cells import CELLS
from charlstm.cells.base import Cell, Notes, Product
from charlstm.cells.plain import Arrays
from charlstm.describe import describe, one_step
from charlstm.describe.page import page
from charlstm.model import Architecture, CharModel, layer_of

V, H, B = 7, 5, 3


# Parameters and shapes


@each_variant
@pytest.mark.parametrize("num_layers", [1, 3])
def test_parameters_are_those_of_the_arrays(
    cell: str, options: Mapping[str, Any], num_layers: int
) -> None:
    architecture = Architecture(cell, options, H, num_layers)
    model, found = CharModel(architecture, V), describe(architecture, V, B)
    assert found.parameters == model.num_parameters
    assert found.to_json()["bytes"] == sum(a.nbytes for a in model.params.values())
    for index, layer in enumerate(found.layers):
        arrays = layer_of(model.params, index)
        assert layer.parameters == sum(array.size for array in arrays.values())
        for block in layer.blocks:
            rows = sum(a.size // a.shape[0] * H for a in seen(model.cell, arrays, block.name))
            assert block.parameters == rows
    assert found.readout.blocks[0].weights == {
        name: model.params[name].shape for name in ("W_y", "b_y")
    }


def seen(cell: Cell, arrays: Mapping[str, Any], gate: str) -> list[Any]:
    """The stored arrays that have rows for a gate, each with the gates' rows first."""
    products = [arrays[p.name] for p in cell.products if gate in p.gates]
    x = [arrays["E"].T if "E" in arrays else arrays["W_x"]] if gate in cell.inputs else []
    return [*products, *x, arrays["b"]]


@each_variant
def test_shapes_fit_together(cell: str, options: Mapping[str, Any]) -> None:
    """Each product's inner sizes are equal, and the outer ones are the result's."""
    found = describe(Architecture(cell, options, H, 2), V, B)
    for section in found.sections:
        for equation in section.equations:
            text = equation.dimensions(section.sizes)
            products, _, result = text.partition(" → ")
            assert result == str((section.sizes["V"] if section is found.readout else H, B))
            for product in products.split(" + "):
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


def test_the_lstm_as_the_notes_write_it() -> None:
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


class Counting(Notes):
    """The plain form on a layer's own arrays, with every operation counted."""

    def __init__(self, cell: Cell, params: Mapping[str, Any], x: Any) -> None:
        self.tally = Counter[str]()
        self.arrays, self.cell, self.params, self.x = Arrays(cell, params, x), cell, params, x

    def gate(self, name: str, h: Value) -> Value:
        return self.product(
            next(p.name for p in self.cell.products if name in p.gates), name, h
        ) + (self.input(name))

    def input(self, name: str) -> Value:
        b = self.arrays.bias(name)
        if "W_x" in self.params:  # a row of E is looked up
            self.tally["products"] += b.size * (2 * self.params["W_x"].shape[1])
        return Value(self.arrays.input(name) - b, self.tally) + Value(b, self.tally)

    def product(self, weight: str, gate: str, operand: Value) -> Value:
        result = self.arrays.product(weight, gate, operand.array)
        inner = self.params[weight].shape[1]
        if inner == 1:
            self.tally["elementwise"] += result.size
        else:
            self.tally["products"] += result.size * 2 * inner
        return Value(result, self.tally)

    def bias(self, gate: str) -> Value:
        return Value(self.arrays.bias(gate), self.tally)

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
        notes = Counting(model.cell, layer_of(model.params, index), x)
        old = {name: Value(np.ones((H, 1)), notes.tally) for name in model.cell.states}
        model.cell.plain(notes, old)
        assert layer.to_json()["operations"] == notes.tally


def test_operations_by_hand() -> None:
    """An LSTM of H units: 4 H×H products on h, 4 on x; 4·2 sums, 5 activations, 3 ⊙ and a sum."""
    found = describe(Architecture("lstm", {}, 128, 2), 65)
    assert found.layers[0].to_json()["operations"] == {
        "products": 2 * 4 * 128 * 128,
        "elementwise": 17 * 128,
    }
    assert found.layers[1].to_json()["operations"]["products"] == 2 * 2 * 4 * 128 * 128
    assert found.readout.to_json()["operations"] == {
        "products": 2 * 65 * 128,
        "elementwise": 65 + 65,
    }
    assert found.to_json()["operations_per_character"] == {
        "products": 3 * 131_072 + 16_640,
        "elementwise": 2 * 2_176 + 130,
    }
    assert found.training_products == 3 * (3 * 131_072 + 16_640)


# A cell that nobody has written yet


class Newcomer(Cell):
    """Uses what no other cell does: a gate named as a state, a diagonal first weight, − and ½."""

    name = "newcomer"
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

    def plain(self, n: Notes, state: Mapping[str, Any]) -> dict[str, Any]:
        h, s = state["h"], state["s"]
        z = n.sigmoid(n.gate("z", s))
        late = n.product("U", "k", h - s) + n.bias("k")
        new = z * n.tanh(n.gate("h", z * h)) - (h - 0.5 * late)
        return {"h": new, "s": n.tanh(s + new) * late}


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
    model, found = CharModel(architecture, V), describe(architecture, V)
    assert found.parameters == model.num_parameters
    assert sum(prod(s) for block in found.layers[0].blocks for s in block.weights.values()) == (
        found.layers[0].parameters
    )
    assert "newcomer" in next(page(found))


# The command


def test_the_page(charlstm: Runner) -> None:
    shown = charlstm.ok("describe", "--cell=lstm", "--num-layers=3").stdout
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[0] == "lstm: 3 layers of 128 units, 65 characters, 64 columns"
    assert "f_t = σ(W_f·[h_{t-1}, x_t] + b_f) (H, H+D)·(H+D, B) → (H, B)" in lines
    assert "f_t (128, 194)·(194, 64) → (128, 64)" in lines
    assert "f_t (128, 256)·(256, 64) → (128, 64)" in lines
    assert "y_t = softmax(W_y·h_t + b_y) (V, H)·(H, B) → (V, B)" in lines
    assert "y_t (65, 128)·(128, 64) → (65, 64)" in lines
    assert "layer 1 i W_i (128, 194) b_i (128, 1) 24,960 99,840" in lines
    assert "layers 2 to 3, each i W_i (128, 256) b_i (128, 1) 32,896 131,584" in lines
    model = CharModel(Architecture("lstm", {}, 128, 3), 65)
    assert f"all {model.num_parameters:,} {4 * model.num_parameters:,}" in lines
    assert "layer 1 131,072 2,176 133,248" in lines
    assert "layers 2 to 3, each 262,144 2,176 264,320" in lines


@pytest.mark.parametrize("cell", list(CELLS))
def test_each_cell_has_a_page_of_moderate_width(charlstm: Runner, cell: str) -> None:
    shown = charlstm.ok("describe", "--cell", cell).stdout
    assert shown.startswith(cell)
    assert max(map(len, shown.splitlines())) <= 100
    assert all(line == line.rstrip() for line in shown.splitlines())


def test_options_reach_the_cell_and_the_defaults_are_told(charlstm: Runner) -> None:
    flags = ("--cell=peephole", "--peephole-kind=diagonal", "--hidden-size=16", "--batch-size=1")
    shown = charlstm.ok("describe", *flags).stdout
    assert shown.splitlines()[0] == (
        "peephole, peephole_kind diagonal, peepholes ifo: "
        "1 layer of 16 units, 65 characters, 1 column"
    )
    assert "P_f (16, 1)" in shown
    found = charlstm.ok("describe", *flags, "--json").json
    assert found["cell_options"] == {"peephole_kind": "diagonal", "peepholes": "ifo"}


def test_json(charlstm: Runner) -> None:
    found = charlstm.ok("describe", "--cell=gru", "--vocabulary=30", "--json").json
    assert found["cell"] == "gru" and found["vocabulary"] == 30
    assert found["state_bytes"] == 4 * 128
    layer = found["layers"][0]
    assert layer["sizes"] == {"H": 128, "D": 31, "B": 64}
    assert [tensor["name"] for tensor in layer["tensors"]] == ["r_t", "z_t", "n_t", "h_t"]
    assert {
        "name": "r_t",
        "equation": "r_t = σ(W_r·[h_{t-1}, x_t] + b_r)",
        "dimensions": "(H, H+D)·(H+D, B) → (H, B)",
        "numbers": "(128, 159)·(159, 64) → (128, 64)",
        "shape": [128, 64],
    } in layer["tensors"]
    assert {
        "name": "r",
        "weights": {"W_r": [128, 159], "b_r": [128, 1]},
        "parameters": 20_480,
        "bytes": 81_920,
    } in layer["blocks"]
    assert found["bytes"] == 4 * found["parameters"]
    parts = [*found["layers"], found["readout"]]
    assert found["parameters"] == sum(part["parameters"] for part in parts)
    assert found["training_products_per_character"] == 3 * sum(
        part["operations"]["products"] for part in parts
    )


def test_a_run_is_described_by_its_own_settings(charlstm: Runner, tiny_run: Path) -> None:
    found = charlstm.ok("describe", "-r", tiny_run, "--json").json
    model = load(tiny_run)
    assert found["parameters"] == model.network.num_parameters
    assert found["vocabulary"] == model.vocabulary.size == len(set(TEXT))
    assert found["layers"][0]["sizes"]["B"] == 8


def test_the_characters_of_a_text_are_counted(charlstm: Runner, here: Path) -> None:
    (here / "more.txt").write_text("äöü", encoding="utf-8")
    flags = ("describe", "--json", "--corpus", "text.txt")
    assert charlstm.ok(*flags).json["vocabulary"] == len(set(TEXT))
    assert charlstm.ok(*flags, "--corpus=more.txt").json["vocabulary"] == len(set(TEXT)) + 3
    assert charlstm.ok("describe", "--json", "--corpus=-", stdin=b"abc").json["vocabulary"] == 3
    (here / "latin.txt").write_bytes(b"caf\xe9")
    latin = ("describe", "--json", "--corpus=latin.txt")
    assert charlstm.ok(*latin, "--encoding=latin-1").json["vocabulary"] == 4
    assert charlstm.ok(*latin, "--tokens=byte").json["vocabulary"] == 256


def test_the_largest_network_needs_no_memory(charlstm: Runner) -> None:
    flags = ("--hidden-size=65536", "--num-layers=64", "--vocabulary=1114112")
    assert charlstm.ok("describe", *flags, "--json").json["parameters"] > 2**41


# Bad input


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--cell=gru", "--peepholes=i"],
            "the cell 'gru' has no option 'peepholes'; it belongs to",
        ),
        (["--gru-reset=after"], "the cell 'lstm' has no option 'gru_reset'; it belongs to gru."),
        (["--cell=peephole", "--peepholes=xyz"], "peepholes must be some of the letters i, f and"),
        (["--cell=lsmt"], "'lsmt' is not one of 'rnn', 'lstm'"),
        (["--hidden-size=0"], "hidden_size must be at least 1"),
        (["--num-layers=1000"], "num_layers must be at least 1 and at most 64"),
        (["--vocabulary=0"], "0 is not in the range 1<=x<=1114112"),
        (["--vocabulary=2", "--corpus=x"], "--corpus counts the characters; leave out"),
        (["--run=x", "--hidden-size=3"], "--run names a network with its own shape; leave out --h"),
        (["--run=x", "--vocabulary=3"], "leave out --vocabulary."),
        (["--run=x", "--corpus=x"], "leave out --corpus."),
        (["--run=x", "--gru-reset=after"], "leave out --gru-reset."),
        (["extra"], "unexpected extra argument"),
    ],
)
def test_wrong_usage(charlstm: Runner, flags: list[str], message: str) -> None:
    assert message in charlstm.fails("describe", *flags, status=2)


def test_what_cannot_be_read(charlstm: Runner, here: Path) -> None:
    (here / "empty.txt").touch()
    (here / "latin.txt").write_bytes(b"caf\xe9")
    (here / "broken.npz").write_bytes(b"")
    assert "'x' is no run" in charlstm.fails("describe", "--run=x")
    assert "not a charlstm checkpoint" in charlstm.fails("describe", "--run=broken.npz")
    assert "cannot read x: No such file" in charlstm.fails("describe", "--corpus=x")
    assert "empty.txt" in charlstm.fails("describe", "--corpus=empty.txt")
    assert "latin.txt is not utf-8 text" in charlstm.fails("describe", "--corpus=latin.txt")
