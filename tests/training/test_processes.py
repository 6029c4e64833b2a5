"""The processes that training starts import from where the first one does, and nowhere else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import TINY

from charlstm.errors import RunError
from charlstm.training.processes import Process

MODULES = ("random", "json", "numpy", "socket", "tempfile", "yaml", "charlstm", "sitecustomize")
BENCH = ("bench", "--workers=2", "--hidden-size=8", "--seconds=0.01", "--repeats=1")
TRAIN = ("train", "text.txt", *TINY, "--shards=2", "--workers=2", "--max-steps=2")
CONSOLE_SCRIPT = (sys.executable, "-P", "-c", "from charlstm.cli import main; main()")
MODULE = (sys.executable, "-m", "charlstm")


@pytest.mark.parametrize("program", [CONSOLE_SCRIPT, MODULE], ids=["charlstm", "python -m"])
@pytest.mark.parametrize("command", [TRAIN, BENCH], ids=["train", "bench"])
def test_no_file_of_the_current_folder_is_executed(
    here: Path, program: tuple[str, ...], command: tuple[str, ...]
) -> None:
    names = [name for name in MODULES if program is CONSOLE_SCRIPT or name != "charlstm"]
    for name in names:
        (here / f"{name}.py").write_text(f"open('executed-{name}', 'w')\n", encoding="utf-8")
    done = subprocess.run([*program, *command], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not list(here.glob("executed-*"))


SEEN = """
import json, os, sys
from charlstm.training.processes import answer_done, answering
def main():
    print("no answer", flush=True)
    with answering():
        seen = [sys.path, sys.argv[2:], sys.flags.utf8_mode]
        os.write(int(sys.argv[1]), json.dumps(seen).encode())
        answer_done()
        raise ValueError("as planned")
"""


def test_a_process_has_the_import_path_of_the_first_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a folder's é"
    folder.mkdir()
    (folder / "seen.py").write_text(SEEN, encoding="utf-8")
    monkeypatch.setattr("sys.path", [*sys.path, str(folder), "relative"])
    monkeypatch.setenv("PYTHONPATH", "unknown to the first process")
    with (tmp_path / "seen").open("w+b") as file:
        process = Process("it", "seen", [file.fileno(), 7], file.fileno(), 1)
        process.wait()
        with pytest.raises(RunError, match=r"it ended unexpectedly \(ValueError\('as planned'\)\)"):
            process.wait()
        process.close()
        file.seek(0)
        assert json.loads(file.read()) == [sys.path, ["7"], sys.flags.utf8_mode]


ISOLATED = """
import sys
sys.path.append(sys.argv[1])
from charlstm.training.processes import Process
with open("seen", "wb") as file:
    process = Process("it", "seen", [file.fileno()], file.fileno(), 1)
    process.wait()
    process.close()
"""


def test_what_the_first_process_does_not_heed_its_processes_do_not(here: Path) -> None:
    (here / "sitecustomize.py").write_text("open('executed', 'w')\n", encoding="utf-8")
    (here / "seen.py").write_text(SEEN, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-I", "-Xutf8", "-c", ISOLATED, str(here)],
        env={**os.environ, "PYTHONPATH": str(here)},
        check=True,
    )
    path, _, utf8_mode = json.loads((here / "seen").read_bytes())
    assert (path[-1], utf8_mode) == (str(here), 1)
    assert not (here / "executed").exists()


def test_a_process_that_cannot_begin_is_told(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        process = Process("worker 3", "no.such.module", [], file.fileno(), 1)
        with pytest.raises(RunError, match=r"worker 3 ended unexpectedly \(exit code 1\)"):
            process.wait()
        with pytest.raises(RunError, match="worker 3 ended unexpectedly"):
            process.send(b"work")
        process.close()
