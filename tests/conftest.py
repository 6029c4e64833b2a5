"""What the tests of commands and runs share: a runner, a text, and one small trained run."""

import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from command_line import TEXT, TINY, Runner
from faults import Server, folder_in_memory
from place_names import as_lines, place_names
from planted import write_planted_run

# Started in the background by a shell they would ignore Ctrl-C, under nohup a closed terminal, and
# so would what they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


@pytest.fixture(scope="session")
def charlstm() -> Runner:
    """Runs commands in this process."""
    return Runner()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder but for `text.txt`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="session")
def tiny_run(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 60 updates that knows the text a little; do not write to it."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    run = folder / "runs" / "tiny"
    budget = ("--max-steps=60", "--eval-every=20", "--lr=0.03", "--warmup-steps=5")
    charlstm.ok("train", folder / "text.txt", *TINY, *budget, "--out", run)
    return run


@pytest.fixture(scope="session")
def looking_run(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 5 updates with attention over 7 outputs; do not write to it."""
    folder = tmp_path_factory.mktemp("looking")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    run = folder / "runs" / "looking"
    budget = ("--attention=7", "--max-steps=5", "--lr=0.05", "--warmup-steps=1")
    charlstm.ok("train", folder / "text.txt", *TINY, *budget, "--out", run)
    return run


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Runs commands with faults planted in them, in a folder with `text.txt`."""
    with folder_in_memory() as folder, Server(folder) as server:
        yield server


@pytest.fixture(scope="session")
def learnt_run(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run that has learnt the text, so that it copies; do not write to it."""
    folder = tmp_path_factory.mktemp("learnt")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    flags = ("--hidden-size=24", "--batch-size=8", "--seq-length=24", "--shards=1", "--workers=1")
    budget = ("--max-steps=300", "--eval-every=300", "--lr=0.03", "--dropout=0")
    run = folder / "runs" / "learnt"
    charlstm.ok("train", folder / "text.txt", *flags, *budget, "--warmup-steps=5", "--out", run)
    return run


@pytest.fixture(scope="session")
def names_run(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of --lines that knows 200 place names a little; do not write to it."""
    folder = tmp_path_factory.mktemp("names")
    (folder / "names.txt").write_text(as_lines(place_names(200)), encoding="utf-8")
    size = ("--hidden-size=16", "--batch-size=8", "--seq-length=20", "--shards=1", "--workers=1")
    budget = ("--max-steps=300", "--lr=0.03", "--warmup-steps=5", "--eval-every=100", "--dropout=0")
    run = folder / "runs" / "names"
    charlstm.ok("train", folder / "names.txt", "--lines", *size, *budget, "--out", run)
    return run


@pytest.fixture(scope="session")
def planted_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose model has one known unit that carries number; see `planted`."""
    return write_planted_run(tmp_path_factory.mktemp("planted") / "runs" / "planted")
