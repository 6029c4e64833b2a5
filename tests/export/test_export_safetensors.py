"""Exported weights are those from which PyTorch, by the documented snippet, makes our logits."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cells_under_test import variants
from command_line import TEXT, TINY, Runner
from doc_snippets import run_snippet
from torch_cases import CELLS, LAYERS, VOCABULARY, H, exported_model, golden

from charlstm.config import Config
from charlstm.errors import ExportError
from charlstm.export import about, encoder, export
from charlstm.nn.network import Network

safetensors = pytest.importorskip("safetensors")

each_cell = pytest.mark.parametrize("cell", CELLS)
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
def test_the_documented_snippet(cell: str, here: Path) -> None:
    pytest.importorskip("torch")
    del here
    model = exported_model(cell)
    export(model, FILE)
    theirs = run_snippet("torch")["logits"].detach().numpy()
    np.testing.assert_allclose(theirs, logits_of(model, "\nThe cats"), rtol=0, atol=1e-5)


@each_cell
def test_names_shapes_and_metadata(cell: str, here: Path) -> None:
    del here
    export(exported_model(cell), FILE)
    gates = {"rnn": 1, "lstm": 4, "gru": 3}[cell]
    V = VOCABULARY.size
    expected = {"readout.weight": (V, H), "readout.bias": (V,)}
    for layer in range(LAYERS):
        expected[f"weight_ih_l{layer}"] = (gates * H, H if layer else V + 1)
        expected[f"weight_hh_l{layer}"] = (gates * H, H)
        expected[f"bias_ih_l{layer}"] = expected[f"bias_hh_l{layer}"] = (gates * H,)
    assert {name: tensor.shape for name, tensor in read(FILE).items()} == expected
    with safetensors.safe_open(FILE, "np") as file:
        kept = {name: json.loads(text) for name, text in file.metadata().items()}
    assert kept["vocabulary"] == VOCABULARY.to_header()
    assert kept["settings"]["cell"] == cell
    assert not {"corpus", "val", "out"} & kept["settings"].keys()


@pytest.mark.parametrize(
    ("cell", "options"), [(c, o) for c, o in variants() if CELLS.get(c, {"no": 0}) != o]
)
def test_cells_that_pytorch_does_not_have(cell: str, options: dict[str, Any]) -> None:
    model = exported_model("rnn")
    from cells_under_test import random_model

    model.parameters = random_model(cell, options)
    model.config = Config(cell=cell, cell_options=options)
    encode = encoder(FILE)
    with pytest.raises(ExportError, match=r"\.safetensors is for rnn, lstm, and gru with gru_res"):
        encode(model.parameters, about(model))


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
        "PyTorch has no module for this coupled network: .safetensors is for rnn, lstm, and gru "
        "with gru_reset after; export it to a .onnx file, which holds every cell"
    )
    assert not (here / "model.safetensors").exists()
