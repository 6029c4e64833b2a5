"""Folders, locks, texts and clocks that turn against a run: refused in one line, or no matter."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from command_line import TEXT, TINY, Runner, start
from faults import Server, content, count

from charlstm.store.archive import load

pytestmark = pytest.mark.faults
ENDLESS = ("--max-steps=1000000", "--eval-every=1000000", "--out=run")


def wait_until_training(run: Path, process: "subprocess.Popen[bytes]") -> None:
    while not (run / "metrics.csv").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_a_second_training_is_refused_until_the_first_is_dead(charlstm: Runner, here: Path) -> None:
    first = start("train", "text.txt", *TINY, *ENDLESS)
    try:
        wait_until_training(here / "run", first)
        before = (here / "run" / "last.npz").read_bytes()
        message = charlstm.fails("train", "--resume=run")
        assert message == (
            f"process {first.pid} is training in 'run'; wait for it, "
            "or choose another folder with --out"
        )
        assert "holds a run already" in charlstm.fails("train", "text.txt", *TINY, "--out=run")
        assert (here / "run" / "last.npz").read_bytes() == before
        charlstm.ok("sample", "--run=run", "--length=3")  # reading is no harm
    finally:
        first.kill()
        first.communicate()
    # The lock of the dead is free, though its file and its number are still there.
    assert (here / "run" / ".lock").read_text(encoding="ascii").startswith(f"{first.pid} ")
    assert charlstm.ok("train", "--resume=run", "--max-steps=3", "--json").json["steps"] == 3


def test_of_many_that_resume_at_once_one_goes_on(here: Path, charlstm: Runner) -> None:
    charlstm.ok("train", "text.txt", *TINY, "--max-steps=2", "--out=run")
    flags = ("--resume=run", "--max-steps=1000000")
    processes = [start("train", *flags) for _ in range(count(3, 8))]
    refused = 0
    while refused < len(processes) - 1:
        time.sleep(0.01)
        refused = sum(process.poll() is not None for process in processes)
    winners = [process for process in processes if process.poll() is None]
    wait_until_training(here / "run", winners[0])
    winners[0].send_signal(signal.SIGTERM)
    for process in processes:
        _, stderr = process.communicate()
        assert process.returncode == (143 if process in winners else 1)
        assert process in winners or b"is training in 'run'; wait for it" in stderr
    load(here / "run" / "last.npz")


def obey_permissions() -> None:
    """Take from root, before another program is run, what lets it write where it may not."""
    if os.geteuid() == 0:
        for capability in (1, 2):  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


@pytest.fixture
def read_only(tiny_run: Path) -> Path:
    """A finished run, text and cache in a folder that nobody may write to."""
    folder = Path(tempfile.mkdtemp())
    shutil.copytree(tiny_run.parent, folder / "runs")
    shutil.copy(tiny_run.parent.parent / "text.txt", folder / "text.txt")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="root obeys permissions only on Linux")
def test_a_folder_that_may_only_be_read(read_only: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        process = start(*arguments, cwd=read_only, preexec_fn=obey_permissions)
        _, stderr = process.communicate()
        return process.returncode, stderr.decode()

    try:
        for arguments, message in (
            (("train", "--resume=runs/tiny", "--max-steps=99"), "cannot write in the run folder"),
            (("train", "text.txt"), "cannot make a run folder in 'runs': Permission denied"),
            (("train", "text.txt", "--out=new"), "cannot make the run folder 'new': Permission"),
        ):
            status, stderr = run(*arguments)
            assert status == 1, stderr
            assert stderr.startswith(f"Error: {message}") and stderr.count("\n") == 1
        assert run("sample", "--run=runs/tiny", "--length=3")[0] == 0
        assert run("eval", "text.txt", "--run=runs/tiny")[0] == 0
        status, stderr = run("eval", "--run=runs/tiny")  # the encoded text is in the cache already
        assert status == 0, stderr
    finally:
        for path in (read_only, *read_only.rglob("*")):
            path.chmod(0o755)
        shutil.rmtree(read_only)


def test_a_folder_that_vanishes_meanwhile(here: Path) -> None:
    process = start(
        "train", "text.txt", *TINY, "--max-steps=1000000", "--eval-every=50", "--out=run"
    )
    wait_until_training(here / "run", process)
    (here / "run").rename(here / "elsewhere")
    _, stderr = process.communicate()
    assert process.returncode == 1
    last = stderr.decode().splitlines()[-1]
    assert last.startswith(("Error: cannot write 'run/", "Error: wrote 'run/"))
    assert "No such file or directory" in last
    load(here / "elsewhere" / "last.npz")


def test_a_text_that_vanishes_or_changes_while_it_is_trained_on(
    charlstm: Runner, server: Server, here: Path
) -> None:
    """The run reads its own encoded copy, which stays where it is mapped though it is removed."""
    flags = (*TINY, "--eval-every=40", "--max-steps=400", "--schedule=constant")
    process = start("train", "text.txt", *flags, "--workers=2", "--out=run")
    while not (here / "run" / "best.npz").exists():  # then the workers have mapped it, too
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    (here / "text.txt").write_text("other", encoding="utf-8")
    (here / "text.txt").unlink()
    shutil.rmtree(here / ".cache")
    _, stderr = process.communicate()
    assert process.returncode == 0, stderr
    server.ok("train", "text.txt", *flags, "--out=whole")
    assert content(here / "run") == content(server.folder / "whole")
    assert "cannot read" in charlstm.fails("train", "--resume=run", "--max-steps=500")
    (here / "text.txt").write_text(TEXT + "!", encoding="utf-8")
    message = charlstm.fails("train", "--resume=run", "--max-steps=500")
    assert "has changed since the run was started; pass --allow-changed-corpus" in message
    charlstm.ok("train", "--resume=run", "--max-steps=401", "--allow-changed-corpus")


def test_a_clock_that_jumps(here: Path, charlstm: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only durations count, from a clock that cannot be set; dates serve to find the newest run."""
    flags = ("train", "text.txt", *TINY, "--max-steps=12", "--eval-every=3")
    charlstm.ok(*flags, "--out=runs/whole")
    days = iter(range(10**6))
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: 2e9 - 86400.0 * next(days))
        charlstm.ok(*flags, "--out=runs/jumpy")
    assert content(here / "runs" / "jumpy") == content(here / "runs" / "whole")
    for name, date in (("whole", 2**33), ("jumpy", 0)):
        os.utime(here / "runs" / name / "last.npz", (date, date))
    assert "using runs/whole" in charlstm.ok("sample", "--length=1").stderr
    assert charlstm.ok("train", "--resume=jumpy", "--max-steps=13", "--json").json["seconds"] < 1e4


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
def test_a_worker_that_fails_says_why_without_a_traceback(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here its memory does not suffice, as every worker maps the text by itself."""
    (here / "sitecustomize.py").write_text(
        "import sys\nif 'training.workers' in ' '.join(sys.orig_argv):\n"
        "    import numpy\n"
        "    def memmap(*_, **__): raise OSError(12, 'Cannot allocate memory')\n"
        "    numpy.memmap = memmap\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(here))
    process = start("train", "text.txt", *TINY, "--workers=2", "--max-steps=5", "--out=run")
    _, stderr = process.communicate()
    assert process.returncode == 1
    assert stderr.decode().splitlines()[-1] == (
        "Error: worker 1 ended unexpectedly (OSError(12, 'Cannot allocate memory')); "
        "the last checkpoint is intact, and --resume continues from it."
    )
    assert b"Traceback" not in stderr


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("flags", [("--lr=1e6", "--clip-norm=0"), ("--optimizer=sgd", "--lr=1e6")])
def test_an_absurd_learning_rate(
    charlstm: Runner, here: Path, flags: tuple[str, str], workers: int
) -> None:
    command = (*TINY, "--warmup-steps=100", "--max-steps=5000", "--checkpoint-every=1")
    outcome = charlstm("train", "text.txt", *command, f"--workers={workers}", *flags)
    assert outcome.status == 1
    assert "Warning" not in outcome.stderr
    assert outcome.error.startswith("training diverged at update ")
    assert outcome.error.endswith("Try a lower --lr or a smaller --clip-norm.")
    assert "the last good checkpoint is kept" in outcome.error
    update = load(here / "runs" / "text" / "last.npz").header["progress"]["update"]
    assert f"diverged at update {update + 1}:" in outcome.error
    charlstm.ok("sample", "--run=runs/text", "--length=5")
