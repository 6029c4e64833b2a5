"""Exported weights are those from which PyTorch, by the documented snippet, makes our logits."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cells_under_test import each_variant
from command_line import TEXT, TINY, Runner
from doc_snippets import run_snippet
from torch_cases import CELLS, LAYERS, VOCABULARY, answers, exported_model, golden

from charlstm.errors import ExportError
from charlstm.export import about, encoder, export
from charlstm.nn.cells.lstm import LSTM
from charlstm.nn.graph import Node, Operators
from charlstm.nn.network import Network

safetensors = pytest.importorskip("safetensors")

each_cell = pytest.mark.parametrize("cell", CELLS)
each_attention = pytest.mark.parametrize("attention", [0, 3])
FILE = Path("model.safetensors")


def read(path: Path) -> dict[str, Any]:
    with safetensors.safe_open(path, "np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping


def logits_of(model: Any, text: str) -> Any:
    """(characters, V), as our own network has them."""
    network = Network(model.parameters, 1, 1)
    return np.array([network.step(model.vocabulary.encode(c))[:, 0] for c in text])


@each_cell
def test_the_file_and_our_logits_are_what_pytorch_answered_to(cell: str, here: Path) -> None:
    del here
    model, expected = exported_model(cell), golden(f"export-{cell}")
    for name, view in model.parameters.by_name.items():
        view[...] = expected[f"ours/{name}"]
    export(model, FILE)
    tensors = read(FILE)
    assert {f"tensor/{name}" for name in tensors} == {n for n in expected if n[:3] == "ten"}
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(tensor, expected[f"tensor/{name}"])
    ours = logits_of(model, "\nThe cats")
    np.testing.assert_allclose(ours, expected["logits"], rtol=0, atol=1e-5)


@each_cell
@each_attention
def test_the_documented_snippet(cell: str, attention: int, here: Path) -> None:
    pytest.importorskip("torch")
    del here
    model = exported_model(cell, attention=attention)
    export(model, FILE)
    theirs = run_snippet("torch")["logits"].detach().numpy()
    np.testing.assert_allclose(theirs, logits_of(model, "\nThe cats"), rtol=0, atol=1e-5)


@each_cell
@each_attention
def test_names_shapes_and_metadata(cell: str, attention: int, here: Path) -> None:
    del here
    model = exported_model(cell, attention=attention)
    export(model, FILE)
    H = model.config.hidden_size
    gates = {"rnn": 1, "lstm": 4, "gru": 3}[cell]
    V = VOCABULARY.size
    expected = {"readout.weight": (V, H), "readout.bias": (V,)}
    if attention:
        shapes = {"W_a": (H, H), "b_a": (H,), "d": (3, attention), "v": (H,)}
        expected |= {f"attention.{name}": shape for name, shape in shapes.items()}
    for layer in range(LAYERS):
        expected[f"weight_ih_l{layer}"] = (gates * H, H if layer else V + 1)
        expected[f"weight_hh_l{layer}"] = (gates * H, H)
        expected[f"bias_ih_l{layer}"] = expected[f"bias_hh_l{layer}"] = (gates * H,)
    assert {name: tensor.shape for name, tensor in read(FILE).items()} == expected
    with safetensors.safe_open(FILE, "np") as file:
        kept = {name: json.loads(text) for name, text in file.metadata().items()}
    assert kept["vocabulary"] == VOCABULARY.to_header()
    assert (kept["settings"]["cell"], kept["settings"]["attention"]) == (cell, attention)
    assert not {"corpus", "val", "out"} & kept["settings"].keys()


@each_cell
def test_what_stands_for_pytorch_here_answers_as_pytorch_did(cell: str) -> None:
    expected = golden(f"export-{cell}")
    tensors = {n.removeprefix("tensor/"): a for n, a in expected.items() if n[:6] == "tensor"}
    ours = answers(cell.upper(), tensors, VOCABULARY.encode("\nThe cats"))
    np.testing.assert_allclose(ours, expected["logits"], rtol=0, atol=1e-5)


@each_variant
@each_attention
def test_a_cell_with_any_options_is_what_pytorch_computes_or_is_refused(
    cell: str, options: dict[str, Any], attention: int, here: Path
) -> None:
    model, refused = exported_model(cell, options, attention=attention), ""
    try:
        export(model, FILE)
    except ExportError as problem:
        refused = str(problem)
    if refused:
        given = "".join(f" {name}={value}" for name, value in options.items())
        assert f"no module for this network of the cell {cell}{given}:" in refused
        assert not (here / FILE).exists()
        return
    text = "\nThe cats that see the hat eat."
    theirs = answers(cell.upper(), read(FILE), VOCABULARY.encode(text))
    np.testing.assert_allclose(theirs, logits_of(model, text), rtol=0, atol=1e-5)


def capped(op: Operators, state: Mapping[str, Node]) -> dict[str, Node]:
    i, f, o = (op.sigmoid(op.preactivation(gate, state["h"])) for gate in "ifo")
    c = f * state["c"] + (1.0 - f) * i * op.tanh(op.preactivation("g", state["h"]))
    return {"h": o * op.tanh(c), "c": c}


def squashed(op: Operators, state: Mapping[str, Node]) -> dict[str, Node]:
    i, f, o = (op.sigmoid(op.preactivation(gate, state["h"])) for gate in "ifo")
    c = op.tanh(f * state["c"] + i * op.tanh(op.preactivation("g", state["h"])))
    return {"h": o * c, "c": c}


def swapped(op: Operators, state: Mapping[str, Node]) -> dict[str, Node]:
    i, f, o = (op.sigmoid(op.preactivation(gate, state["h"])) for gate in "fio")
    c = f * state["c"] + i * op.tanh(op.preactivation("g", state["h"]))
    return {"h": o * op.tanh(c), "c": c}


@pytest.mark.parametrize("equations", [capped, squashed, swapped])
def test_an_lstm_of_other_equations_is_not_passed_off_as_pytorchs(
    equations: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LSTM, "equations", lambda _, op, state: equations(op, state))
    model = exported_model("lstm")
    with pytest.raises(ExportError, match="no module for this network of the cell lstm"):
        encoder(FILE)(model.parameters, about(model))


def test_command(charlstm: Runner, tiny_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.SafeTensors"
    found = charlstm.ok("export", path, "--run", tiny_run, "--json").json
    assert found["format"] == "safetensors"
    assert found["bytes"] == path.stat().st_size
    characters = len(set(TEXT))
    assert found["parameters"] == sum(
        tensor.size for name, tensor in read(path).items() if not name.startswith("bias_hh")
    )
    assert read(path)["weight_ih_l0"].shape == (32, characters + 1)


def test_command_with_another_cell(charlstm: Runner, here: Path) -> None:
    charlstm.ok("train", "text.txt", *TINY, "--max-steps=2", "--cell=coupled", "--out=run")
    message = charlstm.fails("export", here / "model.safetensors", "--run=run")
    assert message == (
        "PyTorch has no module for this network of the cell coupled: .safetensors is for rnn, "
        "lstm, and gru with gru_reset after; export it to a .onnx file, which holds every cell"
    )
    assert not (here / "model.safetensors").exists()
