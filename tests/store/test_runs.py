"""Run folders: nothing is overwritten, the right run is found, no two trainings share one."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlstm.errors import OutputError, RunError
from charlstm.store import archive, lock
from charlstm.store.lock import RunLock
from charlstm.store.runs import (
    _safe_name,
    checkpoint_path,
    claim,
    find_run,
    new_run,
    prune,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that other users may enter, unlike `tmp_path`."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def make_run(
    root: Path,
    name: str,
    when: int | None = None,
    files: Sequence[str] = ("config.yaml", "last.npz"),
) -> Path:
    run = root / name
    run.mkdir(parents=True)
    for file in files:
        (run / file).touch()
    if when is not None:
        os.utime(run / "last.npz", (when, when))
    return run


def error(function: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(RunError) as caught:
        function(*arguments)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


@contextmanager
def unprivileged(*folders: Path) -> Iterator[None]:
    """As a user who may not write in `folders`: root is let through everywhere."""
    for folder in folders:
        folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        for folder in folders:
            folder.chmod(0o755)


def test_new_runs_get_numbers(root: Path) -> None:
    assert new_run(root, "cats") == root / "cats"
    assert new_run(root, "cats") == root / "cats-2"
    (root / "cats-3").write_text("a file", encoding="utf-8")
    assert new_run(root, "cats") == root / "cats-4"


def test_new_runs_at_the_same_moment_get_different_folders(root: Path) -> None:
    made: list[Path] = []
    threads = [
        threading.Thread(target=lambda: made.extend(new_run(root, "cats") for _ in range(10)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == len(made) == 80


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("tiny shakespeare", "tiny-shakespeare"),
        ("../../etc/passwd", "etc-passwd"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("", "run"),
        ("..", "run"),
        ("a\x1b[31m\nb", "a-31m-b"),
        ("été", "été"),
        ("हिन्दी", "हिन्दी"),
        ("left\u202eright", "left-right"),
        ("\udcff", "run"),
        ("é" * 200, "é" * 100),
    ],
)
def test_stems_become_file_names(root: Path, stem: str, name: str) -> None:
    assert new_run(root, stem) == root / name


@given(st.text(st.characters(), max_size=300))
def test_any_stem_is_one_visible_printable_name(stem: str) -> None:
    name = _safe_name(stem)
    assert name.isprintable()
    assert len(name.encode()) <= 200
    assert "/" not in name
    assert name[0] not in ".-"


def test_claim_takes_a_folder_without_a_run(root: Path) -> None:
    run = claim(root / "deep" / "mine")
    assert run.is_dir()
    assert claim(run) == run
    (run / "notes.txt").touch()
    assert claim(run) == run


@pytest.mark.parametrize("file", ["best.npz", "last.npz", "step-00010.npz", "early-000010.npz"])
def test_claim_refuses_a_run(root: Path, file: str) -> None:
    run = make_run(root, "old", files=[file])
    assert "--resume" in error(claim, run)
    assert "--resume" in error(lambda: claim(run, force=True))
    assert names(run) == {file}


@pytest.mark.parametrize("file", ["config.yaml", "metrics.csv", ".lock"])
def test_claim_leaves_files_of_others_alone_unless_forced(root: Path, file: str) -> None:
    run = make_run(root, "results", files=["notes.txt", "weights.npz"])
    for content in ("", "7\n") if file != ".lock" else ():
        (run / file).write_text(content, encoding="ascii")
        with pytest.raises(OutputError):
            claim(run)
    (run / file).write_text("mine", encoding="ascii")
    with pytest.raises(OutputError, match=rf"{file}' exists; .* replace it with --force"):
        claim(run)
    assert (run / file).read_text(encoding="ascii") == "mine"
    assert claim(run, force=True) == run
    assert names(run) == {"notes.txt", "weights.npz"}


@pytest.mark.parametrize("content", ["", "7\n", "7 host pid:[1]\n"])
def test_claim_takes_a_folder_in_which_a_start_was_killed(root: Path, content: str) -> None:
    run = make_run(root, "cats", files=[])
    (run / ".lock").write_text(content, encoding="ascii")
    assert claim(run) == run
    assert names(run) == {".lock"}


def test_places_that_are_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "there is a file of that name" in error(claim, tmp_path / "file")
    assert "there is a file of that name" in error(new_run, tmp_path / "file", "x")
    assert "there is a file of that name" in error(new_run, tmp_path / "file" / "x", "x")
    assert "null" in error(claim, Path("a\0b"))


def test_folders_that_may_not_be_written_are_named(public: Path) -> None:
    with unprivileged(public):
        assert "Permission denied" in error(new_run, public, "x")
        assert "Permission denied" in error(claim, public / "x")
        assert "Permission denied" in error(RunLock(public).__enter__)


def test_the_newest_run_is_the_one_whose_last_checkpoint_is_newest(root: Path) -> None:
    make_run(root, "a", when=200)
    make_run(root, "b", when=100)
    make_run(root, "untrained", files=["config.yaml"])
    make_run(root, ".cache", when=900)
    (root / "file").touch()
    os.utime(root / "b", (999, 999))
    assert find_run(None, root) == root / "a"
    make_run(root, "c", when=200)
    assert find_run(None, root) == root / "c"


def test_no_runs_says_how_to_train(root: Path) -> None:
    for spec in (None, "cats"):
        assert "charlstm train corpus.txt" in error(find_run, spec, root)
    make_run(root, "untrained", files=["config.yaml"])
    assert "charlstm train corpus.txt" in error(find_run, None, root)


def test_a_run_is_found_by_path_and_by_name(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(root, "cats")
    assert find_run(run, root) == run
    assert find_run(str(run / "last.npz"), root) == run / "last.npz"
    assert find_run("cats", root) == run
    assert find_run("cats/last.npz", root) == run / "last.npz"
    monkeypatch.chdir(root.parent)
    assert find_run("cats") == Path("runs/cats")
    (root.parent / "cats").mkdir()  # a folder of that name here, but no run
    assert find_run("cats") == Path("runs/cats")
    monkeypatch.chdir(run)
    assert find_run(".") == Path()
    assert "is no run" in error(find_run, "")
    monkeypatch.chdir(root.parent)
    make_run(root.parent, "dogs")
    make_run(root, "dogs")
    assert find_run("dogs") == Path("dogs")


def test_a_run_is_preferred_to_a_file_or_folder_here_that_is_none(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root.parent)
    for name in ("c", "d"):
        make_run(root, name)
    Path("c").write_bytes(b"a text of the name of its run")
    make_run(Path(), "d", files=["config.yaml"])  # of another program
    assert find_run("c") == Path("runs/c")
    assert find_run("d") == Path("runs/d")
    archive.save(Path("c"), {}, {})
    assert find_run("c") == Path("c")
    Path("e").write_bytes(b"the only one of that name")
    assert find_run("e") == Path("e")


def test_unknown_runs_name_the_nearest(root: Path) -> None:
    make_run(root, "shakespeare")
    assert f"did you mean {str(root / 'shakespeare')!r}?" in error(find_run, "shakspeare", root)
    assert f"the runs are under {str(root)!r}" in error(find_run, "xyz", root)
    assert "holds no run" in error(find_run, str(root), root)
    for spec in ("", "a\nb", "\x1b[31m", "x\0y", "n" * 5000, "\udcff"):
        assert error(find_run, spec, root).isprintable()


def test_runs_of_others_are_passed_over(public: Path) -> None:
    make_run(public, "mine", when=100)
    theirs = make_run(public, "theirs", when=200)
    theirs.chmod(0)
    try:
        with unprivileged(public):
            assert find_run(None, public) == public / "mine"
            assert "mine" in error(find_run, "mien", public)
            assert "Permission denied" in error(find_run, "theirs", public)
    finally:
        theirs.chmod(0o755)


def test_the_preferred_checkpoint_is_opened_or_else_the_other(root: Path) -> None:
    run = make_run(root, "cats")
    assert checkpoint_path(run) == run / "last.npz"
    (run / "best.npz").touch()
    assert checkpoint_path(run) == run / "best.npz"
    assert checkpoint_path(run, "last") == run / "last.npz"
    (run / "last.npz").unlink()
    assert checkpoint_path(run, "last") == run / "best.npz"
    assert checkpoint_path(run / "best.npz", "last") == run / "best.npz"
    assert "no checkpoint" in error(checkpoint_path, make_run(root, "dogs", files=["config.yaml"]))


def test_prune_keeps_the_highest_numbers(root: Path) -> None:
    others = ["best.npz", "last.npz", "config.yaml", "early-000005.npz"]
    others += ["step-x.npz", "step-5.npz.old"]
    run = make_run(root, "cats", files=[*others, "step-9.npz", "step-0010.npz", "step-200.npz"])
    prune(run, 5)
    assert len(names(run)) == 9
    prune(run, 2)
    assert names(run) == {*others, "step-0010.npz", "step-200.npz"}
    prune(run, 0)
    assert names(run) == set(others)
    assert "No such file" in error(prune, root / "missing", 1)


def test_lock_refuses_the_second_and_frees(root: Path) -> None:
    run = make_run(root, "cats")
    (run / ".lock").write_text("1234567890123\n", encoding="ascii")
    with RunLock(run):
        message = error(RunLock(run).__enter__)
        assert f"process {os.getpid()} " in message
        assert "--out" in message
    with RunLock(run):
        pass
    assert not lock._locked_files


def test_lock_leaks_no_open_file(root: Path) -> None:
    run = make_run(root, "cats")
    before = len(names(Path("/dev/fd")))
    for _ in range(5):
        with RunLock(run):
            error(RunLock(run).__enter__)
    error(RunLock(root / "missing").__enter__)
    assert len(names(Path("/dev/fd"))) == before


@pytest.mark.parametrize(
    ("content", "holder"),
    [
        ("7\n", "process 7 is"),  # as older versions wrote it
        ("7 {host} {numbers}\n", "process 7 is"),
        ("7 {host} pid:[1]\n", "process 7 of another container on {host} is"),
        ("7 node-3.local pid:[1]\n", "process 7 on host node-3.local is"),
        ("7 node-3.local -\n", "process 7 on host node-3.local is"),
        ("", "another process is"),
        ("a line of somebody else's\n", "another process is"),
    ],
)
def test_the_holder_of_a_lock_is_named_with_its_host(root: Path, content: str, holder: str) -> None:
    """The number alone would be of another process here, or of none."""
    run = make_run(root, "cats")
    host, numbers = lock._place()
    words = {"host": host, "numbers": numbers}
    with RunLock(run):
        assert (run / ".lock").read_text(encoding="ascii") == f"{os.getpid()} {host} {numbers}\n"
        (run / ".lock").write_text(content.format(**words), encoding="ascii")
        assert error(RunLock(run).__enter__).startswith(f"{holder.format(**words)} training in")
    with RunLock(run):
        pass


def test_a_link_named_lock_is_not_followed(root: Path) -> None:
    run, victim = make_run(root, "cats"), root / "victim"
    victim.write_text("mine", encoding="ascii")
    (run / ".lock").symlink_to(victim)
    error(RunLock(run).__enter__)
    assert victim.read_text(encoding="ascii") == "mine"


HOLDER = """
import os, sys, time
from pathlib import Path
from charlstm.store.lock import RunLock
with RunLock(Path(sys.argv[1])):
    if sys.argv[2] == "fork" and os.fork() == 0:
        print("child", flush=True)
        time.sleep(60)
    elif sys.argv[2] == "alone":
        print("alone", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("kind", ["alone", "fork"])
def test_lock_of_a_killed_process_is_free_even_if_a_forked_child_lives(
    root: Path, kind: str
) -> None:
    run = make_run(root, "cats")
    command = [sys.executable, "-c", HOLDER, str(run), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, process_group=0) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline()
            assert f"process {holder.pid} " in error(RunLock(run).__enter__)
            holder.kill()
            holder.wait()
            with RunLock(run):
                pass
        finally:
            os.killpg(holder.pid, signal.SIGKILL) if kind == "fork" else holder.kill()
