"""Training that is killed, at any moment and at every step of a save, loses nothing and ends alike.

After every kill -9 `last.npz` loads, and the run that is resumed after the last one has the same
bits as one that was never killed: weights, moments, carried state, best loss, metrics.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import TEXT, TINY, start
from faults import KILLED, Ended, Server, content, count

from charlstm.store.archive import load
from charlstm.store.metrics import read

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]
BUSY = (
    *TINY,
    "--eval-every=3",
    "--checkpoint-every=1",
    "--keep=2",
    "--keep-early=3",
    "--dropout=0.2",
)
STEPS = 12


def train(server: Server, run: str, *flags: str, **fault: Any) -> Ended:
    """Begin the run, or resume it where it has begun."""
    begun = (server.folder / run / "last.npz").exists()
    where = ("--resume", run) if begun else ("text.txt", "--out", run, *BUSY)
    return server("train", *where, f"--max-steps={STEPS}", *flags, **fault)


@pytest.fixture(scope="module")
def whole(server: Server) -> Path:
    """The run that nothing happened to."""
    assert train(server, "whole").status == 0
    return server.folder / "whole"


def assert_sound(run: Path) -> None:
    """Every checkpoint that is there can be loaded; once there is one, there always is one."""
    for path in run.glob("*.npz"):
        load(path)


def assert_equal(run: Path, whole: Path) -> None:
    """The same bits, the same metrics, and nothing left over."""
    for name in ("last", "best", "step-11", "step-12", "early-000001", "early-000005"):
        assert content(run, name) == content(whole, name)
    assert rows(run) == rows(whole)
    assert {path.name for path in run.iterdir()} == {path.name for path in whole.iterdir()}


def rows(run: Path) -> list[list[str]]:
    """The metrics, less the clock and the means that a resumed run begins anew."""
    names = ("update", "characters", "epoch", "val_nats", "lr")
    return [[row[name] for name in names] for row in read(run / "metrics.csv")]


@pytest.mark.parametrize(("workers", "kills"), [(1, count(12, 200)), (2, count(3, 200))])
def test_killed_at_random_moments(server: Server, whole: Path, workers: int, kills: int) -> None:
    rng, done, killed = random.Random(workers), 0, 0
    longest = 0.12 if workers == 1 else 0.4  # about as long as a whole run takes
    flags = (f"--workers={workers}",)
    while killed < kills:
        done += 1
        run = f"random-{workers}-{done}"
        for _ in range(20):
            ended = train(server, run, *flags, seconds=rng.uniform(0.0, longest))
            killed += ended.status == KILLED
            assert ended.status in (0, KILLED), ended.stderr
            assert_sound(server.folder / run)
            if ended.status == 0 or killed >= kills:
                break
        assert train(server, run, *flags).status == 0
        assert_equal(server.folder / run, whole)


SAVING = ("create", "write", "fsync", "replace", "folder")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("point", SAVING)
def test_killed_before_and_after_every_step_of_a_save(
    server: Server, whole: Path, point: str, after: bool
) -> None:
    # The first save of all, some in between, and the last one.
    hits = train(server, f"{point}-{after}").hits[point]
    tried = min(hits, count(2, 20))
    for number in sorted({1 + k * (hits - 1) // (tried - 1) for k in range(tried)}):
        run = f"{point}-{after}-{number}"
        ended = train(server, run, point=point, number=number, deed="SIGKILL", after=after)
        assert ended.status == KILLED
        assert_sound(server.folder / run)
        assert train(server, run).status == 0
        assert_equal(server.folder / run, whole)


def test_killed_while_it_starts_in_a_folder_of_the_users_choice(server: Server) -> None:
    """Before the first save there is no run to resume: the same command begins it again."""
    ended = train(server, "mine", point="replace", number=1, deed="SIGKILL")
    assert ended.status == KILLED
    run = server.folder / "mine"
    left = {path.name for path in run.iterdir()}
    assert ".lock" in left
    assert train(server, "mine").status == 0
    assert not list(run.glob(".*.tmp"))


def test_killed_while_the_text_is_encoded(server: Server, tmp_path: Path) -> None:
    """The half-written copy is removed by a later start, when nobody can be writing it any more."""
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    flags = (*TINY, "--max-steps=1")
    for number in (1, 2):
        killed = server(
            "train",
            "text.txt",
            *flags,
            folder=tmp_path,
            point="replace",
            number=number,
            deed="SIGKILL",
        )
        assert killed.status == KILLED
    cache = tmp_path / "runs" / ".cache"
    strays = list(cache.glob(".*.tmp"))
    assert strays
    for stray in strays:
        os.utime(stray, (0, 0))
    server.ok("train", "text.txt", *flags, folder=tmp_path)
    assert sorted(path.suffix for path in cache.iterdir()) == [".ids", ".json"]


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in found.split()]


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("victim", ["first", "worker"])
def test_neither_process_outlives_the_other(here: Path, victim: str) -> None:
    process = start("train", "text.txt", *TINY, "--workers=2", "--max-steps=1000000", "--out=run")
    wait_until((here / "run" / "metrics.csv").exists, process)
    workers = children(process.pid)
    assert len(workers) == 1
    os.kill(process.pid if victim == "first" else workers[0], signal.SIGKILL)
    _, stderr = process.communicate()
    if victim == "worker":
        assert process.returncode == 1
        error = stderr.decode().splitlines()[-1]
        assert error.startswith("Error: worker 1 ended unexpectedly (exit code -9)")
    deadline = time.monotonic() + 20
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(alive, workers))
    load(here / "run" / "last.npz")


def wait_until(condition: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
