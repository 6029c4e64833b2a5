"""The drawings of docs/cells.md and attention.md say what is computed, and can be read."""

import importlib
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from cells_under_test import each_variant, variants
from repository import ROOT

from charlstm.nn.cells import CELLS
from charlstm.nn.cells.base import Cell
from charlstm.nn.graph import (
    Bias,
    Constant,
    Input,
    Node,
    State,
    Weighted,
    gate_of,
    symbol_of,
)
from charlstm.nn.parameters import Architecture
from charlstm.output.drawing.cell import drawing_of
from charlstm.output.drawing.cells import peephole
from charlstm.output.drawing.sketch import Sketch, crossing
from charlstm.studies.describe.above_layers import attention

FOLDER = ROOT / "docs" / "drawings"
sys.path.append(str(FOLDER))
draw_cells: Any = importlib.import_module("draw_cells")
COMMITTED: dict[str, Any] = {name: sketch() for name, sketch in draw_cells.DRAWINGS.items()}
CELLS_DRAWN = {
    "-".join([name, *options.values()]): drawing_of(Architecture(name, options).make_cell())
    for name, options in variants()
}
SKETCHES: dict[str, Any] = COMMITTED | CELLS_DRAWN
each_drawing = pytest.mark.parametrize("name", list(SKETCHES))
NUMBER_SIZE = 14
WITHOUT_MODULE = ("legend", "hadamard")
SVG = "{http://www.w3.org/2000/svg}"


# What is committed


def test_the_committed_drawings_are_what_the_script_makes(tmp_path: Path) -> None:
    draw_cells.main(tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in FOLDER.glob("*.svg")}


@pytest.mark.parametrize("name", list(COMMITTED))
def test_a_drawing_is_whole_by_itself(name: str) -> None:
    text = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    root = ET.fromstring(text)
    assert root.tag == SVG + "svg"
    card = root.find(SVG + "rect")
    assert card is not None and card.get("fill") not in (None, "none")  # for dark pages
    for child in ("title", "desc"):
        words = root.findtext(SVG + child)
        assert words and root.find(SVG + child) is not None
    assert "href" not in text and "url(" not in text and "<style" not in text


# What is drawn


@each_variant
def test_the_wires_are_the_equations(cell: str, options: dict[str, Any]) -> None:
    kind = Architecture(cell, options).make_cell()
    sketch = drawing_of(kind)
    expected = {state: written(kind, node) for state, node in kind.graph().states.items()}
    drawn: dict[str, set[str]] = {}
    for node in sketch.nodes.values():
        if node.kind == "out":
            drawn.setdefault(node.stream, set()).add(drawn_value(sketch, node))
    (h,) = drawn["h"]
    assert drawn.pop("y") == {f"softmax({learnt({h})})"}  # y = softmax(W_y·h + b_y)
    assert drawn == {state: {value} for state, value in expected.items()}


def test_the_committed_cells_are_those_without_options() -> None:
    for name in CELLS:
        assert drawing_of(Architecture(name).make_cell()) == COMMITTED[name]


def test_a_drawing_tells_which_gates_look_at_the_memory() -> None:
    said = {letters: peephole(letters).description for letters in ("f", "o", "io", "if")}
    assert said["f"].endswith("In addition the forget gate sees the previous cell state.")
    assert said["o"].endswith("In addition the output gate sees the new cell state.")
    assert said["io"].endswith("previous cell state, and the output gate sees the new one.")
    assert said["if"].endswith("the forget gate and the input gate see the previous cell state.")


def written(cell: Cell[Any], node: Node) -> str:
    """A node in one form for all: sums and products sorted, a gate's products as {gate: …}."""
    if isinstance(node, State):
        return node.name
    if isinstance(node, Constant):
        return f"{node.value:g}"
    symbol = symbol_of(node)
    if gate_of(node) or symbol == "+":
        seen: dict[str, set[str]] = {}
        others = []
        for part in summands(node):
            match part:
                case Weighted(gate=gate, operand=operand):
                    seen.setdefault(gate, set()).add(written(cell, operand))
                case Input(gate=gate):
                    seen.setdefault(gate, set()).add("x")
                case Bias(gate=gate):
                    seen.setdefault(gate, set())
                case _:
                    others.append(written(cell, part))
        return added([*map(learnt, seen.values()), *others])
    values = [written(cell, operand) for operand in node.operands]
    if symbol == "⊙":
        return multiplied(values)
    return f"{symbol}({', '.join(values)})"


