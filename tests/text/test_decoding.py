"""What is read does not depend on where blocks end; what cannot be read is named in one line."""

import codecs
import gzip
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charlstm.errors import CorpusError
from charlstm.text import decoding, sources
from charlstm.text.decoding import check_encoding, read_text
from charlstm.text.sources import find_files

# Few characters, so that "\r\n", BOMs and characters of 1 to 4 bytes meet every kind of border.
tricky = st.text(st.sampled_from("\r\n\ufeffaé€😀"))


@contextmanager
def blocks_of(size: int) -> Iterator[None]:
    with mock.patch.object(sources, "BLOCK", size):
        yield


@contextmanager
def files_holding(*contents: bytes) -> Iterator[list[sources.File]]:
    """Files that exist only as bytes: hypothesis needs many."""
    data = {f"file{i}": content for i, content in enumerate(contents)}
    with mock.patch.object(sources, "_opened", lambda file: io.BytesIO(data[file.path])):
        yield [sources.File(name, name, len(content)) for name, content in data.items()]


def read(files: list[sources.File], encoding: str = "utf-8") -> list[str | bytes]:
    return list(decoding.read_files(files, tokens="char", encoding=encoding))


def joined(pieces: Iterable[str | bytes]) -> str:
    return "".join(cast("Iterable[str]", pieces))


def joined_bytes(pieces: Iterable[str | bytes]) -> bytes:
    return b"".join(cast("Iterable[bytes]", pieces))


def expected(texts: list[str]) -> str:
    """The rules of `read_text`, applied to whole texts."""
    joined = ""
    for text in texts:
        clean = text.removeprefix("\ufeff").replace("\r\n", "\n")
        if clean and joined and not joined.endswith("\n"):
            joined += "\n"
        joined += clean
    return joined


@given(
    st.lists(tricky, min_size=1, max_size=3),
    st.integers(1, 6),
    st.sampled_from(["utf-8", "utf-16-le", "utf-32-be", "utf-7"]),
)
@example(["\ufeff\ufeffa"], 100, "utf-8")  # the second one is text
def test_blocks_never_matter(texts: list[str], size: int, encoding: str) -> None:
    with files_holding(*[text.encode(encoding) for text in texts]) as files, blocks_of(size):
        pieces = read(files, encoding=encoding)
    assert joined(pieces) == expected(texts)
    assert "" not in pieces


@given(st.lists(st.binary(), min_size=1, max_size=3), st.integers(1, 6))
def test_bytes_stay_as_they_are(contents: list[bytes], size: int) -> None:
    with files_holding(*contents) as files, blocks_of(size):
        pieces = decoding.read_files(files, tokens="byte", encoding="none")
        assert joined_bytes(pieces) == b"".join(contents)


def first_bad_byte(data: bytes) -> int | None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


@given(
    st.binary() | st.tuples(tricky, st.binary()).map(lambda t: t[0].encode() + t[1]),
    st.integers(1, 6),
)
def test_the_offset_named_is_where_python_finds_the_first_bad_byte(data: bytes, size: int) -> None:
    start = first_bad_byte(data)
    with files_holding(data) as files, blocks_of(size):
        if start is None:
            assert joined(read(files)) == expected([data.decode()])
            return
        with pytest.raises(CorpusError) as caught:
            read(files)
    assert str(caught.value) == (
        f"file0 is not utf-8 text (byte 0x{data[start]:02x} at offset {start}); name its "
        "encoding with --encoding, or read raw bytes with --tokens byte"
    )


@pytest.mark.parametrize("size", [1, 2, 3, 1 << 18])
@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-8-sig", "utf-16", "utf-32", "gb18030"])
def test_a_byte_order_mark_is_dropped(tmp_path: Path, size: int, encoding: str) -> None:
    text = "\ufeff" if check_encoding(encoding) in {"utf-8", "gb18030"} else ""
    (tmp_path / "a.txt").write_bytes((text + "naïve 中\r\n\rb").encode(encoding))
    with blocks_of(size):
        assert joined(read_text(tmp_path, encoding=encoding)) == "naïve 中\n\rb"


