"""Standard output that cannot be written, or that nobody reads, for every kind of command."""

from pathlib import Path

import pytest
from command_line import TINY, start

RUN = "RUN"  # stands for the folder of a run
COMMANDS = [
    ("--help",),
    ("--version",),
    ("train", "--help"),
    ("train", "TEXT", *TINY, "--max-steps=1", "--json"),
    ("plot", RUN),
    ("plot", RUN, "--json"),
    ("eval", "TEXT", "--run", RUN),
    ("eval", "TEXT", "--run", RUN, "--json"),
    ("surprisal", "TEXT", "--run", RUN),
    ("surprisal", "TEXT", "--run", RUN, "--json"),
    ("cloze", "--run", RUN, "--prime=The ", "cat", "dog"),
    ("describe",),
    ("inspect", "gates", "TEXT", "--run", RUN, "--json"),
    ("inspect", "text", "TEXT", "--run", RUN),
    ("sample", "--run", RUN, "--length=9"),
]  # fmt: skip


def typed(command: tuple[str, ...], run: Path, folder: Path) -> list[object]:
    stand_ins = {RUN: run, "TEXT": run.parents[1] / "text.txt"}
    words: list[object] = [stand_ins.get(word, word) for word in command]
    return [*words, "--out", folder / "new"] if "--max-steps=1" in command else words


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_disk_is_told_once(tiny_run: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        process = start(*typed(command, tiny_run, tmp_path), stdout=full)
        lines = process.communicate()[1].decode().splitlines()
    assert process.returncode == 1
    assert lines[-1].startswith("Error: cannot write the output: No space left on device; free")
    assert not [line for line in lines[:-1] if "Error" in line or "Exception" in line]
    assert "train" not in command or "--help" in command or (tmp_path / "new" / "last.npz").exists()


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_reader_that_has_left_ends_a_command_quietly(
    tiny_run: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    process = start(*typed(command, tiny_run, tmp_path))
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    with process.stderr as stream:
        errors = stream.read().decode()
    assert process.wait() == 0
    assert "Error" not in errors and "Exception" not in errors
