"""A checkpoint comes back exactly, is a plain .npz, and one line says what is wrong with it."""

import errno
import json
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from repository import GOLDEN

from charlstm.errors import CheckpointError
from charlstm.store import archive
from charlstm.store.archive import FORMAT, Archive, load, save
from charlstm.store.npz import DTYPES

pytestmark = pytest.mark.slow

SAVED = GOLDEN / "checkpoint-format1.npz"
HEADER = {
    "config": {"cell": "lstm", "lr": 2e-3, "dropout": 0.0, "val": None, "shards": 2},
    "vocabulary": "\n abcé猫\U0001f408\ud800",
    "step": 7,
    "best_loss": float("inf"),
}
ARRAYS: dict[str, NDArray[Any]] = {
    "weights/layers.0.W": np.arange(-6, 6, dtype=np.float32).reshape(4, 3) / 7,
    "weights/b": np.array([[0.1], [-0.0]], np.float64),
    "adam/m": np.array([np.nan, np.inf, -np.inf], np.float32),
    "adam/step": np.array(7, np.int64),
    "state/empty": np.zeros((0, 3), np.float32),
    "seen": np.array([True, False]),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "last.npz"


def assert_equal(got: Archive, header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    assert repr(got.header) == repr(header)
    assert list(got.arrays) == list(arrays)
    for name, array in arrays.items():
        assert got.arrays[name].dtype == array.dtype
        assert got.arrays[name].shape == array.shape
        assert got.arrays[name].tobytes() == array.tobytes()
        assert got.arrays[name].flags.writeable and got.arrays[name].flags.c_contiguous


def error(function: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(CheckpointError) as caught:
        function(*arguments)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.isprintable()
    return message


def test_an_archive_comes_back_exactly(path: Path) -> None:
    save(path, HEADER, ARRAYS)
    assert_equal(load(path), HEADER, ARRAYS)


@settings(max_examples=100)
@given(
    header=st.dictionaries(
        st.text(st.characters(), max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
        max_size=4,
    ),
    arrays=st.dictionaries(
        st.from_regex(r"[a-z_][a-z0-9_-]{0,9}(/[a-z][0-9.]{0,3})?", fullmatch=True).filter(
            lambda name: name != "header"
        ),
        st.sampled_from(sorted(DTYPES)).flatmap(
            lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0))
        ),
        max_size=4,
    ),
)
def test_anything_comes_back_and_numpy_reads_it(
    tmp_path_factory: pytest.TempPathFactory,
    header: dict[str, Any],
    arrays: dict[str, NDArray[Any]],
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.npz"
    save(path, header, arrays)
    assert_equal(load(path), header, arrays)
    with np.load(path, allow_pickle=False) as file:
        assert set(file.files) == {"header", *arrays}
        for name, array in arrays.items():
            assert file[name].dtype == array.dtype
            assert file[name].shape == array.shape
            assert file[name].tobytes() == array.tobytes()


def test_an_archive_is_a_sound_zip_whose_header_says_what_is_in_it(path: Path) -> None:
    save(path, HEADER, ARRAYS)
    with zipfile.ZipFile(path) as zipped:
        assert zipped.testzip() is None
        assert {info.compress_type for info in zipped.infolist()} == {zipfile.ZIP_STORED}
        assert zipped.namelist() == ["header.npy", *(f"{name}.npy" for name in ARRAYS)]
    with np.load(path, allow_pickle=False) as file:
        document = json.loads(file["header"].tobytes())
    assert document["format"] == FORMAT
    assert document["header"]["vocabulary"] == HEADER["vocabulary"]
    declared = [(entry["name"], entry["dtype"], entry["shape"]) for entry in document["arrays"]]
    assert declared == [(n, a.dtype.str, list(a.shape)) for n, a in ARRAYS.items()]


def test_the_first_version_is_still_read_and_written() -> None:
    """Made once, by saving HEADER and ARRAYS; never make it anew: add another for a new format."""
    assert_equal(load(SAVED), HEADER, ARRAYS)


def test_the_same_content_gives_the_same_bytes(path: Path) -> None:
    save(path, HEADER, ARRAYS)
    assert path.read_bytes() == SAVED.read_bytes()


def test_arrays_in_any_layout_are_saved_in_c_order(path: Path) -> None:
    base = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    arrays = {"t": base.T, "step": base[:, ::2], "back": base[::-1], "f": np.asfortranarray(base)}
    save(path, {}, arrays)
    for name, array in load(path).arrays.items():
        np.testing.assert_array_equal(array, arrays[name])


def test_some_arrays_alone_are_read_and_verified(path: Path) -> None:
    save(path, HEADER, ARRAYS)
    some = {name: array for name, array in ARRAYS.items() if name.startswith("weights/")}
    assert_equal(load(path, lambda name: name.startswith("weights/")), HEADER, some)
    assert_equal(load(path, lambda _: False), HEADER, {})
    content = bytearray(path.read_bytes())
    content[content.index(ARRAYS["adam/m"].tobytes())] ^= 1
    path.write_bytes(content)
    assert_equal(load(path, lambda name: name.startswith("weights/")), HEADER, some)
    assert "'adam/m' is not what was saved" in error(load, path)
    content[content.index(ARRAYS["weights/b"].tobytes())] ^= 1
    path.write_bytes(content)
    assert "'weights/b'" in error(load, path, lambda name: name.startswith("weights/"))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_neither_saved_nor_loaded(
    path: Path, monkeypatch: pytest.MonkeyPatch, bad: float
) -> None:
    save(path, HEADER, ARRAYS)
    weights = {"weights/W": np.array([[1.0, bad]], np.float32)}
    assert "'weights/W' has values that are not finite" in error(save, path, HEADER, weights)
    assert_equal(load(path), HEADER, ARRAYS)
    with monkeypatch.context() as patch:
        patch.setattr("charlstm.store.archive._check_finite", lambda *_: None)
        save(path, HEADER, weights)
    assert "'weights/W' has values that are not finite" in error(load, path)


@pytest.mark.parametrize(
    ("header", "arrays"),
    [
        ({"x": object()}, {}),
        ({"x": np.float32(1)}, {}),
        ({"x": 10**5000}, {}),
        ({"x": "v" * 2**21}, {}),
        ({"x": list(range(2**17))}, {}),
        ({}, {"header": np.zeros(1)}),
        ({}, {"../up": np.zeros(1)}),
        ({}, {"/top": np.zeros(1)}),
        ({}, {"a//b": np.zeros(1)}),
        ({}, {"": np.zeros(1)}),
        ({}, {"a\nb": np.zeros(1)}),
        ({}, {"é": np.zeros(1)}),
        ({}, {"a.npy": np.zeros(1)}),
        ({}, {"a" * 201: np.zeros(1)}),
        ({}, {"weights/a": np.array([None])}),
        ({}, {"a": np.array(["text"])}),
        ({}, {"a": np.zeros(1, np.float16)}),
        ({}, {"a": np.zeros(1, np.complex64)}),
        ({}, {"a": np.zeros(1, ">f4")}),
        ({}, {"a": np.zeros(1, "M8[s]")}),
        ({}, {"a": np.zeros(1, [("x", "f4")])}),
        ({}, {"a": np.broadcast_to(np.uint8(0), 2**33)}),
        ({}, {"a": np.zeros((0, 2**40))}),
    ],
)
def test_what_could_not_be_read_is_not_written(
    path: Path, header: dict[str, Any], arrays: dict[str, NDArray[Any]]
) -> None:
    save(path, HEADER, ARRAYS)
    assert "cannot save" in error(save, path, header, arrays)
    assert_equal(load(path), HEADER, ARRAYS)


def test_a_header_nested_beyond_all_depth_is_not_written(path: Path) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert "cannot save" in error(save, path, {"x": deep}, {})


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_failed_save_leaves_the_old_checkpoint(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    save(path, HEADER, ARRAYS)
    target = {"write": "pathlib.Path.open", "fsync": "os.fsync", "replace": "pathlib.Path.replace"}
    with monkeypatch.context() as patch:
        patch.setattr(target[step], fail)
        message = error(save, path, {}, {})
    assert str(path) in message
    assert message.endswith("No space left on device; the 'last.npz' of before is intact")
    assert_equal(load(path), HEADER, ARRAYS)
    assert [file.name for file in path.parent.iterdir()] == ["last.npz"]


def test_files_that_are_no_checkpoints_are_refused(tmp_path: Path) -> None:
    assert "No such file" in error(load, tmp_path / "missing")
    assert "No such file" in error(load, tmp_path / "missing" / "new\nline")
    assert "it is not a file" in error(load, tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "it is not a file" in error(load, tmp_path / "pipe")
    assert "it is not a file" in error(load, Path("/dev/zero"))
    assert "null" in error(load, Path("a\0b"))
    for content in (
        b"",
        b"PK\x03\x04",
        b"some text\n" * 500,
        b"\x93NUMPY",
        b"PK\x05\x06" + bytes(18),
    ):
        (tmp_path / "x").write_bytes(content)
        assert "it is not a charlstm checkpoint" in error(load, tmp_path / "x")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    assert "it is not a charlstm checkpoint" in error(load, tmp_path / "other.npz")


def test_too_little_memory_is_one_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def empty(*_: object) -> None:
        raise MemoryError

    save(path, HEADER, ARRAYS)
    monkeypatch.setattr(np, "empty", empty)
    assert "there is not enough memory" in error(load, path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_checkpoint_that_may_not_be_read_is_one_line(path: Path) -> None:
    save(path, HEADER, ARRAYS)
    os.seteuid(65534)
    try:
        assert "Permission denied" in error(load, path)
    finally:
        os.seteuid(0)


def test_a_newer_format_asks_to_upgrade(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(archive, "FORMAT", 2)
        save(path, HEADER, ARRAYS)
        assert_equal(load(path), HEADER, ARRAYS)
    assert "format 2, and this charlstm reads up to format 1: upgrade charlstm" in error(load, path)


def test_a_newer_format_packed_by_numpy_asks_to_upgrade(path: Path) -> None:
    text = json.dumps({"format": 10**4000}).encode()
    np.savez(path, header=np.frombuffer(text, np.uint8), a=np.zeros(3))
    assert "upgrade charlstm" in error(load, path)


def peak(function: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_saving_and_loading_need_little_memory(path: Path) -> None:
    arrays = {f"{kind}/W": np.ones((1000, 1000), np.float32) for kind in ("weights", "adam")}
    assert peak(lambda: save(path, HEADER, arrays)) < 1.5e6
    size = path.stat().st_size
    assert size > 8e6
    assert peak(lambda: load(path)) < 1.25 * size
    assert peak(lambda: load(path, lambda name: name.startswith("weights/"))) < 0.75 * size


def test_a_file_cut_while_it_is_read_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(path, HEADER, {"weights/W": np.ones((300, 300), np.float32)})
    real = archive._decode

    def cut(text: bytes) -> Any:
        os.truncate(path, 200_000)
        return real(text)

    size = path.stat().st_size
    monkeypatch.setattr(archive, "_decode", cut)
    assert "damaged" in error(load, path)
    assert size > 300_000
