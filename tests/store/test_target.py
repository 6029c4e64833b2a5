"""What exists is replaced only if it is ours, or if the user says so; an input never is."""

import os
from pathlib import Path

import pytest

from charlstm.errors import OutputError
from charlstm.store.target import check_target, is_ours, target_file

MINE = b"a chapter of my novel"
EXISTS = "exists; choose another place, or replace it with --force"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "novel.txt"
    path.write_bytes(MINE)
    return path


def write(path: Path, *, force: bool = False) -> None:
    with target_file(path, force=force) as file:
        file.write(b"new")


def test_what_exists_is_replaced_only_if_forced(path: Path) -> None:
    with pytest.raises(OutputError, match=EXISTS):
        write(path)
    assert path.read_bytes() == MINE
    write(path, force=True)
    assert path.read_bytes() == b"new"
    write(path.with_name("another"))
    assert {file.name for file in path.parent.iterdir()} == {"another", "novel.txt"}


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_is_not_replaced(
    path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError

    if not links:  # as on exFAT
        monkeypatch.setattr(Path, "hardlink_to", no_links)
    path.unlink()
    with pytest.raises(OutputError, match="File exists"), target_file(path) as file:
        file.write(b"new")
        path.write_bytes(MINE)
    assert path.read_bytes() == MINE
    path.unlink()
    write(path)
    assert path.read_bytes() == b"new"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_an_input_is_not_replaced_even_if_forced(path: Path) -> None:
    link, hard = path.with_name("link"), path.with_name("hard")
    link.symlink_to(path)
    hard.hardlink_to(path)
    for source in (path, link, hard, path.parent / "." / path.name):
        with pytest.raises(OutputError, match="is an input of this command"):
            check_target(path, force=True, inputs=["-", "no file", "a\0b", source])
    check_target(path, force=True, inputs=[path.parent])


def test_a_link_is_replaced_and_not_what_it_points_to(path: Path) -> None:
    link, dangling = path.with_name("link"), path.with_name("dangling")
    link.symlink_to(path)
    dangling.symlink_to("nowhere")
    for name in (link, dangling):
        with pytest.raises(OutputError, match=EXISTS):
            write(name)
        write(name, force=True)
        assert name.read_bytes() == b"new" and not name.is_symlink()
    assert path.read_bytes() == MINE


def test_what_is_no_regular_file_is_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, reason in [("pipe", "no regular file"), (".", "a folder"), ("/dev/null", "no reg")]:
        with pytest.raises(OutputError, match=reason):
            check_target(tmp_path / name, force=True)


def test_ours_is_what_says_so_and_may_be_written(tmp_path: Path) -> None:
    marked = {
        "a.png": b"\x89PNG\r\n....tEXtSoftware\0charlstm....",
        "a.HTML": b'<meta name="generator" content="charlstm">',
        "a.onnx": b"\x08\x07\x12\x08charlstm",
        "a.safetensors": b'\x4f\0\0\0\0\0\0\0{"__metadata__": '
        b'{"vocabulary": "1", "settings": "2", "version": "3", "": ""}}    ',
    }
    for name, content in marked.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert is_ours(path), name
        path.chmod(0o444)
        assert not is_ours(path)
        path.chmod(0o644)
        for other in (b"", content[:-20], content.replace(b"c", b"C"), b"\xff" * 99):
            path.write_bytes(other)
            assert not is_ours(path), (name, other)
    (tmp_path / "a.csv").write_bytes(b"charlstm")
    assert not is_ours(tmp_path / "a.csv")
    assert not is_ours(tmp_path / "missing.png")
