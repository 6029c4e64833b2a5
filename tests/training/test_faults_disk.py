"""Disks that fill up and files that fail, at every single write of a training: nothing is lost.

Whatever fails, the command says so in one line, what was saved before loads, nothing half-written
stays, and the run ends with the same bits once there is room again.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import TEXT, TINY
from faults import Ended, Server, content, count

from charlstm.store.archive import load

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]
STEPS = 8
BUSY = (
    *TINY,
    "--eval-every=4",
    "--checkpoint-every=2",
    "--keep=2",
    "--keep-early=2",
    "--sample-every=4",
)
POINTS = ("create", "write", "fsync", "replace", "folder", "lock", "unlink", "mkdir")


def train(server: Server, run: str, **fault: Any) -> Ended:
    begun = (server.folder / run / "last.npz").exists()
    where = ("--resume", run) if begun else ("text.txt", "--out", run, *BUSY)
    return server("train", *where, f"--max-steps={STEPS}", **fault)


@pytest.fixture(scope="module")
def hits(server: Server) -> dict[str, int]:
    """How often the run that nothing happens to passes each point."""
    train(server, "cache")
    return train(server, "whole").hits


@pytest.fixture(scope="module")
def whole(server: Server, hits: dict[str, int]) -> Path:
    assert hits
    return server.folder / "whole"


def sound(run: Path) -> dict[str, int]:
    """The update of every checkpoint; all of them load, and nothing half-written is there."""
    assert not list(run.glob(".*.tmp"))
    return {path.name: load(path).header["progress"]["update"] for path in run.glob("*.npz")}


@pytest.mark.parametrize(("deed", "lasting"), [("ENOSPC", True), ("EIO", False)])
@pytest.mark.parametrize("point", POINTS)
def test_a_failure_at_every_step(
    server: Server, whole: Path, hits: dict[str, int], point: str, deed: str, lasting: bool
) -> None:
    last = hits[point]
    tried = min(last, count(2, 15))
    for number in sorted({1 + k * (last - 1) // max(1, tried - 1) for k in range(tried)}):
        run = f"{point}-{deed}-{lasting}-{number}"
        ended = train(server, run, point=point, number=number, deed=deed, lasting=lasting)
        if ended.status:
            reason = "No space left on device" if deed == "ENOSPC" else "Input/output error"
            assert reason in ended.error
        else:  # what failed was to remove what was not there
            assert point in ("unlink", "mkdir")
        before = sound(server.folder / run)
        assert before or not (server.folder / run / "config.yaml").exists()
        assert train(server, run).status == 0
        assert content(server.folder / run) == content(whole)
        assert content(server.folder / run, "best") == content(whole, "best")
        assert sound(server.folder / run) == sound(whole)


@pytest.mark.parametrize("point", ["create", "write", "replace", "mkdir"])
def test_a_failure_while_the_text_is_encoded(server: Server, tmp_path: Path, point: str) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    flags = ("train", "text.txt", *TINY, "--max-steps=1", "--out=deep/run")
    for number in (1, 2):
        ended = server(*flags, folder=tmp_path, point=point, number=number, deed="EIO")
        if ended.status == 0:
            assert number == 2 and point in ("write", "mkdir")  # which are not made then
            continue
        assert "write" in ended.error or "make" in ended.error or "cannot keep" in ended.error
        assert not list(tmp_path.rglob("*.tmp"))
    assert server(*flags[:-1], "--out=other", folder=tmp_path).status == 0


def mount(folder: Path, size: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    return (
        os.geteuid() == 0
        and not subprocess.run(command, capture_output=True, check=False).returncode
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a few checkpoints."""
    folder = tmp_path / "small"
    folder.mkdir()
    if not mount(folder, "512k"):
        pytest.skip("a small file system can be mounted by root alone")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_really_fills_up(server: Server, small_disk: Path) -> None:
    (server.folder / "full").symlink_to(small_disk)
    run = small_disk / "run"
    flags = ("--keep=99", "--checkpoint-every=1", "--max-steps=99")
    ended = server("train", "text.txt", *BUSY, *flags, "--out=full/run")
    assert "No space left on device" in ended.error
    before = sound(run)
    assert before["last.npz"] >= 1
    again = server("train", "--resume=full/run")
    assert "No space left on device" in again.error
    assert sound(run) == before
    for path in run.glob("step-*.npz"):
        path.unlink()
    assert server("train", "--resume=full/run", "--keep=0").status == 0