def test_latin_1_reads_every_byte(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(bytes(range(256)))
    text = joined(read_text(tmp_path / "a.txt", encoding="latin-1"))
    assert text == bytes(range(256)).decode("latin-1")


def test_a_folder_gives_its_texts_sorted_by_path(tmp_path: Path) -> None:
    for name in ["b.txt", "sub/deep/c.txt", "a.txt", "sub/d.txt", "ignored.md", "ignored.txt.gz"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "last.md").write_bytes(b"last.md")
    pieces = read_text([tmp_path, str(tmp_path / "last.md")])
    assert joined(pieces) == "a.txt\nb.txt\nsub/d.txt\nsub/deep/c.txt\nlast.md"
    assert joined_bytes(read_text(tmp_path, tokens="byte")) == b"a.txtb.txtsub/d.txtsub/deep/c.txt"


def test_gzip_of_several_members_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"one\r") + gzip.compress(b"\ntwo"))
    assert joined(read_text(tmp_path / "a.gz")) == "one\ntwo"


def test_standard_input_and_a_pipe_are_read_like_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"in\r\nput")))
    reader, writer = os.pipe()
    os.write(writer, b"pipe")
    os.close(writer)
    (tmp_path / "a.txt").write_bytes(b"file")
    names: list[str | Path] = ["-", f"/dev/fd/{reader}", tmp_path]
    assert [file.size for file in find_files(names)] == [None, None, 4]
    assert joined(read_text(names)) == "in\nput\npipe\nfile"
    os.close(reader)


def check(message: str, source: sources.Sources, **options: Any) -> None:
    """Reading fails with one line that begins so."""
    with pytest.raises(CorpusError) as caught:
        list(read_text(source, **options))
    assert str(caught.value).startswith(message), str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_missing_or_unreadable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check("no text given;", [])
    check(f"cannot read {tmp_path}/none.txt: No such file", tmp_path / "none.txt")
    check("cannot read a\0b: embedded null", "a\0b")
    check("standard input (-) can be read only once", ["-", "-"])
    monkeypatch.setattr(sys, "stdin", None)
    check("cannot read standard input: it is closed", "-")
    (tmp_path / "empty").mkdir()
    check(f"folder {tmp_path}/empty holds no .txt file;", tmp_path / "empty")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    check(f"cannot read {tmp_path}/loop.txt: Too many levels", tmp_path)


def test_a_folder_that_may_not_be_listed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").touch()
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> Any:  # chmod would not keep root out
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    check(f"cannot read {tmp_path}/closed: Permission denied", tmp_path)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux")
def test_a_read_that_fails_is_named() -> None:
    check("cannot read /proc/self/mem: Input/output error", "/proc/self/mem")


def test_damaged_gzip_is_named(tmp_path: Path) -> None:
    path, whole = tmp_path / "a.gz", gzip.compress(b"some text" * 1000)
    for damaged in [whole[:-9], b"no gzip", whole[:20] + b"\xff" * 20 + whole[40:]]:
        path.write_bytes(damaged)
        check(f"cannot read {path}: damaged gzip: ", path)


@pytest.mark.parametrize("name", ["utf-9", "hex", "", "utf\0", "rot13", "é", "\udce9"])
def test_an_unknown_encoding_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_bytes(b"text")
    check(f"unknown encoding {name!r}; ", tmp_path, encoding=name)


def test_encodings_that_fail_without_an_offset_or_let_half_characters_through_are_named(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"text \\ud800")
    check(f"{path} is not undefined text; ", path, encoding="undefined")
    check(f"{path} holds half characters", path, encoding="unicode_escape")
    path.write_bytes("\ud800".encode("utf-8", "surrogatepass"))
    check(f"{path} is not utf-8 text (byte 0xed at offset 0)", path)
    path.write_bytes(codecs.BOM_UTF16_LE + b"a\0b")
    check(f"{path} is not utf-16 text (byte 0x62 at offset 4)", path, encoding="utf-16")
