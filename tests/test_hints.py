"""What messages tell the user to type works as it is typed, from where the user stands."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import TINY
from repository import ROOT

from charlstm import hints
from charlstm.cli import COMMANDS


@pytest.fixture
def venv(here: Path) -> Path:
    """A `charlstm` in .venv/bin of the working folder, which the shell does not find by itself."""
    path = here / ".venv" / "bin" / "charlstm"
    path.parent.mkdir(parents=True)
    path.write_text(
        f"#!{sys.executable}\nfrom charlstm.cli import main\n\nmain()\n", encoding="utf-8"
    )
    path.chmod(0o755)
    return path


def run(line: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/sh", "-c", line],
        env={**os.environ, "PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("called", "search", "hint"),
    [
        (".venv/bin/charlstm", "", ".venv/bin/charlstm"),
        ("{here}/.venv/bin/charlstm", "", ".venv/bin/charlstm"),
        ("charlstm", "{here}/.venv/bin:", "charlstm"),  # an activated environment
        (f"{shlex.quote(sys.executable)} -m charlstm", "", "{python} -m charlstm"),
    ],
)
def test_the_command_of_a_hint_runs_as_it_is_typed(
    here: Path, venv: Path, called: str, search: str, hint: str
) -> None:
    assert venv.is_file()
    path = search.format(here=here) + "/usr/bin:/bin"
    trained = run(
        f"{called.format(here=here)} train text.txt {' '.join(TINY)} --max-steps 1 --out 'a run'",
        PATH=path,
    )
    assert trained.returncode == 0, trained.stderr
    said = trained.stderr.splitlines()[-1]
    line = said.removeprefix("sample from it: ")
    hint = hint.format(python=shlex.quote(sys.executable))
    assert line == f"{hint} sample --run 'a run' --prime \"The \""
    sampled = run(line, PATH=path)
    assert sampled.returncode == 0 and sampled.stdout.startswith("The "), sampled.stderr


def test_a_mistake_names_the_help_as_it_was_called(venv: Path) -> None:
    del venv
    for words in ("train --nosuch", "inspect text", "nosuch"):
        (line,) = [
            line for line in run(f".venv/bin/charlstm {words}").stderr.splitlines() if "Try" in line
        ]
        command = re.fullmatch("Try '(.*)' for help.", line)
        assert command and command[1].startswith(".venv/bin/charlstm ")
        assert run(command[1]).returncode == 0


def test_an_option_without_effect_is_seen_however_the_program_is_called(venv: Path) -> None:
    del venv
    ended = run(".venv/bin/charlstm sample --temperature 0 --top-k 3")
    assert (ended.returncode, "--top-k has no effect" in ended.stderr) == (2, True)


@pytest.mark.parametrize("has_pip", [True, False])
def test_an_extra_is_installed_into_the_environment_that_runs(
    monkeypatch: pytest.MonkeyPatch, has_pip: bool
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: has_pip or None)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(sys, "executable", "/opt/a b/bin/python")
    way = "uv pip install --python '/opt/a b/bin/python'"
    way = "'/opt/a b/bin/python' -m pip install" if has_pip else way
    assert hints.install("plot") == f"{way} 'charlstm[plot]'"


def test_from_a_program_in_python_the_name_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for called in ("", "-c", "/srv/study.py", "/usr/lib/pytest/__main__.py"):
        monkeypatch.setattr(sys, "argv", [called])
        assert hints.command("train", "my text.txt") == "charlstm train 'my text.txt'"


def test_a_folder_that_is_gone_does_not_matter(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = here / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr(sys, "argv", ["/opt/bin/charlstm"])
    assert hints.command() == "/opt/bin/charlstm"


def test_no_message_names_a_command_but_by_the_function_that_writes_it() -> None:
    names = "|".join(name for group in COMMANDS.values() for name in group)
    literal = re.compile(rf"charlstm ({names})\b|pip install")
    found = []
    for path in (ROOT / "charlstm").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        statements = (node for node in ast.walk(tree) if isinstance(node, ast.Expr))
        docstrings = {id(statement.value) for statement in statements}
        found += [
            (path.name, node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            if literal.search(node.value) and id(node) not in docstrings and path.stem != "hints"
        ]
    assert not found


def test_the_shell_completes_options_however_the_program_is_called(venv: Path) -> None:
    del venv
    line = "charlstm train --config x --resume y --hid"
    asked = {"COMP_WORDS": line, "COMP_CWORD": "6", "_CHARLSTM_COMPLETE": "bash_complete"}
    assert run(".venv/bin/charlstm", **asked).stdout == "plain,--hidden-size\n"


def test_the_nearest_word_is_found_in_any_case() -> None:
    cells = ("rnn", "lstm", "gru")
    for name in ("LSTM", "lsmt", "Lstm "):
        assert hints.did_you_mean(name, cells) == "; did you mean 'lstm'?"
    assert hints.nearest("Gru", cells) == "gru"
    assert hints.did_you_mean("transformer", cells) == "."
    assert hints.nearest("MINE", ["Mine", "yours"]) == "Mine"


def test_one_function_finds_the_nearest_word() -> None:
    users = [
        path.name
        for path in Path(hints.__file__).parent.rglob("*.py")
        if "difflib" in path.read_text(encoding="utf-8")
    ]
    assert users == ["hints.py"]
