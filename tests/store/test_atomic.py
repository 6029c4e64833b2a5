"""Files are replaced whole or not at all, whatever fails, and the dead leave nothing for ever."""

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Self

import pytest

from charlstm.errors import CharlstmError, CheckpointError, RunError
from charlstm.store import atomic
from charlstm.store.atomic import atomic_write, clean_stray, lengthen
from charlstm.store.lock import lock

OLD, NEW = b"old\n" * 50, b"the new content\n" * 100


class FullDisk:
    """A file on a disk that has room for `room` bytes."""

    def __init__(self, file: BinaryIO, room: int) -> None:
        self.file, self.room = file, room

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def write(self, data: bytes) -> None:
        self.file.write(data[: self.room])
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def write(path: Path, error: type[CharlstmError] = RunError) -> None:
    with atomic_write(path, error) as file:
        for start in range(0, len(NEW), 100):
            file.write(NEW[start : start + 100])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "last.npz"
    path.write_bytes(OLD)
    return path


def assert_old(path: Path) -> None:
    assert path.read_bytes() == OLD
    assert names(path.parent) == {path.name}


def test_a_write_replaces_the_file_and_leaves_nothing_else(path: Path) -> None:
    write(path)
    assert path.read_bytes() == NEW
    assert names(path.parent) == {path.name}


def test_until_the_end_the_old_file_is_there(path: Path) -> None:
    with atomic_write(path) as file:
        file.write(NEW)
        file.flush()
        assert path.read_bytes() == OLD
        assert len(names(path.parent)) == 2
    assert path.read_bytes() == NEW


def test_all_is_forced_to_the_disk_before_it_takes_the_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = []

    def fsync(file: int) -> None:
        size = None if stat.S_ISDIR(os.fstat(file).st_mode) else os.fstat(file).st_size
        states.append((size, path.read_bytes()))

    monkeypatch.setattr(os, "fsync", fsync)
    write(path)
    assert states == [(len(NEW), OLD), (None, NEW)]


def test_permissions_follow_the_umask(path: Path) -> None:
    old = os.umask(0o027)
    try:
        write(path)
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("room", [0, 1, 99, 100, 101, len(NEW) - 1])
def test_a_full_disk_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    create = atomic._create
    monkeypatch.setattr(atomic, "_create", lambda *paths: FullDisk(create(*paths), room))
    with pytest.raises(CheckpointError) as caught:
        write(path, CheckpointError)
    assert str(caught.value) == (
        f"cannot write {str(path)!r}: No space left on device; the 'last.npz' of before is intact"
    )
    assert_old(path)


def test_a_full_disk_with_no_file_before_promises_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = atomic._create
    monkeypatch.setattr(atomic, "_create", lambda *paths: FullDisk(create(*paths), 0))
    with pytest.raises(RunError) as caught:
        write(tmp_path / "new")
    assert "intact" not in str(caught.value)
    assert not names(tmp_path)


def raising(problem: type[BaseException] | BaseException) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise problem

    return fail


@pytest.mark.parametrize(
    "step", ["os.fsync", "pathlib.Path.replace", "charlstm.store.atomic._create"]
)
def test_an_error_in_any_step_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(step, raising(OSError(errno.EIO, os.strerror(errno.EIO))))
    with pytest.raises(RunError, match=r"Input/output error; the 'last\.npz' of before is intact"):
        write(path)
    assert_old(path)


@pytest.mark.parametrize("problem", [KeyboardInterrupt, ZeroDivisionError])
def test_other_exceptions_pass_through_and_change_nothing(
    path: Path, problem: type[BaseException]
) -> None:
    with pytest.raises(problem), atomic_write(path) as file:
        file.write(NEW)
        raise problem
    assert_old(path)


def fail_second_fsync(monkeypatch: pytest.MonkeyPatch, number: int) -> list[int]:
    calls: list[int] = []
    real = os.fsync

    def fsync(file: int) -> None:
        calls.append(file)
        if len(calls) == 2:
            raise OSError(number, os.strerror(number))
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    return calls


