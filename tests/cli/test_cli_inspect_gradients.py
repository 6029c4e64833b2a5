"""`charlstm inspect gradients`: curves of runs and fresh networks, files and refusals."""

import csv
import json
from pathlib import Path

import pytest
from command_line import TINY, Runner

LOOK = ("inspect", "gradients", "--steps=20", "--samples=4")


def test_one_line_for_each_network_and_state(charlstm: Runner, tiny_run: Path) -> None:
    out = charlstm.ok(*LOOK, tiny_run, "--fresh", "--cell", "rnn").stdout
    starts = [line.partition("  ")[0].strip() for line in out.splitlines()]
    for name in ("tiny, dL/dh", "tiny, dL/dc", "tiny, fresh lstm, dL/dc", "tiny, fresh rnn, dL/dh"):
        assert name in starts
    assert "clipped in " in out and "along the text" in out
    assert "tiny, fresh rnn: vanishes" in out


def test_a_gain_is_measured_beside_every_network(
    charlstm: Runner, tiny_run: Path, here: Path
) -> None:
    save = ("--save", "g.csv")
    found = charlstm.ok(*LOOK, tiny_run, "--fresh", "--cell=rnn", "--gain=5", *save)
    words = found.stdout.splitlines()
    for name in ("tiny", "tiny, fresh lstm", "tiny, fresh rnn"):
        for label in (name, f"{name}, W × 5"):
            assert any(line.startswith(f"{label}: ") for line in words), label
    with (here / "g.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["network"], row["gain"]) for row in rows} == {
        (name, gain)
        for name in ("tiny", "tiny, fresh lstm", "tiny, fresh rnn")
        for gain in ("1.0", "5.0")
    }


@pytest.mark.usefixtures("here")
def test_checkpoints_of_one_run_have_names_of_their_own(charlstm: Runner) -> None:
    budget = ("--max-steps=3", "--checkpoint-every=1", "--keep=3", "--clip-norm=0")
    charlstm.ok("train", "text.txt", *TINY, *budget, "--out=run")
    checkpoints = [f"run/step-{k}.npz" for k in (1, 2, 3)]
    outcome = charlstm.ok(*LOOK, *checkpoints)
    assert outcome.stdout.count("never clipped; mean norm at most ") == 3
    found = charlstm.ok(*LOOK, *checkpoints, "--json").json
    names = [network["name"] for network in found["networks"]]
    assert len(set(names)) == 3 and names[0] == "run" and names[2].endswith("step-3.npz")


def test_json_and_files(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    save = ("--save", "g.csv", "--save", "g.json")
    found = charlstm.ok(*LOOK, tiny_run, "--text", "text.txt", "--json", *save).json
    assert found == json.loads((here / "g.json").read_text(encoding="utf-8"))
    network = found["networks"][0]
    assert network["steps_back"] == list(range(1, 21))
    assert set(network["norms"]) == {"h", "c"}
    assert 0.0 <= network["clipping"]["share"] <= 1.0
    with (here / "g.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["norm"]) for row in rows if row["state"] == "c"] == network["norms"]["c"]


def test_the_loss_is_at_the_verb_of_a_grammar_s_corpus(charlstm: Runner, here: Path) -> None:
    charlstm.ok("corpus", "agreement", "corpus.txt", "--sentences", 60)
    flags = ("--hidden-size=4", "--batch-size=4", "--seq-length=8", "--workers=1", "--max-steps=1")
    charlstm.ok("train", "corpus.txt", *flags, "--out", "run")
    assert "at the verb" in charlstm.ok(*LOOK, here / "run").stdout


def test_a_picture(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    pytest.importorskip("matplotlib")
    charlstm.ok(*LOOK, tiny_run, "--cell", "gru", "--save", "g.svg")
    assert "tiny, fresh gru, dL/dh" in (here / "g.svg").read_text(encoding="utf-8")


def test_what_it_refuses(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    (here / "short.txt").write_text("The cat", encoding="utf-8")
    assert "fewer --steps" in charlstm.fails(*LOOK, tiny_run, "--text", "short.txt")
    assert "is no run" in charlstm.fails(*LOOK, "nowhere")
    for gain in ("0", "nan", "-1", "x"):
        assert "--gain" in charlstm.fails(*LOOK, tiny_run, "--gain", gain, status=2)
    assert "did you mean 'lstm'" in charlstm.fails(*LOOK, tiny_run, "--cell", "lstn")
