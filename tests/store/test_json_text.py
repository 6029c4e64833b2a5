"""JSON that every reader takes: without NaN, and written in one place."""

import ast
import json
import math

import numpy as np
import pytest
from repository import ROOT

from charlstm.cli.terminal import print_json
from charlstm.store.json_text import json_text

# These write for this program alone, which reads the very bytes again, or count them.
OWN = {"store/json_text", "store/archive", "text/cache", "training/workers", "training/settings"}
STRINGS = {  # what they write holds no number that may be a NaN
    "export/__init__",
    "sampling/primed",
    "cli/terminal",
    "studies/features/characters/defined",
}


def test_what_json_does_not_know_is_null() -> None:
    odd = {"a": math.nan, "b": [(-math.inf, np.float32("nan"))], "c": np.array([1, np.nan])}
    assert json.loads(json_text(odd)) == {"a": None, "b": [[None, None]], "c": [1, None]}
    assert json_text({"é": np.int64(3)}) == '{"é": 3}'


def test_the_json_of_every_command_has_no_nan(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"loss": math.nan})
    assert capsys.readouterr().out == '{"loss": null}\n'


def test_json_is_written_in_one_place() -> None:
    """So no command can print a NaN, and no file can hold one."""
    writers = set()
    for path in (ROOT / "charlstm").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("json.dumps", "json.dump"):
                writers.add(str(path.relative_to(ROOT / "charlstm").with_suffix("")))
    assert writers == OWN | STRINGS
