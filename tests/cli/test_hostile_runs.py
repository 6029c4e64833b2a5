"""Checkpoints of runs that are sealed and sound but say what no run would: refused or harmless.

`test_archive_hostile` holds the file's form. Here the form is right, so that whoever made the
file took pains, and what it says is wrong: another shape, absurd settings, foreign paths.
"""

import copy
import random
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import TEXT, TINY, Runner
from faults import count

from charlstm import load
from charlstm.checkpoint import load as load_checkpoint
from charlstm.errors import CharlstmError, CheckpointError, CorpusError
from charlstm.store import archive
from charlstm.training.fit import fit

pytestmark = pytest.mark.faults
HEADER_BYTES = 32 << 20  # what reading a header may take, whatever it says
JUNK: list[Any] = [
    None, True, -1, 0, 7, 2**31, 10**30, -(10**30), 1.5, float("nan"), float("inf"), "", "x", "-",
    "/nonexistent", "\x00", "\ud800", "\x1b[31m", [], ["-"], {}, {"a": 1}, "gru",
]  # fmt: skip
LIKELY: dict[type, list[Any]] = {
    int: [0, 1, 2, 3, 6, 9, 12, 100, 1000, 65536, 10**12, 2**63 - 1],
    float: [0.0, 1e-300, 0.5, 0.9, 1.0, 5.0, 1e9, 1e308, -0.5],
    str: ["", "x", "-", "gru", "rnn", "peephole", "byte", "char", "sgd", "utf-16", "\ud800"],
}


@pytest.fixture
def found(tiny_run: Path) -> archive.Archive:
    return archive.load(tiny_run / "last.npz")


@pytest.fixture
def run(tmp_path: Path, tiny_run: Path) -> Path:
    """A copy of the trained run, beside its cache, whose checkpoints a test may replace."""
    shutil.copytree(tiny_run.parent, tmp_path / "runs")
    (tmp_path / "runs" / "tiny" / "best.npz").unlink()
    return tmp_path / "runs" / "tiny"


def forge(run: Path, found: archive.Archive, *path: str, value: Any) -> None:
    """Write the checkpoint with one value of its header replaced."""
    header = copy.deepcopy(found.header)
    place: Any = header
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    archive.save(run / "last.npz", header, found.arrays)


def leanly(path: Path, action: Callable[[], object]) -> None:
    """`action`, within twice the size of the file at `path` and what a header may take."""
    tracemalloc.start()
    try:
        action()
    except CharlstmError:
        pass  # which is as good
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak <= 2 * path.stat().st_size + HEADER_BYTES


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_size", 65536),
        ("hidden_size", 9),
        ("num_layers", 64),
        ("num_layers", 2),
        ("cell", "gru"),
        ("cell", "peephole"),
    ],
)
def test_a_network_larger_than_the_file(
    run: Path, found: archive.Archive, name: str, value: Any
) -> None:
    forge(run, found, "config", name, value=value)
    leanly(run / "last.npz", lambda: load(run))
    with pytest.raises(CheckpointError):
        load(run)


def test_a_cell_that_does_not_exist(charlstm: Runner, run: Path, found: archive.Archive) -> None:
    """Found by fuzzing: it was told as a mistake in the command."""
    forge(run, found, "config", "cell", value="lsTm")
    with pytest.raises(CheckpointError, match="no cell is called 'lsTm'"):
        load(run)
    assert str(run / "last.npz") in charlstm.fails("sample", "--run", run)
    assert "no cell" in charlstm.fails("train", run.parents[1] / "x", "--init-from", run)


