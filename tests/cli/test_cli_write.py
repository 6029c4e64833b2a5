"""`charlstm write`: what each key does, and what is refused, without a terminal."""

import errno
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Runner
from keyboard import (
    BACK,
    BEGIN,
    DELETE,
    DOWN,
    END,
    END_OF_LINE,
    ENTER,
    HOME,
    LAST,
    LEFT,
    REDO,
    RIGHT,
    TAB,
    UNDO,
    UP,
    editor_of,
    in_a_terminal,
    pressed,
)  # fmt: skip

from charlstm import Model, load
from charlstm.sampling.filters import Filters
from charlstm.sampling.session import Session

pytest.importorskip("prompt_toolkit", reason="needs the extra charlstm[write]")

GREEDY = Filters(temperature=0)


@pytest.fixture(scope="module")
def model(learnt_run: Path) -> Model:
    return load(learnt_run)


def text_of(model: Model, keys: str, text: str = "") -> str:
    session = model.session(text, GREEDY)
    assert pressed(session, keys + END) == 0
    return session.draft.text


def test_the_model_writes_a_word_a_line_or_its_guess(model: Model) -> None:
    def by(action: Callable[[Session], object]) -> str:
        session = model.session("The cats", GREEDY)
        action(session)
        return session.draft.text

    assert text_of(model, "The cats" + TAB) == by(Session.write_word)
    assert text_of(model, "The cats" + ENTER) == by(Session.write_line)
    assert text_of(model, "The cats" + RIGHT) == by(Session.take_guess)
    assert text_of(model, "The cats" + LEFT * 2 + RIGHT * 2) == "The cats"


KEYS = {
    "abc" + BACK: "ab",
    "abc" + LEFT + "d": "abdc",
    "abc" + HOME + "d" + END_OF_LINE + "e": "dabce",
    "abc" + LEFT * 5 + DELETE: "bc",
    "old cats \x17": "old ",
    "ab\x1b\rcd\ne": "ab\ncd\ne",
    "ab\ncd" + UP + "x" + DOWN + "y": "abx\ncdy",
    "ab\ncd" + BEGIN + "x" + LAST + "y": "xab\ncdy",
    "old cats" + UNDO: "old ",
    "old cats" + UNDO * 2 + REDO: "old ",
    "a\x1b[200~b\r\nc\x1b[201~d": "ab\ncd",
    "a\x1b[200~b\nc\x1b[201~" + UNDO + "d": "ad",
    "a" + "\x1b[15~" + "\x07\x0f\x12\x13" + "b": "ab",  # F5, Ctrl-G, Ctrl-O, Ctrl-R, Ctrl-S
    "n/?N": "n/?N",
    "日e\u0301": "日e\u0301",
    "\n" * 40 + "\x1b[5~\x1b[5~x\x1b[6~\x1b[6~y": "x" + "\n" * 40 + "y",
}


@pytest.mark.parametrize("keys", KEYS)
def test_each_key_does_what_it_does_elsewhere(model: Model, keys: str) -> None:
    assert text_of(model, keys) == KEYS[keys]


def test_back_takes_a_piece_and_undo_brings_it_again(model: Model) -> None:
    line = text_of(model, ENTER)
    assert len(line) > 10
    assert text_of(model, ENTER + BACK) == ""
    assert text_of(model, ENTER + BACK + UNDO) == line
    assert text_of(model, ENTER + UNDO) == ""
    assert text_of(model, ENTER + UNDO + REDO) == line
    assert text_of(model, ENTER + "ab" + BACK * 2) == line
    assert text_of(model, ENTER + "ab" + BACK * 3) == ""


def test_home_and_end_stay_in_the_row_of_a_long_line(model: Model) -> None:
    """The window without a terminal has 80 columns; a row has 79, and the cursor behind it."""
    words = "abcd " * 15  # a row
    assert text_of(model, words + "efgh" + UP + HOME + "x") == "x" + words + "efgh"
    assert text_of(model, words + "efgh" + UP + END_OF_LINE + "x") == words[:-1] + "x efgh"


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_two_keys_end_it(model: Model, key: str) -> None:
    session = model.session("", GREEDY)
    assert pressed(session, "a" + key) == 0
    assert session.draft.text == "a"


def test_a_terminal_that_is_gone_ends_it(model: Model) -> None:
    session = model.session("", GREEDY)
    with editor_of(session, "abc", closed=True) as editor:
        assert editor.run() == 0
    assert session.draft.text == "abc"


def test_what_ends_it_before_it_is_shown_ends_it(model: Model) -> None:
    with editor_of(model.session("", GREEDY), "") as editor:
        editor.end(143)
        assert editor.run() == 143
        editor.end(129)  # it has ended, and nothing happens


