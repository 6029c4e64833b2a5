"""docs/cells.md: equations, shapes and figures are those of the code, the drawings are there."""

import re
from pathlib import Path
from typing import get_type_hints

import pytest
from cells_under_test import variants
from repository import ROOT

from charlstm.nn.cells import CELLS
from charlstm.nn.network import Network
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.output.terminal import table
from charlstm.studies.describe.equations import one_step
from charlstm.studies.describe.network import describe

DOCS = ROOT / "docs"
PAGE = (DOCS / "cells.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
each_cell = pytest.mark.parametrize("cell", list(CELLS))


@each_cell
def test_the_equations_are_those_of_the_cells(cell: str) -> None:
    equations = one_step(Architecture(cell).make_cell()).equations
    lines = table([[f"{e.name} = {e.text}", e.dimensions()] for e in equations])
    assert "\n".join("  " + line for line in lines) in SECTIONS[cell]


@each_cell
def test_no_equation_is_made_up(cell: str) -> None:
    """Each one that a section shows is one of some variant of its cell."""
    possible = set[tuple[str, str]]()
    for name, options in variants():
        if name == cell:
            equations = one_step(Architecture(cell, options).make_cell()).equations
            possible |= {(f"{e.name} = {e.text}", e.dimensions()) for e in equations}
    assert shown(SECTIONS[cell]) <= possible


@pytest.mark.parametrize(
    ("cell", "own"), [("peephole", "P_f⊙c_{t-1}"), ("gru", "m_t = "), ("gru", "r_t⊙m_t")]
)
def test_what_an_option_changes_is_shown(cell: str, own: str) -> None:
    assert any(own in equation for equation, _ in shown(SECTIONS[cell]))


def shown(section: str) -> set[tuple[str, str]]:
    """The equations and dimensions in a section's indented lines."""
    lines = re.findall(r"^    (\S.*?) {3,}(.+)$", section, re.MULTILINE)
    assert len(lines) == len(re.findall(r"^    \S", section, re.MULTILINE))
    return set(lines)


@each_cell
def test_each_cell_has_its_drawing(cell: str) -> None:
    assert f"](drawings/{cell}.svg)" in SECTIONS[cell]


def test_every_link_leads_somewhere_and_every_drawing_is_used() -> None:
    links = re.findall(r"\]\(([^)#]+)[)#]", PAGE)
    assert all((DOCS / link).is_file() for link in links)
    links += re.findall(r"\]\((drawings/\w+\.svg)\)", (DOCS / "attention.md").read_text("utf-8"))
    used = {Path(link).name for link in links if link.endswith(".svg")}
    assert used == {path.name for path in (DOCS / "drawings").glob("*.svg")}


def test_the_table_of_costs() -> None:
    rows = re.findall(r"^\| `(.+?)` \| ([\d,]+) \| ([\d,]+) \|$", PAGE, re.MULTILINE)
    assert {command.split()[0] for command, *_ in rows} == set(CELLS)
    for command, *figures in rows:
        cell, *flags = command.split()
        names = [flag.removeprefix("--").replace("-", "_") for flag in flags[::2]]
        options = dict(zip(names, flags[1::2], strict=True))
        layer = describe(Architecture(cell, options, 128), 65).layers[0]
        assert figures == [f"{layer.parameters:,}", f"{layer.operations.products:,}"], command


@each_cell
def test_the_order_of_the_blocks(cell: str) -> None:
    """As they are stored; a block that an option adds comes after them."""
    (blocks,) = re.findall(rf"`{cell}` ((?:[a-z] )*[a-z])\b", SECTIONS["Symbols in the code"])
    assert blocks == " ".join(Architecture(cell).make_cell().gates)


def test_the_names_of_the_table_are_those_of_the_code() -> None:
    """Each `s.name` is an array of some cell's step, each `layers.0.name` a stored array."""
    symbols = SECTIONS["Symbols in the code"]
    in_steps = {name for kind in CELLS.values() for name in get_type_hints(kind.step)}
    assert set(re.findall(r"`s\.(\w+)", symbols)) <= in_steps
    networks = [
        Network(Parameters(Architecture(cell, options, 2, 2), 3), 1, 1)
        for cell, options in variants()
    ]
    stored = {name for network in networks for name in network.parameters.by_name}
    states = {name for network in networks for name in network.state}
    assert set(re.findall(r"`(layers\.\d\.\w+)`", symbols)) <= stored | states
