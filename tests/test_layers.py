"""Imports point down through the layers of docs/design.md, and make no circle."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import pytest
from repository import ROOT

PACKAGE = ROOT / "charlstm"
# From the lowest to the highest. A layer may import those below it; names in one line are peers,
# which import each other only where another rule allows it.
LAYERS = (
    ("errors", "hints"),
    ("exclusions",),
    ("config", "config_file", "setting", "threads"),
    ("store",),
    ("progress",),
    ("text", "nn"),
    ("checkpoint", "score", "evaluate", "dynamic", "likelihood", "novelty", "copying", "pairs"),
    ("ranks", "sampling", "surprisal"),
    ("sampler",),
    ("training",),
    ("output",),
    ("trace",),
    ("studies",),
    ("api",),
    ("export",),
    ("cli",),
)
RANKS = {name: rank for rank, names in enumerate(LAYERS) for name in names}
TOP = ("__init__", "__main__")  # these may import everything


def modules() -> dict[str, ast.Module]:
    """The syntax tree of every module of the package, by dotted name."""
    trees = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        trees[name] = ast.parse(path.read_text(encoding="utf-8"))
    return trees


TREES = modules()


def imports(tree: ast.Module) -> Iterator[str]:
    """The modules of the package that a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in TREES)
        elif isinstance(node, ast.ImportFrom) and node.module in TREES:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in TREES else str(node.module)


def layer_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def study_of(module: str) -> str:
    return ".".join(module.split(".")[:3])


GRAPH = {module: set(imports(tree)) - {module, "charlstm"} for module, tree in TREES.items()}


def test_every_module_has_its_layer() -> None:
    assert {layer_of(module) for module in TREES} - set(TOP) <= set(RANKS)


@pytest.mark.parametrize("module", [name for name in TREES if layer_of(name) not in TOP])
def test_imports_point_down(module: str) -> None:
    here = layer_of(module)
    for other in GRAPH[module]:
        there = layer_of(other)
        below = RANKS[there] < RANKS[here]
        same = there == here or (RANKS[there] == RANKS[here] and here not in ("text", "nn"))
        assert below or same, f"{module} imports {other}"


@pytest.mark.parametrize("module", [name for name in TREES if name.startswith("charlstm.studies.")])
def test_no_study_imports_another(module: str) -> None:
    others = {other for other in GRAPH[module] if other.startswith("charlstm.studies.")}
    assert {study_of(other) for other in others} <= {study_of(module)}


def test_imports_make_no_circle() -> None:
    try:
        TopologicalSorter(GRAPH).prepare()
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))


def test_only_commands_print() -> None:
    for module, tree in TREES.items():
        calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
        printing = any(isinstance(call, ast.Name) and call.id == "print" for call in calls)
        assert not printing or layer_of(module) == "cli", module


def test_the_numerical_part_knows_no_files() -> None:
    for module, tree in TREES.items():
        if layer_of(module) == "nn":
            named = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            assert not named & {"pathlib", "os", "io", "tempfile"}, module
