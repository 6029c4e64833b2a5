"""Training on MPI ranks: the same bits, one voice, and clean ends whichever rank is hit."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from command_line import SIGNALS, TINY, Runner, sentences

from charlstm.cli.stop import Stop
from charlstm.errors import RunError
from charlstm.store import archive
from charlstm.store.metrics import read_numbers
from charlstm.training.world import LAUNCHERS, World, join

pytestmark = pytest.mark.slow

CHARLSTM = (sys.executable, "-m", "charlstm")
FAILING = """
from charlstm.cli import main
from charlstm.training.worker import Worker
def run(self, task):
    if task.update == 3:
        raise MemoryError("as planned")
    run.real(self, task)
run.real, Worker.run = Worker.run, run
main()
"""
LONG = (*TINY, "--max-steps=1000000", "--shards=2", "--out=run")


def mpiexec() -> str:
    """The launcher beside this Python, else one on the path; without it or mpi4py, skip."""
    pytest.importorskip("mpi4py")
    beside = shutil.which("mpiexec", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("mpiexec")
    if not found:
        pytest.skip("mpiexec is not installed")
    return found


def ranks(count: int, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """`charlstm` on so many ranks, which must end by themselves."""
    command = [mpiexec(), "-n", str(count), *CHARLSTM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def arrays(run: Path, name: str = "last") -> dict[str, bytes]:
    found = archive.load(run / f"{name}.npz", None).arrays
    return {name: array.tobytes() for name, array in found.items()}


@pytest.mark.parametrize("more", [(), ("--lines",), ("--attention=11",)])
def test_any_number_of_ranks_gives_the_same_bits_and_resumes(
    charlstm: Runner, here: Path, more: tuple[str, ...]
) -> None:
    (here / "text.txt").write_text(sentences(8000), encoding="utf-8")
    size = (*TINY, "--dropout=0.1", "--num-layers=2", "--shards=5", "--val-fraction=0.6")
    plan = ("text.txt", *size, *more, "--schedule=constant", "--lr=0.01", "--eval-every=4")
    plan = (*plan, "--keep-early=4")
    alone = charlstm.ok("train", *plan, "--max-steps=8", "--out=alone", "--json")
    half = ranks(3, "train", *plan, "--max-steps=4", "--out=ranks")
    assert (half.returncode, half.stdout) == (0, "")
    assert half.stderr.count("done after 4 updates") == 1
    whole = ranks(2, "train", "--resume=ranks", "--max-steps=8", "--json")
    assert whole.returncode == 0, whole.stderr
    for name in ("last", "early-000003", "early-000005"):
        assert arrays(here / "ranks", name) == arrays(here / "alone", name)
    rows = [read_numbers(here / run / "metrics.csv") for run in ("ranks", "alone")]
    for row in (*rows[0], *rows[1]):
        assert row.pop("seconds") > 0
    assert str(rows[0]) == str(rows[1])  # NaN among them
    assert f'"last_val_nats": {alone.json["last_val_nats"]!r}' in whole.stdout


def test_the_dropout_that_minutes_decide_reaches_all_ranks(charlstm: Runner, here: Path) -> None:
    done = ranks(2, "train", "text.txt", *TINY, "--max-minutes=0.02", "--out=ranks")
    assert done.returncode == 0, done.stderr
    assert " as it is read " in done.stderr
    charlstm.ok("train", "--config=ranks/config.yaml", "--out=alone")
    assert arrays(here / "ranks") == arrays(here / "alone")


def test_more_ranks_than_shards_are_told(here: Path) -> None:
    done = ranks(3, "train", "text.txt", *TINY, "--max-steps=2", "--out=run")
    assert done.returncode == 0, done.stderr
    assert "only 2 of 3 ranks have work" in done.stderr
    assert "--workers has no effect on MPI ranks" in done.stderr
    assert arrays(here / "run")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("no.txt",), 1, "Error: cannot read no.txt"),
        (("text.txt", "--hidden-size=0"), 2, "Error: Invalid value for '--hidden-size'"),
    ],
)
def test_a_mistake_is_said_once(
    here: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    done = ranks(2, "train", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.count("Error: ") == done.stderr.count(message) == 1
    assert not (here / "runs").exists()
    done = ranks(2, "--debug", "train", *arguments)
    assert done.returncode == status
    assert done.stderr.count(message.removeprefix("Error: ")) == 1


def test_what_fails_on_another_rank_is_said_by_the_first(here: Path) -> None:
    train = ("train", "text.txt", *LONG)
    other = (sys.executable, "-c", FAILING)
    command = (mpiexec(), "-n", "1", *CHARLSTM, *train, ":", "-n", "1", *other, *train)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert done.returncode == 1
    assert "rank 1 on " in error
    assert "MemoryError('as planned')" in error
    assert "--resume continues" in error
    assert arrays(here / "run")


@pytest.mark.parametrize(
    ("rank", "number", "status"),
    [(0, signal.SIGTERM, 143), (1, signal.SIGINT, 130), (1, signal.SIGKILL, None)],
)
def test_a_signal_to_any_rank_ends_all(
    here: Path, rank: int, number: signal.Signals, status: int | None
) -> None:
    script = 'echo $$ >pid-${PMI_RANK:-$OMPI_COMM_WORLD_RANK}; exec "$0" "$@"'
    command = (mpiexec(), "-n", "2", "sh", "-c", script, *CHARLSTM, "train", "text.txt")
    with subprocess.Popen([*command, *LONG, "--eval-every=5"], stderr=subprocess.PIPE) as process:
        until((here / "run" / "best.npz").exists)
        pids = [int((here / f"pid-{k}").read_text()) for k in (0, 1)]
        os.kill(pids[rank], number)
        stderr = process.communicate(timeout=30)[1].decode()
    assert arrays(here / "run")
    if status is None:
        assert process.returncode != 0
    else:
        assert process.returncode == status
        assert stderr.count("saved after") == 1
    until(lambda: not any(map(lives, pids)))


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No mpiexec has started this process."""
    for name in filter(None, chain(*LAUNCHERS)):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_alone_there_is_no_world(alone: pytest.MonkeyPatch) -> None:
    alone.setitem(sys.modules, "mpi4py", None)
    assert join(required=False) is None
    alone.setenv("PMI_SIZE", "1")
    alone.setenv("OMPI_COMM_WORLD_SIZE", "what?")
    assert join(required=False) is None
    alone.setenv("SLURM_PROCID", "0")  # in a batch script, which srun has not started
    assert join(required=False) is None


