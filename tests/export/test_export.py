"""`charlstm export`: mistakes in one line, and a file that is replaced whole or not at all."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from command_line import Runner

from charlstm.export import FORMATS
from charlstm.hints import install


@pytest.fixture
def format_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A format that needs no package: .txt, whose files say hello."""
    module = ModuleType("charlstm.export.hello")
    module.encode = lambda _model, _about: b"hello"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "charlstm.export.hello", module)
    monkeypatch.setitem(FORMATS, ".txt", "hello")


@pytest.mark.parametrize("name", ["model", "model.foo", "best.npz", ".onnx", "onnx"])
def test_unknown_suffix(charlstm: Runner, here: Path, tiny_run: Path, name: str) -> None:
    message = charlstm.fails("export", here / name, "--run", tiny_run, status=2)
    assert message.endswith("does not end in .onnx or .safetensors or .html.")


@pytest.mark.parametrize("package", ["onnx", "safetensors"])
def test_missing_package(
    charlstm: Runner, here: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.delitem(sys.modules, f"charlstm.export.{package}", raising=False)
    for name in (package, f"{package}.numpy"):
        monkeypatch.setitem(sys.modules, name, None)
    message = charlstm.fails("export", f"model.{package}")  # told before a run is looked for
    assert message == (
        f".{package} files need a package that is not here; install it with: {install(package)}"
    )
    assert not (here / f"model.{package}").exists()


@pytest.mark.usefixtures("format_of_ours")
def test_result(charlstm: Runner, here: Path, tiny_run: Path) -> None:
    (here / "model.txt").write_text("of before", encoding="utf-8")
    outcome = charlstm.ok("export", "model.txt", "--run", tiny_run, "--force")
    assert (here / "model.txt").read_bytes() == b"hello"
    assert outcome.stdout.startswith("wrote model.txt: ")
    assert outcome.stdout.endswith(" parameters, 5 bytes\n")
    assert sorted(path.name for path in here.iterdir()) == ["model.txt", "text.txt"]
    found = charlstm.ok("export", "model.txt", "-r", tiny_run, "--json", "--force").json
    assert set(found) == {"file", "format", "parameters", "bytes", "run"}


@pytest.mark.usefixtures("format_of_ours")
def test_places_that_cannot_be_written(charlstm: Runner, here: Path, tiny_run: Path) -> None:
    (here / "folder.txt").mkdir()
    for name in ("folder.txt", "no/such/model.txt", "text.txt/model.txt"):
        message = charlstm.fails("export", name, "--run", tiny_run, status=2)
        assert f"'{name}'" in message and "folder" in message


def test_run_that_is_not_there(charlstm: Runner, here: Path) -> None:
    pytest.importorskip("onnx")
    del here
    assert charlstm.fails("export", "model.onnx", "--run=nowhere")
    assert charlstm.fails("export", "model.onnx")
