"""What docs/reliability.md promises: old checkpoints load, and the tests that pages name exist."""

import ast
import math
import re
import shutil
from pathlib import Path

import pytest
from command_line import Runner
from repository import GOLDEN, ROOT, TESTS

from charlstm import load
from charlstm.checkpoint import load as load_checkpoint
from charlstm.errors import CheckpointError
from charlstm.store import archive

PAGES = ("reliability", "mutants")
RUN = GOLDEN / "run-format1.npz"  # 20 updates by the first version; never make it anew
TEXT = RUN.with_suffix(".txt")


def test_a_run_of_the_first_version_is_still_read() -> None:
    model = load(RUN)
    assert model.vocabulary.characters == "\n .Tacdeghiorstw"
    assert (model.config.cell, model.config.hidden_size, model.config.batch_size) == ("lstm", 4, 4)
    score = model.evaluate(TEXT.read_text(encoding="utf-8"))
    assert (score.characters, score.unknown) == (720, 0)
    assert math.isclose(score.nats_per_char, 2.508481, abs_tol=1e-4)
    assert len("".join(model.sample("The ", length=30, seed=1))) == 30


def test_a_run_of_the_first_version_still_goes_on(
    charlstm: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(RUN, tmp_path / "last.npz")
    shutil.copy(TEXT, tmp_path / "text.txt")
    flags = ("--max-steps=400", "--workers=1", "--json")
    result = charlstm.ok("train", "text.txt", "--resume", tmp_path / "last.npz", *flags).json
    assert result["steps"] == 400
    assert result["last_val_nats"] < 2.4
    assert load_checkpoint(tmp_path / "last.npz").progress.update == 400


def test_a_later_format_asks_to_upgrade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = archive.load(RUN)
    with monkeypatch.context() as patch:
        patch.setattr("charlstm.store.archive.FORMAT", 2)
        archive.save(tmp_path / "last.npz", found.header, found.arrays)
    with pytest.raises(CheckpointError, match=r"it has format 2, .* upgrade charlstm"):
        load(tmp_path / "last.npz")


def names_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_a_page_names_exists(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+)(?:::(test_\w+))?`", text)
    assert len(named) > 30
    for file, test in named:
        path = next(TESTS.rglob(f"{file}.py"), None)
        assert path, file
        assert not test or test in names_in(path), f"{file}::{test}"
