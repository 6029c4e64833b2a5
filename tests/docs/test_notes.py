"""docs/notes.md: each definition has a source, and its code, commands and tests exist."""

import ast
import importlib
import re
from typing import Any

import numpy as np
import pytest
from doc_commands import parse_command
from repository import ROOT, TESTS

from charlstm.nn import reference
from charlstm.nn.graph import Graph, Operators, State
from charlstm.nn.network import Network
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.studies.inspect.gates import measure_gates
from charlstm.studies.inspect.gates_report import CLAIM

PAGE = (ROOT / "docs" / "notes.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
CLAIMS = "Twenty claims, and what shows each"
WITHOUT_CODE = ("Other words of the code", CLAIMS, "Common mistakes", "References")
DEFINITIONS = [title for title in SECTIONS if title not in WITHOUT_CODE]


def row(title: str, label: str) -> str:
    """What stands behind a label in the table that ends a section."""
    (text,) = re.findall(rf"^\| {label} \| (.+) \|$", SECTIONS[title], re.MULTILINE)
    return str(text)


def quoted(pattern: str, text: str = PAGE) -> list[str]:
    """Each different text in backticks that matches a pattern."""
    return sorted({name for name in re.findall(r"`([^`]+)`", text) if re.match(pattern, name)})


# Names


@pytest.mark.parametrize("title", DEFINITIONS)
def test_a_definition_names_its_source_code_command_and_test(title: str) -> None:
    assert row(title, "Source")
    assert quoted(r"charlstm\.|numpy\.", row(title, "Code"))
    assert quoted("charlstm ", row(title, "Command"))
    assert quoted("test_", row(title, "Test"))


@pytest.mark.parametrize("name", quoted(r"charlstm\.|numpy\."))
def test_every_module_and_function_exists(name: str) -> None:
    assert resolved(name) is not None


def resolved(name: str) -> Any:
    """The module, or the attribute of a module, that a dotted name stands for."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            value = getattr(value, part)
        return value
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("line", quoted("charlstm "))
def test_every_command_knows_its_options(line: str) -> None:
    parse_command(line)


@pytest.mark.parametrize("name", quoted(r"test_\w+(::|$)"))
def test_every_test_exists(name: str) -> None:
    file, _, test = name.partition("::")
    (path,) = TESTS.rglob(f"{file}.py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_of_the_claims_has_a_command() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+) \| (.+) \|$", SECTIONS[CLAIMS], re.MULTILINE)
    assert [int(number) for number, *_ in rows] == list(range(1, 21))
    for _, claim, commands, shown in rows:
        assert claim and shown and quoted("charlstm ", commands)


def test_the_claim_that_inspect_gates_prints_is_on_the_page() -> None:
    assert f'"{CLAIM}"' in PAGE


def test_every_link_leads_somewhere() -> None:
    for link in re.findall(r"\]\(([^)]+)\)", PAGE):
        if link.startswith("https://"):
            continue
        file, _, heading = link.partition("#")
        path = ROOT / "docs" / (file or "notes.md")
        assert path.is_file(), link
        headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert not heading or heading in map(anchor, headings), link


def anchor(heading: str) -> str:
    """What a link to a heading ends with."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_every_source_is_among_the_references() -> None:
    listed = set(re.findall(r"^- (.+?) (\d{4})\.", SECTIONS["References"], re.MULTILINE))
    for title in DEFINITIONS:
        for name, year in re.findall(r"([A-Z]\w+)(?: et al\.)? (\d{4})", row(title, "Source")):
            assert any(name in names and year == when for names, when in listed), (name, year)


# Definitions that no other test proves


def test_the_hadamard_product_multiplies_number_by_number() -> None:
    a, b = State("a"), State("b")
    one, two = np.array([[1.0], [2.0], [3.0]]), np.array([[4.0], [5.0], [6.0]])
    graph = Graph({"h": a * b})
    values = reference.run_step(
        graph, {"E": np.zeros((1, 1))}, np.zeros((1, 1)), {"a": one, "b": two}
    )
    assert values[graph.states["h"]].tolist() == [[4.0], [10.0], [18.0]]


def test_an_open_forget_gate_and_a_shut_input_gate_leave_the_memory_unchanged() -> None:
    parameters = Parameters(Architecture("lstm", hidden_size=3), 5, dtype=np.float64)
    H, gates = 3, parameters.cell.gates
    for gate, bias in (("f", 100.0), ("i", -100.0)):
        start = gates.index(gate) * H
        parameters.by_name["layers.0.b"][start : start + H] = bias
    network = Network(parameters, 50, 2)
    memory = np.random.default_rng(0).normal(size=(H, 2))
    network.state["layers.0.c"][...] = memory
    network.read(np.random.default_rng(1).integers(0, 5, (50, 2)))
    np.testing.assert_allclose(network.state["layers.0.c"], memory, rtol=0, atol=1e-12)


def test_its_biases_make_a_fresh_lstm_keep_its_memory() -> None:
    """A step keeps about 0.72 of c; with all biases 0 it keeps a half."""
    fresh = Parameters(Architecture("lstm", hidden_size=64), 30)
    fresh.initialise(1)
    ids = np.random.default_rng(0).integers(0, 30, 2000)
    (kept,) = measure_gates(fresh, ids, [""] * 30).kept
    fresh.by_name["layers.0.b"][...] = 0.0
    (without,) = measure_gates(fresh, ids, [""] * 30).kept
    np.testing.assert_allclose([kept.means[0], without.means[0]], [0.72, 0.5], atol=0.01)
    assert kept.means[1] > 20 * without.means[1]


def test_a_fresh_lstm_keeps_more_than_it_writes() -> None:
    """From the biases alone f is σ(1) = 0.73 and i is σ(−1) = 0.27."""
    parameters = Parameters(Architecture("lstm", hidden_size=4), 5, dtype=np.float64)
    parameters.initialise(1)
    cell = parameters.cell
    op = Operators(cell.gates, cell.inputs, cell.products)
    for gate, expected in (("f", 0.73), ("i", 0.27), ("o", 0.5)):
        graph = Graph({"h": op.sigmoid(op.bias(gate))})
        state, x = {"h": np.zeros((4, 1))}, np.zeros((6, 1))
        arrays = {name: parameters.by_name[f"layers.0.{name}"] for name in ("E", "W", "b")}
        values = reference.run_step(graph, arrays, x, state)
        np.testing.assert_allclose(values[graph.states["h"]], expected, atol=0.005)