@pytest.mark.parametrize("fault", ["write_word", "guess", "likeliest"])
def test_an_error_ends_it_and_the_text_is_still_there(
    model: Model, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    session = model.session("The", GREEDY)

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Session, fault, property(fail) if fault == "guess" else fail)
    with pytest.raises(MemoryError):
        pressed(session, TAB)
    assert session.draft.text == "The"


# The command


def written(charlstm: Runner, keys: str, *options: object) -> str:
    with in_a_terminal(keys):
        return charlstm.ok("write", *options).stdout


def test_the_text_is_printed_and_saved(charlstm: Runner, learnt_run: Path, here: Path) -> None:
    del here
    options = ("-r", learnt_run, "--seed=1", "--save=poem.txt")
    with in_a_terminal("The" + ENTER):
        outcome = charlstm.ok("write", *options)
    line = load(learnt_run).session("The", seed=1).write_line()
    assert outcome.stdout == "The" + line
    assert Path("poem.txt").read_bytes() == outcome.output
    assert outcome.stderr.endswith("wrote poem.txt\n")
    with in_a_terminal("x"):
        assert "'poem.txt' exists" in charlstm.fails("write", *options)
        assert Path("poem.txt").read_bytes() == outcome.output
        charlstm.ok("write", *options, "--force")
    assert Path("poem.txt").read_bytes() == b"x"


def test_an_input_is_not_replaced(charlstm: Runner, learnt_run: Path, here: Path) -> None:
    del here
    run = ("-r", learnt_run, "--force")
    text = learnt_run.parents[1] / "text.txt"
    with in_a_terminal("x"):
        for save, options in (
            ("text.txt", ("--prime-file=text.txt",)),
            (text, ()),
            (learnt_run / "best.npz", ()),
        ):
            message = charlstm.fails("write", *run, *options, f"--save={save}")
            assert "is an input of this command" in message


def test_nothing_is_saved_where_nothing_is_written(
    charlstm: Runner, learnt_run: Path, here: Path
) -> None:
    with in_a_terminal("a" + BACK):
        outcome = charlstm.ok("write", "-r", learnt_run, "--save=poem.txt")
    assert (outcome.output, outcome.stderr) == (b"", "nothing is written\n")
    assert not (here / "poem.txt").exists()


def test_it_begins_with_the_prime(charlstm: Runner, learnt_run: Path, here: Path) -> None:
    (here / "begin.txt").write_text("The cats\r\nare", encoding="utf-8")
    assert written(charlstm, "x", "-r", learnt_run, r"--prime=a\nb") == "a\nbx"
    assert written(charlstm, "x", "-r", learnt_run, "--prime-file=begin.txt") == "The cats\narex"
    with in_a_terminal(""):
        outcome = charlstm.ok("write", "-r", learnt_run, "--prime=日")
    assert outcome.stderr == "never seen in training, read as unknown: '日'\n"
    assert "standard input, where you type" in charlstm.fails("write", "--prime-file=-", status=2)


def test_the_text_is_saved_even_if_it_cannot_be_printed(
    charlstm: Runner, learnt_run: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with in_a_terminal("abc"):
        monkeypatch.setattr("charlstm.cli.write._print", full)
        assert "No space left" in charlstm.fails("write", "-r", learnt_run, "--save=poem.txt")
    assert (here / "poem.txt").read_text(encoding="utf-8") == "abc"


# What is refused


def test_a_pipe_is_refused_in_one_line(charlstm: Runner, learnt_run: Path) -> None:
    message = charlstm.fails("write", "-r", learnt_run, stdin=b"The cats")
    assert message.startswith("write needs a terminal, in which you type; elsewhere use `")
    assert "sample" in message


def test_without_the_extra_one_line_names_it(
    charlstm: Runner, learnt_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("prompt_toolkit")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "charlstm.cli.editor", raising=False)
    monkeypatch.delitem(sys.modules, "charlstm.cli.text_control", raising=False)
    monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
    message = charlstm.fails("write", "-r", learnt_run)
    assert message.startswith("write needs prompt_toolkit: ")
    assert message.endswith("install 'charlstm[write]'")


@pytest.mark.parametrize("name", ["", "dumb"])
def test_a_terminal_without_a_cursor_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    write = importlib.import_module("charlstm.cli.write")
    monkeypatch.setenv("TERM", name)
    for stream in ("stdin", "stdout"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True)
    with pytest.raises(Exception, match=f"cannot place the cursor in a terminal TERM={name}; "):
        write._check_terminal()