def summands(node: Node) -> Iterator[Node]:
    if symbol_of(node) == "+":
        for operand in node.operands:
            yield from summands(operand)
    else:
        yield node


def drawn_value(sketch: Any, node: Any) -> str:
    """What a node makes, in the same form."""
    inputs = sketch.inputs(node.name)
    if node.kind == "in":
        return str(node.stream)
    values = [drawn_value(sketch, source) for source in inputs]
    match node.kind:
        case "join":
            return "; ".join(values)
        case "layer" | "affine":
            inside = learnt({value for joined in values for value in joined.split("; ")})
            return f"{node.label}({inside})" if node.kind == "layer" else inside
        case "plus":
            return added(values)
        case "times":
            return multiplied(values)
        case "one_minus":
            (value,) = values
            return f"−(1, {value})"
        case "tanh" | "softmax":
            (value,) = values
            return f"{node.kind}({value})"
        case "out":
            (value,) = values
            return value
    raise AssertionError(node.kind)


def learnt(operands: set[str]) -> str:
    return f"{{{' | '.join(sorted(operands))}}}"


def added(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"+({', '.join(sorted(values))})"


def multiplied(values: list[str]) -> str:
    assert len(values) == 2
    return f"⊙({', '.join(sorted(values))})"


def test_the_wires_of_attention_are_its_equations() -> None:
    """Each value is wired to those that its equation names; what has no letter lies between."""
    sketch = SKETCHES["attention"]

    def sources(name: str) -> set[str]:
        named = [{n.name} if len(n.name) == 1 else sources(n.name) for n in sketch.inputs(name)]
        return set[str]().union(*named)

    for equation in attention():
        assert sources(equation.name[0]) == set(re.findall(r"([a-z])_t", equation.text))
    assert sources("z_next") == {"z"} and sources("h_next") == {"h"}
    learnt = {node.label for node in sketch.nodes.values() if node.kind == "affine"}
    assert learnt == {"W_a", "+ d", "v⊙"}


def test_the_hadamard_product_multiplies_each_number_with_its_own_partner() -> None:
    sketch = SKETCHES["hadamard"]
    rows: dict[float, dict[float, float]] = {}
    for node in sketch.nodes.values():
        rows.setdefault(node.at[1], {})[node.at[0]] = float(node.label.replace("−", "-"))
    assert len(rows) == 3
    for row in rows.values():
        f, c, kept = (row[x] for x in sorted(row))
        assert 0.0 <= f <= 1.0
        assert kept == pytest.approx(f * c)
    assert [text.words for text in sketch.texts[:3]] == ["f_t", "c_{t−1}", "f_t⊙c_{t−1}"]


@each_drawing
def test_names_stand_by_their_values(name: str) -> None:
    """f_t, i_t, … are the names of the gates drawn, and what goes out is named after its state."""
    sketch = SKETCHES[name]
    kinds = ("layer", "affine", "product", "softmax")
    gates = {n for n, node in sketch.nodes.items() if node.kind in kinds}
    for text in sketch.texts:
        if text.stream == "gate":
            assert text.words.removesuffix("_t") in sketch.nodes
            assert text.words.removesuffix("_t") in gates or name == "gru-after"
    named = sorted(text.words for text in sketch.texts if text.stream in tuple("chxy"))
    ends = [n for n in sketch.nodes.values() if n.kind in ("in", "out")]
    if name == "attention":
        assert named == ["h_t", "h_t"]
    elif name not in WITHOUT_MODULE:
        tail = {
            "in": {"x": "x_t", "h": "h_{t−1}", "c": "c_{t−1}"},
            "out": {"h": "h_t", "c": "c_t", "y": "y_t"},
        }
        assert named == sorted(tail[node.kind][node.stream] for node in ends)


# How it is drawn

Box = tuple[float, float, float, float]


def box_of(node: Any, margin: float = 0.0) -> Box:
    (x, y), (w, h) = node.at, node.half
    return (x - w - margin, y - h - margin, x + w + margin, y + h + margin)


def box_of_text(text: Any) -> Box:
    """Roughly what words cover, in a wide font."""
    size = {"value": 19, "caption": 12.5, "note": 14, "sign": 26}[text.role]
    letters = sum(0.7 if part else 1.0 for part in lowered(text.words))
    width = letters * size * 0.62
    x, y = text.at
    left = x if text.anchor == "start" else x - width / 2
    return (left, y - size * 0.4, left + width, y + size * 0.45)


def lowered(words: str) -> Iterator[bool]:
    """For each letter, whether it is a subscript."""
    head, _, tail = words.partition("_")
    yield from (False for _ in head)
    yield from (True for _ in tail.strip("{}"))


def meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def along(segment: Any, half: float = 0.1) -> Box:
    (x1, y1), (x2, y2) = segment
    return (min(x1, x2) - half, min(y1, y2) - half, max(x1, x2) + half, max(y1, y2) + half)


@each_drawing
def test_wires_keep_clear_of_other_nodes(name: str) -> None:
    sketch = SKETCHES[name]
    for wire, node in product(sketch.wires, sketch.nodes.values()):
        if node.kind not in ("in", "out") and node not in (wire.source, wire.target):
            for segment in wire.segments:
                assert not meet(along(segment), box_of(node, 5)), (wire.source.name, node.name)
    for a, b in combinations(sketch.nodes.values(), 2):
        assert not meet(box_of(a, 4), box_of(b, 4)) or name == "legend", (a.name, b.name)


@each_drawing
def test_wires_of_different_values_only_cross(name: str) -> None:
    """Two values never share a way, nor does one turn or branch on another one's way."""
    sketch = SKETCHES[name]
    for a, b in combinations(sketch.wires, 2):
        if a.source is b.source:
            continue
        for p, q in product(a.segments, b.segments):
            if crossing(p, q) is None:
                assert not meet(along(p, 5), along(q, 5)) or a.target is b.target, (
                    a.source.name,
                    b.source.name,
                )


@each_drawing
def test_words_are_not_crossed(name: str) -> None:
    sketch = SKETCHES[name]
    for text in sketch.texts:
        box = box_of_text(text)
        left, top, right, bottom = box
        assert (
            left > 4
            and top > 4 - sketch.above
            and right < sketch.size[0] - 4
            and bottom < sketch.size[1] - 4
        )
        for wire in sketch.wires:
            for segment in wire.segments:
                assert not meet(along(segment, 2), box), (text.words, wire.source.name)
        for node in sketch.nodes.values():
            assert not meet(box_of(node), box), (text.words, node.name)
    for a, b in combinations(sketch.texts, 2):
        assert not meet(box_of_text(a), box_of_text(b)), (a.words, b.words)


def test_numbers_have_room_beside_wires_nodes_and_words() -> None:
    for name, sketch in CELLS_DRAWN.items():
        boxes = {}
        for reading in sketch.number_places:
            letters = 2.9 if reading.node in tuple("fiorz") else 3.75  # 0.000 or −0.000
            width = (letters + len(reading.words) * 0.5) * NUMBER_SIZE
            x, y = reading.at
            left = {"start": x, "middle": x - width / 2, "end": x - width}[reading.anchor]
            boxes[reading.at] = box = (left, y - 6, left + width, y + 6)
            assert left > 4 and box[2] < sketch.size[0] - 4, (name, reading)
            if reading.node == "y":
                continue  # three characters, above all else
            for wire, node in product(sketch.wires, sketch.nodes.values()):
                assert not any(meet(along(s, 1.5), box) for s in wire.segments), (name, reading)
                assert not meet(box_of(node), box), (name, reading)
            for text in sketch.texts:
                assert not meet(box_of_text(text), box), (name, reading, text.words)
        for a, b in combinations(boxes.values(), 2):
            assert not meet(a, b), name


@each_drawing
def test_the_module_holds_its_nodes(name: str) -> None:
    sketch = SKETCHES[name]
    left, top, right, bottom = sketch.body
    for node in sketch.nodes.values():
        outside = node.kind in ("in", "out") or node.stream == "y"  # the output is above the layer
        if name not in WITHOUT_MODULE and not outside:
            inner = box_of(node)
            assert left <= inner[0] and top < inner[1], node.name
            assert inner[2] <= right and inner[3] < bottom, node.name


def test_a_wire_branches_off_its_own_value_only() -> None:
    sketch = Sketch("", "", (100, 100), (0, 0, 0, 0))
    for name, at in {"a": (10, 10), "b": (90, 10), "c": (50, 90), "d": (10, 60)}.items():
        sketch.node(name, "in", at)
    sketch.wire("a", "b")
    sketch.wire("a", "c", leave=(50, 10))
    for source, leave in (("d", (30, 10)), ("a", (30, 11))):
        with pytest.raises(ValueError, match=f"no wire from {source} passes"):
            sketch.wire(source, "c", (leave[0], 90), leave=leave)
    with pytest.raises(ValueError, match="oblique"):
        sketch.wire("d", "b")
