"""What is read does not depend on where blocks end; what cannot be read is named in one line."""

import bz2
import codecs
import gzip
import io
import lzma
import os
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from charlstm.errors import CorpusError
from charlstm.text import decoding, kinds, sources
from charlstm.text.decoding import check_encoding, read_text
from charlstm.text.kinds import GZIP, wide_encoding
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
    assume(not data.startswith(GZIP) and not kinds._kinds(data))
    start = first_bad_byte(data)
    with files_holding(data) as files, blocks_of(size):
        if start is None:
            assert joined(read(files)) == expected([data.decode()])
            return
        with pytest.raises(CorpusError) as caught:
            read(files)
    where = f"(byte 0x{data[start]:02x} at offset {start})"
    assert str(caught.value).startswith(f"file0 is not utf-8 text {where}; ")


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
    names = ["b.txt", "sub/deep/c.TXT", "a.txt", "sub/d.txt", "z/e.Txt.GZ", ".hid", "._a.txt"]
    for name in [*names, "ignored.md", "README", ".git/f.txt", "runs/.cache/g.txt"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        content = gzip.compress(name.encode()) if name.endswith("GZ") else name.encode()
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.txt").mkdir()
    notes: list[str] = []
    pieces = list(read_text([tmp_path, str(tmp_path / "ignored.md")], on_note=notes.append))
    assert joined(pieces) == "a.txt\nb.txt\nsub/d.txt\nsub/deep/c.TXT\nz/e.Txt.GZ\nignored.md"
    assert joined_bytes(read_text(tmp_path, tokens="byte")).endswith(b"sub/deep/c.TXTz/e.Txt.GZ")
    left_out = f"left out of {tmp_path}: 2 files (README, ignored.md); a folder stands for its .txt"
    assert notes == [f"{left_out} and .txt.gz"]


def test_linked_files_and_folders_are_read_once_each(tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    (folder / "m").mkdir(parents=True)
    (outside / "deep").mkdir(parents=True)
    (folder / "m" / "real.txt").write_text("real")
    (outside / "deep" / "far.txt").write_text("far")
    (folder / "a").symlink_to(folder / "m")  # its text has its real name, as without the link
    (folder / "m" / "up").symlink_to(folder)
    (folder / "b").symlink_to(outside)
    (outside / "back").symlink_to(folder / "b")
    (folder / "c.txt").symlink_to(outside / "deep" / "far.txt")
    (folder / "n.txt").hardlink_to(folder / "m" / "real.txt")
    assert [file.path for file in find_files(folder)] == [f"{folder}/c.txt", f"{folder}/n.txt"]
    (folder / "c.txt").unlink()
    (folder / "n.txt").unlink()
    files = [f"{folder}/b/deep/far.txt", f"{folder}/m/real.txt"]
    assert [file.path for file in find_files(folder)] == files
    assert [file.path for file in find_files([folder / "b", folder / "b"])] == files[:1] * 2


def test_a_folder_without_a_txt_says_what_it_holds(tmp_path: Path) -> None:
    folder = tmp_path / "my texts"
    folder.mkdir()
    check(f"folder {folder} holds no .txt file; name a file or another folder", folder)
    (folder / "._a.txt").touch()
    (folder / ".hidden.txt").touch()
    check(f"folder {folder} holds no .txt file; name a file or another folder", folder)
    for name in ("art", "wisdom", "food"):
        (folder / name).touch()
    there = "it holds 3 files (art, food, wisdom); name the texts among them, such as"
    check(f"folder {folder}/ holds no .txt file; {there} '{folder}'/*", f"{folder}/")
    os.mkfifo(folder / "z.txt")
    check(f"folder {folder} holds no .txt file; it holds 4 files (art, food, wisdom, …)", folder)


def test_gzip_of_several_members_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"one\r") + gzip.compress(b"\ntwo"))
    assert joined(read_text(tmp_path / "a.gz")) == "one\ntwo"


