"""`charlstm inspect gates`: its table, JSON, files and refusals."""

import csv
import json
import sys
from pathlib import Path

import pytest
from command_line import TEXT, TINY, Runner

LOOK = ("inspect", "gates", "-r")


def test_it_reads_the_validation_part_and_judges_the_claim(
    charlstm: Runner, tiny_run: Path
) -> None:
    out = charlstm.ok(*LOOK, tiny_run).stdout
    assert f"gate values of {len(TEXT) - int(len(TEXT) * 0.9)} characters" in out
    assert 'People say of a gate: "in most of the cases it is either 0 or 1".' in out
    assert "longest retention" in out and "i against 1 - f, layer 0" in out
    found = charlstm.ok(*LOOK, tiny_run, "--json").json
    assert f"{100 * found['saturated']:.1f} % of the gate values" in out
    assert [gate["gate"] for gate in found["gates"]] == list("ifo")
    assert found["coupling"][0]["layer"] == 0


def test_what_f_keeps_is_measured_before_training_too(charlstm: Runner, tiny_run: Path) -> None:
    out = charlstm.ok(*LOOK, tiny_run, "--fresh").stdout
    assert "f of layer 0: a step keeps " in out
    assert "f of layer 0, before training: a step keeps " in out
    found = charlstm.ok(*LOOK, tiny_run, "--fresh", "--json").json
    (before,) = found["before_training"]["kept"]
    assert before["steps"] == [1, 10, 50]
    assert before["shares"][0] == pytest.approx(0.7, abs=0.05)  # near σ(1), the gate's bias
    assert charlstm.ok(*LOOK, tiny_run, "--json").json["before_training"] is None


def test_files_and_pipes_and_cuts(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    save = ("--save", "g.csv", "--save", "g.json")
    found = charlstm.ok(*LOOK, tiny_run, "text.txt", "--json", *save).json
    assert found["characters"] == len(TEXT)
    assert found == json.loads((here / "g.json").read_text(encoding="utf-8"))
    piped = charlstm.ok(*LOOK, tiny_run, "-", "--json", stdin=TEXT.encode()).json
    assert piped == found
    cut = charlstm.ok(*LOOK, tiny_run, "text.txt", "--cut", 50, "--json").json
    assert cut["characters"] == 50
    with (here / "g.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rights = [float(row["right"]) for row in rows if row["gate"] == "f"]
    assert sum(rights) / 8 == pytest.approx(found["gates"][1]["right_saturated"])
    assert {row["digit"] for row in rows} == {""}


def test_a_picture(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    pytest.importorskip("matplotlib")
    charlstm.ok(*LOOK, tiny_run, "--save", "gates.svg")
    assert "layer 0, gate f" in (here / "gates.svg").read_text(encoding="utf-8")


def test_what_it_refuses(
    charlstm: Runner, tiny_run: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no text to read" in charlstm.fails(*LOOK, tiny_run, "-")
    assert "nowhere.txt" in charlstm.fails(*LOOK, tiny_run, "nowhere.txt")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "charlstm[plot]" in charlstm.fails(*LOOK, tiny_run, "--save", "gates.png")
    assert [path.name for path in here.iterdir()] == ["text.txt"]


@pytest.mark.usefixtures("here")
def test_a_cell_without_gates(charlstm: Runner) -> None:
    charlstm.ok("train", "text.txt", *TINY, "--cell=rnn", "--max-steps=1", "--out=rnn")
    assert "'rnn' has no gates" in charlstm.fails(*LOOK, "rnn")