def test_a_vocabulary_larger_than_the_file(run: Path, found: archive.Archive) -> None:
    """So many rows of so many units: each alone would fit into the file, their product does not."""
    characters = "".join(map(chr, range(0x10000, 0x10000 + 150_000)))
    vocabulary = {"tokens": "char", "characters": characters}
    header = {**found.header, "vocabulary": vocabulary}
    header["config"] = {**header["config"], "hidden_size": 400}
    arrays = {**found.arrays, "weights/pad": np.zeros(170_000, np.float32)}
    archive.save(run / "last.npz", header, arrays)
    leanly(run / "last.npz", lambda: load(run))
    with pytest.raises(CheckpointError, match="weights"):
        load(run)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("update", -1),  # would be taken for the message to validate
        ("update", -(10**30)),
        ("update", 10**30),
        ("worse", -1),
        ("seconds", float("nan")),
        ("seconds", -1.0),
        ("seconds", float("inf")),
        ("start_loss", float("nan")),
        ("start_loss", -1.0),
        ("update", True),
    ],
)
def test_progress_that_cannot_be(run: Path, found: archive.Archive, name: str, value: Any) -> None:
    forge(run, found, "progress", name, value=value)
    with pytest.raises(CheckpointError, match="its header is not one of a training run"):
        load_checkpoint(run / "last.npz")


def test_the_encoded_text_of_standard_input_is_checked(
    charlstm: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the only copy, so a damaged or foreign one would be trained on unnoticed."""
    monkeypatch.chdir(tmp_path)
    flags = (*TINY, "--eval-every=2", "--out=run")
    charlstm.ok("train", "-", *flags, "--max-steps=2", stdin=TEXT.encode())
    (ids,) = (tmp_path / ".cache").glob("*.ids")
    whole = ids.read_bytes()
    for damaged in (whole[:-1], whole + b"\0", b"\xff" + whole[1:], bytes(len(whole)), b""):
        ids.write_bytes(damaged)
        message = charlstm.fails("train", "--resume=run", "--max-steps=4")
        assert "is gone or damaged; start a new run with --init-from" in message
        assert "is gone or damaged" in charlstm.fails("eval", "--run=run")
    ids.write_bytes(whole)
    charlstm.ok("train", "--resume=run", "--max-steps=4")
    other = tmp_path / "secret"
    other.write_bytes(whole)
    found = archive.load(tmp_path / "run" / "last.npz")
    forge(tmp_path / "run", found, "corpus", "path", value=str(other))
    with pytest.raises(CorpusError, match="is gone or damaged"):
        list(fit(load_checkpoint(tmp_path / "run" / "last.npz").config, resume=tmp_path / "run"))


def mutate(rng: random.Random, header: dict[str, Any]) -> dict[str, Any]:
    header = copy.deepcopy(header)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        places = [(header, name) for name in header]
        places += [(v, name) for v in header.values() if isinstance(v, dict) for name in v]
        place, name = rng.choice(places)
        value, dice = place[name], rng.random()
        if dice < 0.05:
            del place[name]
        elif dice < 0.1:
            place["more"] = rng.choice(JUNK)
        elif dice < 0.3:
            place[name] = rng.choice(JUNK)
        else:
            place[name] = rng.choice(LIKELY.get(type(value), JUNK))
    return header


def test_headers_that_say_anything(
    charlstm: Runner, run: Path, found: archive.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line or a result, whatever is done with it; never more memory than its file allows."""
    monkeypatch.chdir(run.parent.parent)
    Path("text.txt").write_text(TEXT, encoding="utf-8")
    rng = random.Random(1)
    path = run / "last.npz"
    commands = [
        ("sample", "--length=2", "--seed=1", "--run", run),
        ("eval", "--run", run),
        ("train", "--resume", run, "--max-steps=62", "--workers=1"),
        ("train", "text.txt", "--init-from", run, "--max-steps=1", "--workers=1"),
    ]
    for _ in range(count(30, 2000)):
        header = mutate(rng, found.header)
        archive.save(path, header, found.arrays)
        leanly(path, lambda: load(run))
        arguments = rng.choice(commands)
        outcome = charlstm(*arguments)
        if outcome.status:
            assert outcome.status in (1, 2)
            assert outcome.error
        assert "Warning" not in outcome.stderr
