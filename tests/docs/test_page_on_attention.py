"""docs/attention.md: its equations and figures are those of `describe`, its names those stored."""

import re
from collections.abc import Iterable

from repository import ROOT

from charlstm.nn.network import Network
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.output.terminal import table
from charlstm.studies.describe.network import describe

PAGE = (ROOT / "docs" / "attention.md").read_text(encoding="utf-8")


def test_the_equations_are_those_that_describe_prints() -> None:
    found = describe(Architecture("rnn", attention=64), 65)
    every = [e for section in (*found.attention, found.readout) for e in section.equations]
    lines = table([[f"{e.name} = {e.text}", e.dimensions()] for e in every])
    assert block(lines) in PAGE


def test_so_are_those_of_several_heads() -> None:
    (section,) = describe(Architecture("rnn", attention=64, attention_heads=4), 65).attention
    own = [e for e in section.equations if e.name in ("k_t", "p_t", "u_t")]
    assert block(table([[f"{e.name} = {e.text}", e.dimensions()] for e in own])) in PAGE


def block(lines: Iterable[str]) -> str:
    return "\n\n" + "\n".join("  " + line for line in lines) + "\n\n"


def test_the_table_of_sizes_and_costs() -> None:
    rows = re.findall(r"^((?:\| [\d,]+ ){7})\|$", PAGE, re.MULTILINE)
    assert len(rows) > 4
    for row in rows:
        H, M, *figures = (int(n.replace(",", "")) for n in row.split("|")[1:])
        found = describe(Architecture("lstm", {}, H, 1, M, 4), 65, 64)
        (section,), carried = found.attention, found.to_mapping()["attention_block"]["state_bytes"]
        cost = section.operations
        expected = [section.parameters, cost.products, cost.elementwise, carried, 64 * carried]
        assert figures == expected, row


def test_its_names_are_those_stored_and_its_links_lead_somewhere() -> None:
    network = Network(Parameters(Architecture("rnn", {}, 2, 1, attention=3), 3), 1, 1)
    stored = {*network.parameters.by_name, *network.state}
    assert set(re.findall(r"`(attention\.\w+)`", PAGE)) == {
        name for name in stored if name.startswith("attention.")
    }
    links = re.findall(r"\]\(([^)#]+)[)#]", PAGE)
    assert all((ROOT / "docs" / link).is_file() for link in links)