def test_without_mpi4py_the_extra_is_named(charlstm: Runner, alone: pytest.MonkeyPatch) -> None:
    alone.setitem(sys.modules, "mpi4py", None)
    alone.setenv("PMI_SIZE", "2")
    with pytest.raises(RunError, match=r"needs mpi4py; .*'charlstm\[mpi\]'"):
        join(required=False)
    alone.delenv("PMI_SIZE")
    assert "charlstm[mpi]" in charlstm.fails("train", "text.txt", "--mpi")


@pytest.mark.parametrize(("rank", "size"), LAUNCHERS)
def test_no_rank_trains_alone_or_is_mute(
    charlstm: Runner, alone: pytest.MonkeyPatch, rank: str, size: str
) -> None:
    alone.setitem(sys.modules, "mpi4py", None)
    alone.setenv(rank, "1")
    message = charlstm.fails("train", "nosuch.txt")
    assert f"{rank} makes this process rank 1, but nothing says of how many" in message
    assert message.endswith(f"or unset {rank} to train in this process alone")
    assert "needs mpi4py" in charlstm.fails("train", "nosuch.txt", "--mpi")
    for number in ("0", "1") if size else ():
        alone.setenv(rank, number)
        alone.setenv(size, "4")
        message = charlstm.fails("train", "nosuch.txt", "--hidden-size=0")
        assert "needs mpi4py" in message
        assert message.endswith(f"or unset {rank} {size} to train in this process alone")


def test_an_mpiexec_of_another_mpi_is_an_error(alone: pytest.MonkeyPatch) -> None:
    one: Any = SimpleNamespace(MPI=SimpleNamespace(COMM_WORLD=SimpleNamespace(size=1, rank=0)))
    alone.setitem(sys.modules, "mpi4py", one)
    alone.setenv("OMPI_COMM_WORLD_SIZE", "2")
    with pytest.raises(RunError, match=r"rank 0 of 2 .*, but MPI finds it alone"):
        join(required=False)
    alone.delenv("OMPI_COMM_WORLD_SIZE")
    world = join(required=True)
    assert world and (world.rank, world.size) == (0, 1)


def test_the_same_signal_to_all_ranks_is_not_a_second_one(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        world = World(SimpleNamespace(rank=0, size=2))
        stop = Stop(world)
        assert not stop.requested()
        world.signal = int(signal.SIGINT)  # another rank was quicker to tell
        assert stop.requested()
        signal.raise_signal(signal.SIGINT)
        assert (stop.status, left) == (130, [])
        signal.raise_signal(signal.SIGTERM)
        assert left == [143]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert "once more to leave at once" in capfd.readouterr().err
