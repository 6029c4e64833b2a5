"""ONNX Runtime, which shares no code with us, comes to the same logits and writes the same text."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from brief_training import trained
from cells_under_test import each_variant, random_ids, random_model, randomise
from command_line import TEXT, TINY, Runner
from doc_snippets import run_snippet
from numpy.typing import NDArray

from charlstm.nn import Array, reference
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters
from charlstm.sampling import Filters, generate
from charlstm.text.vocabulary import Vocabulary

pytestmark = pytest.mark.slow

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

VOCABULARY = Vocabulary("char", "".join(sorted(set(TEXT))))
IDS = VOCABULARY.encode(TEXT).astype(np.intp)
NEWLINE = VOCABULARY.characters.index("\n")


class Other:
    """A model as ONNX Runtime runs it, batch (rows) and states its own."""

    def __init__(self, data: bytes, batch: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(data, options, ["CPUExecutionProvider"])
        _, *states = self.session.get_inputs()
        self.state = {
            entry.name: np.zeros((batch, *entry.shape[1:]), np.float32) for entry in states
        }

    def step(self, ids: NDArray[np.intp]) -> NDArray[np.float32]:
        """Logits (B, V) after the characters `ids` (B,)."""
        logits, *states = self.session.run(None, {"character": ids.astype(np.int64), **self.state})
        self.state = dict(zip(self.state, states, strict=True))
        return np.asarray(logits)


def encoded(model: Parameters) -> bytes:
    from charlstm.export.onnx import encode

    return encode(model, {})


def by_row(name: str, view: Array) -> Array:
    """A carried state with the batch in its rows, as ONNX has all of them."""
    return np.ascontiguousarray(view.T if name.startswith("layers.") else view)


@each_variant
@pytest.mark.parametrize(
    ("num_layers", "attention", "heads"), [(1, 0, 1), (2, 0, 1), (1, 20, 1), (1, 20, 2)]
)
def test_trained_model_writes_the_same_text(
    cell: str, options: Mapping[str, Any], num_layers: int, attention: int, heads: int
) -> None:
    size = {"num_layers": num_layers, "attention": attention, "attention_heads": heads}
    model = trained(cell, options, IDS, 160, lr=0.02, **size)
    prime = np.array([NEWLINE])
    ours = [ids[0] for ids in generate(model, prime, 200, Filters(temperature=0.0), [1])]
    assert len(set(ours)) > 2, "it has learnt nothing worth comparing"
    other, network = Other(encoded(model), 1), Network(model, 1, 1)
    theirs = []
    read = prime
    for _ in range(200):
        logits = other.step(read)
        np.testing.assert_allclose(logits[0], network.step(read)[:, 0], rtol=0, atol=1e-4)
        read = np.array([logits[0].argmax()])
        theirs.append(int(read[0]))
    assert theirs == ours


@each_variant
@pytest.mark.parametrize(("attention", "heads"), [(0, 1), (1, 1), (1, 3), (4, 1), (4, 3)])
def test_batches_states_and_unknown_characters(
    cell: str, options: Mapping[str, Any], attention: int, heads: int
) -> None:
    size = {"hidden_size": 6, "num_layers": 2, "attention": attention, "attention_heads": heads}
    model = random_model(cell, options, dtype=np.float32, **size)
    ids = random_ids(model, 5, 3)
    ids[1, 0] = model.vocabulary_size
    network, other = Network(model, 1, 3), Other(encoded(model), 3)
    randomise(network.state)
    if attention:
        network.state["attention.n"][0] = 0  # this column has nothing to look at
    assert list(other.state) == list(network.state)
    for name, view in network.state.items():
        other.state[name] = by_row(name, view)
    logits, state = reference.run(model, ids, {k: v.copy() for k, v in network.state.items()})
    for t, characters in enumerate(ids):
        np.testing.assert_allclose(other.step(characters), logits[t].T, rtol=0, atol=1e-5)
    for name, value in other.state.items():
        np.testing.assert_allclose(value, by_row(name, state[name]), rtol=0, atol=1e-5)


OPERATORS = {"Gather", "MatMul", "Add", "Sub", "Mul", "Sigmoid", "Tanh", "Identity"}
OF_ATTENTION = {"Reshape", "Transpose", "Greater", "Where", "Softmax", "Concat", "Slice", "Min"}


@each_variant
@pytest.mark.parametrize(
    ("attention", "operators"), [(0, OPERATORS), (3, OPERATORS | OF_ATTENTION)]
)
def test_graph_is_valid_and_primitive(
    cell: str, options: Mapping[str, Any], attention: int, operators: set[str]
) -> None:
    model = random_model(cell, options, dtype=np.float32, attention=attention)
    graph = onnx.load_from_string(encoded(model))
    onnx.checker.check_model(graph, full_check=True)
    assert {node.op_type for node in graph.graph.node} <= operators


def test_command_metadata_and_documented_snippet(
    charlstm: Runner, tiny_run: Path, here: Path
) -> None:
    path = here / "model.onnx"
    path.write_text("an older file", encoding="utf-8")
    assert charlstm.ok("export", path, "--run", tiny_run, "--force").stdout.startswith(
        f"wrote {path}: "
    )
    about = {entry.key: json.loads(entry.value) for entry in onnx.load(path).metadata_props}
    assert about["vocabulary"] == {"tokens": "char", "characters": VOCABULARY.characters}
    assert about["settings"]["cell"] == "lstm"
    assert about["settings"]["hidden_size"] == 8
    assert str(tiny_run.parent.parent) not in path.read_bytes().decode("latin-1"), (
        "a path has leaked"
    )

    written = charlstm.ok("sample", "-r", tiny_run, "--temperature=0", "--length=199", "--json")
    assert run_snippet("onnxruntime")["text"] == "\n" + written.json["samples"][0]["text"]
    assert about["reset_before"] is None


def test_the_documented_snippet_begins_each_line_of_a_run_of_lines_from_zero(
    charlstm: Runner, names_run: Path, here: Path
) -> None:
    charlstm.ok("export", "model.onnx", "--run", names_run)
    properties = onnx.load(here / "model.onnx").metadata_props
    assert {entry.key: entry.value for entry in properties}["reset_before"] == '"\\n"'
    one = charlstm.ok("sample", "-r", names_run, "--temperature=0").stdout
    assert run_snippet("onnxruntime")["text"] == ("\n" + one * 200)[:200]


@pytest.mark.parametrize("lines", ["--no-lines", "--lines"])
def test_the_documented_snippet_carries_what_attention_looks_at(
    charlstm: Runner, here: Path, lines: str
) -> None:
    budget = ("--max-steps=120", "--lr=0.03", "--warmup-steps=5", "--dropout=0")
    charlstm.ok("train", "text.txt", lines, *TINY, *budget, "--attention=20", "--out=run")
    charlstm.ok("export", here / "model.onnx", "--run=run")
    length = () if lines == "--lines" else ("--length=199",)
    written = charlstm.ok("sample", "-r", "run", "--temperature=0", *length, "--json").json
    one = written["samples"][0]["text"]
    ours = "\n" + (one if lines == "--no-lines" else (one + "\n") * 200)
    assert run_snippet("onnxruntime")["text"] == ours[:200]


def test_a_network_too_large_for_the_format(monkeypatch: pytest.MonkeyPatch) -> None:
    from charlstm.errors import ExportError

    monkeypatch.setattr("charlstm.export.onnx.LARGEST", 1000)
    with pytest.raises(ExportError, match="larger than an ONNX file may be"):
        encoded(random_model())
