"""Ctrl-C and SIGTERM, once and twice, at the moments where a run could be hurt.

Once: it finishes the update, saves and says how to go on. Twice: it leaves at once, and what was
saved before is intact. Either way the run ends with the same bits when it is resumed.
"""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import SIGNALS, TEXT, TINY, start
from faults import Ended, Server, content

from charlstm.store.archive import load

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]
STEPS = 12
BUSY = (*TINY, "--eval-every=3", "--checkpoint-every=2", "--keep=2", "--sample-every=4")
READERS = (
    "eval --run RUN fifo",
    "eval --run RUN --lines fifo",
    "surprisal --run RUN fifo",
    "agree --run RUN --pairs fifo",
    "agree --run RUN --suite fifo",
    "agree --run RUN --pairs fifo",
    "agree --run RUN --suite fifo",
    "sample --run RUN --prime-file fifo",
    "inspect gates --run RUN fifo",
    "train --config ./fifo",
    "compare ./fifo",
)
LAST = 0  # stands for the number that `hits` knows
# What is being done, and how often it has been done when the signal comes.
MOMENTS = {
    "the first update": ("gradient", 2),  # the first one is that of the loss at the start
    "an update": ("gradient", 8),
    "an evaluation": ("validate", 2),
    "a preview": ("preview", 1),
    "the first save": ("fsync", 1),
    "a save": ("fsync", 20),
    "the end of a save": ("folder", 11),
    "the last save": ("replace", LAST),
}


def train(server: Server, run: str, *flags: str, **fault: Any) -> Ended:
    begun = (server.folder / run / "last.npz").exists()
    where = ("--resume", run) if begun else ("text.txt", "--out", run, *BUSY)
    return server("train", *where, f"--max-steps={STEPS}", *flags, **fault)


@pytest.fixture(scope="module")
def hits(server: Server) -> dict[str, int]:
    """How often the run that nothing happens to passes each point."""
    train(server, "cache")
    return train(server, "whole").hits


@pytest.fixture(scope="module")
def whole(server: Server, hits: dict[str, int]) -> Path:
    assert hits
    return server.folder / "whole"


@pytest.mark.parametrize("signals", ["SIGTERM", "SIGINT+SIGTERM"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_signal_during(
    server: Server, whole: Path, hits: dict[str, int], moment: str, signals: str
) -> None:
    point, number = MOMENTS[moment]
    number = number or hits[point]
    run = f"{moment}-{signals}".replace(" ", "-")
    ended = train(server, run, point=point, number=number, deed=signals)
    last = signals.rpartition("+")[2]
    assert ended.status == 128 + signal.Signals[last], ended.stderr
    assert "Traceback" not in ended.stderr and "Error" not in ended.stderr
    folder = server.folder / run
    if "+" in signals:  # it left at once
        assert ended.stderr.endswith("once more to leave at once\n")
    else:
        update = load(folder / "last.npz").header["progress"]["update"]
        if update < STEPS:
            assert f"saved after {update} updates; resume: charlstm train --resume" in ended.stderr
        assert not list(folder.glob(".*.tmp"))
    for path in folder.glob("*.npz"):
        load(path)
    assert train(server, run).status == 0
    assert content(folder) == content(whole)
    assert content(folder, "best") == content(whole, "best")


@pytest.mark.parametrize("signals", ["SIGINT", "SIGTERM+SIGTERM"])
def test_a_signal_while_the_text_is_encoded(server: Server, tmp_path: Path, signals: str) -> None:
    (tmp_path / "text.txt").write_text(TEXT * 200, encoding="utf-8")
    flags = ("train", "text.txt", *TINY, "--max-steps=1")
    ended = server(*flags, folder=tmp_path, point="encode", number=1, deed=signals)
    assert ended.status == 128 + signal.Signals[signals.rpartition("+")[2]]
    runs = tmp_path / "runs"
    if "+" not in signals:
        assert ended.stderr.endswith("stopped before the first update; nothing was lost\n")
        assert [path.name for path in runs.rglob("*")] == [".cache"]
    server.ok(*flags, folder=tmp_path)


@pytest.mark.parametrize(
    ("source", "number"),
    [*(("-", number) for number in SIGNALS), ("/dev/stdin", SIGNALS[0]), ("fifo", SIGNALS[1])],
)
def test_a_signal_ends_the_wait_for_a_pipe(here: Path, source: str, number: int) -> None:
    os.mkfifo("fifo")
    reader, writer = os.pipe()
    process = start("train", source, *TINY, stdin=reader)
    cache = here / "runs" / ".cache"
    while not (cache.exists() and any(cache.iterdir())):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(number)
    output, stderr = process.communicate(timeout=60)  # the pipe says nothing all that time
    os.close(reader)
    os.close(writer)
    assert (process.returncode, output) == (128 + number, b"")
    assert stderr.endswith(b"stopped before the first update; nothing was lost\n")
    assert [path.name for path in (here / "runs").rglob("*")] == [".cache"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("command", [*READERS])
def test_ctrl_c_ends_any_other_wait(tiny_run: Path, command: str) -> None:
    os.mkfifo("fifo")
    process = start(*command.replace("RUN", str(tiny_run)).split())
    with Path("fifo").open("wb"):  # as soon as the command opens it as well
        process.send_signal(signal.SIGINT)
        output, stderr = process.communicate(timeout=60)
    assert (process.returncode, output + stderr) == (130, b"")


def test_a_signal_when_nobody_reads_what_is_said(here: Path) -> None:
    process = start("train", "text.txt", *BUSY, "--max-steps=1000000", "--out=run")
    wait_until_training(here / "run", process)
    assert process.stderr and process.stdout
    process.stderr.close()  # the terminal is gone
    process.send_signal(signal.SIGTERM)
    process.stdout.read()
    process.stdout.close()
    assert process.wait() == 143
    load(here / "run" / "last.npz")
    assert not list((here / "run").glob(".*.tmp"))


def test_a_terminal_that_is_closed_stops_as_sigterm_does(server: Server, whole: Path) -> None:
    ended = train(server, "hangup", point="gradient", number=6, deed="SIGHUP")
    assert ended.status == 128 + signal.SIGHUP
    assert load(server.folder / "hangup" / "last.npz").header["progress"]["update"] == 5
    assert train(server, "hangup").status == 0
    assert content(server.folder / "hangup") == content(whole)


def test_what_nohup_ignores_stays_ignored(here: Path) -> None:
    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = start("train", "text.txt", *TINY, "--max-steps=200", "--out=run", preexec_fn=ignore)
    wait_until_training(here / "run", process)
    process.send_signal(signal.SIGHUP)
    process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_while_the_workers_start(here: Path, number: int) -> None:
    """As a terminal's Ctrl-C or a service manager sends it: the workers leave it to the first."""
    process = start(
        "train",
        "text.txt",
        *BUSY,
        "--workers=2",
        "--max-steps=1000000",
        "--out=run",
        start_new_session=True,
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        process.kill()
        process.communicate()
        pytest.skip("needs Linux's /proc")
    deadline = time.monotonic() + 20
    while not children.read_text("ascii") and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.02)
    os.killpg(process.pid, number)
    _, stderr = process.communicate()
    assert process.returncode == 128 + number, stderr
    assert b"Traceback" not in stderr and b"Error" not in stderr, stderr
    assert load(here / "run" / "last.npz")


def wait_until_training(run: Path, process: "subprocess.Popen[bytes]") -> None:
    while not (run / "metrics.csv").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