@pytest.mark.parametrize("size", [2, 7, 1 << 18])
def test_gzip_is_known_by_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """But raw bytes are unzipped by the name alone, as they always were."""
    data = gzip.compress(b"one text\r\n", mtime=0)
    for name in ("a.GZ", "a.txt", "a"):
        (tmp_path / name).write_bytes(data)
        with blocks_of(size):
            assert joined(read_text(tmp_path / name)) == "one text\n"
            raw = joined_bytes(read_text(tmp_path / name, tokens="byte"))
        assert raw == (b"one text\r\n" if name == "a.GZ" else data)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert joined(read_text("-")) == "one text\n"


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
    check("standard input can be read only once", ["-", "-"])
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


def zipped(*names: str) -> bytes:
    """A zip archive of empty members."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return data.getvalue()


def tarred() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return data.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped("a.txt"), "a zip archive, not text; unpack it and name the texts in it"),
        (zipped(), "a zip archive, not text"),
        (zipped("[Content_Types].xml", "word/x"), "an office document, not text; save what it"),
        (zipped("mimetype"), "an office document or an e-book, not text; save what it holds"),
        (zipped("header.npy"), "a checkpoint, not text; name a text; --init-from goes on from"),
        (tarred(), "a tar archive, not text; unpack it and name the texts"),
        (gzip.compress(tarred()), "a tar archive, not text"),
        (gzip.compress(gzip.compress(b"text")), "gzip data within gzip data, not text; unpack it"),
        (bz2.compress(b"text"), "bzip2 data, not text; unpack it first, with bunzip2"),
        (lzma.compress(b"text"), "xz data, not text; unpack it first, with unxz"),
        (b"\x28\xb5\x2f\xfd\x04X!\0\0", "zstd data, not text; unpack it first, with unzstd"),
        (b"\0\5\x16\7\0\2\0\0Mac OS X", "macOS's note on another file, not text; name that file"),
        (b"%PDF-1.4\n%\xe2\xe3", "a PDF, not text; take its text out first, with pdftotext"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a picture, not text; name a text"),
        (b"\xff\xd8\xff\xe0", "a picture, not text"),
        (b"\x93NUMPY\x01\0v\0{'descr'", "a NumPy array, not text"),
    ],
)
def test_a_file_that_is_no_text_is_called_what_it_is(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    check(f"{path} is {message}", path)
    assert joined_bytes(read_text(path, tokens="byte")) == content


def test_letters_that_only_begin_like_another_kind_are_text(tmp_path: Path) -> None:
    for text in ("BZh is no word", "PK", "%PDF", "7z", "Rar!", "GIF", "ustar"):
        (tmp_path / "a.txt").write_text(text)
        assert joined(read_text(tmp_path)) == text


SCRIPTS = ("The cat sat on the mat.\r\n", "Кошка сидит тут.\n", "Η γάτα είναι εδώ\n", "חתול על\n")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_utf_16_without_a_mark_is_recognised(tmp_path: Path, encoding: str) -> None:
    for text in SCRIPTS:
        data = (text * 3).encode(encoding)
        assert wide_encoding(data) == encoding, text
        assert wide_encoding((text * 3).encode()) is None
        (tmp_path / "a.txt").write_bytes("\ufeff".encode(encoding) + data)
        where = f"{tmp_path}/a.txt is not utf-8 text (byte 0x"
        with pytest.raises(CorpusError) as caught:
            list(read_text(tmp_path))
        name = encoding[:6]
        assert str(caught.value).startswith(where) or encoding == "utf-32-be"
        assert str(caught.value).endswith(f"it seems to be {name}: pass --encoding {name}")
        assert joined(read_text(tmp_path, encoding=name)) == (text * 3).replace("\r\n", "\n")
    for data in (bytes(100), bytes(range(16)) * 4, b"a\n" * 40, b"a\0" * 4, b"some \0 text" * 9):
        assert wide_encoding(data) is None