def test_a_folder_that_cannot_be_flushed_is_named_except_on_systems_that_never_can(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        assert len(fail_second_fsync(patch, errno.EINVAL)) == 0
        write(path)
    with monkeypatch.context() as patch, pytest.raises(RunError, match="Input/output error"):
        calls = fail_second_fsync(patch, errno.EIO)
        write(path)
    assert len(calls) == 2
    assert path.read_bytes() == NEW


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing/x", "No such file"),
        ("a\0b", "null"),
        ("n" * 300, "name too long"),
        ("folder", "not a regular file"),
        ("pipe", "not a regular file"),
    ],
)
def test_impossible_places_are_named(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RunError, match=reason) as caught:
        write(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert names(tmp_path) == {"folder", "pipe"}


def test_a_link_in_place_of_the_temporary_file_is_not_followed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = path.parent / "victim"
    victim.write_bytes(OLD)
    (path.parent / f".last.npz.{'00' * 8}.tmp").symlink_to(victim)
    monkeypatch.setattr(os, "urandom", bytes)
    with pytest.raises(RunError, match="File exists"):
        write(path)
    assert victim.read_bytes() == path.read_bytes() == OLD


def test_two_writers_with_one_process_number_leave_each_other_alone(path: Path) -> None:
    """As in two containers that share a folder; here even in one process."""
    with atomic_write(path) as first:
        first.write(NEW[:100])
        with atomic_write(path) as second:
            second.write(b"of the second")
        assert path.read_bytes() == b"of the second"
        first.write(NEW[100:])
    assert path.read_bytes() == NEW
    assert names(path.parent) == {path.name}


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    write(tmp_path / ("n" * 255))
    assert names(tmp_path) == {"n" * 255}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_disk_that_is_really_full_leaves_the_old_file(tmp_path: Path) -> None:
    command = ["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(tmp_path)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this root may not mount a tmpfs")
    try:
        path = tmp_path / "last.npz"
        path.write_bytes(OLD)
        with pytest.raises(RunError, match="No space left on device"), atomic_write(path) as file:
            file.write(bytes(1 << 20))
        assert_old(path)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.parametrize("begin", [b"", b"abc"])
def test_a_longer_file_ends_with_zeros_and_has_room_on_the_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch, begin: bytes
) -> None:
    monkeypatch.setattr(atomic, "BLOCK", 1000)
    with atomic_write(path) as file:
        file.write(begin)
        lengthen(file, 100_000)
        assert Path(file.name).stat().st_blocks * 512 >= 100_000  # no hole
        lengthen(file, 10)
    assert path.read_bytes() == begin + bytes(100_000 - len(begin))


KILLED = """
import os, signal, sys
from pathlib import Path
from charlstm.store import atomic
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
step = sys.argv[2]
if step == "fsync": os.fsync = die
if step == "replace": Path.replace = die
if step == "folder": atomic._sync_folder = die
with atomic.atomic_write(Path(sys.argv[1])) as file:
    file.write(b"the new content\\n" * 100)
    if step == "write": die()
"""


@pytest.mark.parametrize("step", ["write", "fsync", "replace", "folder"])
def test_a_killed_write_leaves_the_old_file_or_the_new_one(path: Path, step: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), step], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == (NEW if step == "folder" else OLD)
    assert len(clean_stray(path.parent)) == (0 if step == "folder" else 1)
    assert names(path.parent) == {path.name}


WRITING = """
import sys, time
from pathlib import Path
from charlstm.store.atomic import atomic_write
with atomic_write(Path("last.npz")) as file:
    print("writing", flush=True)
    time.sleep(60)
"""


def test_clean_stray_spares_the_living_and_all_other_files(tmp_path: Path) -> None:
    dead = [f".last.npz.{'0f' * 8}.tmp", f".a.b.{'12' * 8}.tmp", ".last.npz.4242.tmp"]
    spared = [
        f"last.npz.{'0f' * 8}.tmp",
        f".last.npz.{'0f' * 8}.tmp~",
        f".last.npz.{'0F' * 8}.tmp",
        ".of_another_program.4242.tmp",
        "config.yaml",
    ]
    for name in dead + spared:
        (tmp_path / name).touch()
    (tmp_path / f".folder.{'0f' * 8}.tmp").mkdir()
    (tmp_path / f".link.{'0f' * 8}.tmp").symlink_to("config.yaml")
    kept = {*spared, f".folder.{'0f' * 8}.tmp", f".link.{'0f' * 8}.tmp"}
    command = [sys.executable, "-c", WRITING]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path) as writer:
        try:
            assert writer.stdout is not None and writer.stdout.readline()
            assert sorted(path.name for path in clean_stray(tmp_path)) == sorted(dead)
            assert len(names(tmp_path) - kept) == 1
        finally:
            writer.kill()
    assert len(clean_stray(tmp_path)) == 1
    assert names(tmp_path) == kept


def test_where_there_are_no_locks_what_was_written_to_lately_is_spared(tmp_path: Path) -> None:
    for name, age in [("a", 100.0), ("b", 10.0)]:
        stray = tmp_path / f".{name}.{'0f' * 8}.tmp"
        stray.touch()
        os.utime(stray, (time.time() - age,) * 2)
    assert [path.name[:3] for path in clean_stray(tmp_path, idle=60.0)] == [".a."]


def test_a_file_is_written_whatever_the_file_system_says_of_locks(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = raising(OSError(errno.EPERM, "no"))
    monkeypatch.setattr("charlstm.store.atomic.lock", refused)
    write(path)
    assert path.read_bytes() == NEW


def test_a_file_removed_before_it_was_locked_is_made_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a `clean_stray` of another process, which can come between the two."""
    removed: list[Path] = []

    def late(file: int) -> bool:
        if not removed:
            monkeypatch.undo()
            removed.extend(clean_stray(path.parent))
        return lock(file)

    monkeypatch.setattr("charlstm.store.atomic.lock", late)
    write(path)
    assert len(removed) == 1
    assert path.read_bytes() == NEW
    assert names(path.parent) == {path.name}


def test_clean_stray_of_no_folder_removes_nothing() -> None:
    assert clean_stray(Path("/no/such/folder")) == []
