"""`charlstm write` in a real terminal: what it shows for each key, and what is left at its end."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from terminals import Terminal, comes, terminal

from charlstm import load
from charlstm.sampling.session import Session

pytest.importorskip("prompt_toolkit", reason="needs the extra charlstm[write]")
pytestmark = pytest.mark.slow
GREY, MODEL, UNKNOWN, DIM = "\x1b[38;5;102m", "\x1b[38;5;68m", "\x1b[4m", "\x1b[2m"
KEYS = "Tab a word"  # in the last lines of the window


@contextmanager
def writing(
    run: Path,
    folder: Path,
    *options: object,
    environment: Mapping[str, str] | None = None,
    redirection: str = "",
) -> Iterator[Terminal]:
    """A terminal in which `charlstm write` waits for keys; its number is in the file `process`."""
    shell = ("sh", "-c", f'echo $$ > process; exec "$@" {redirection}', "sh")
    command = (*shell, sys.executable, "-m", "charlstm", "write", "-r", run, *options)
    with terminal(folder, *command, environment=environment) as window:
        window.until(KEYS)
        yield window


def text_of(shown: str) -> str:
    """What stands above the status line and the keys."""
    lines = shown.split("\n")
    (keys,) = [k for k, line in enumerate(lines) if KEYS in line] or [0]
    return "\n".join(lines[: keys - 1]).rstrip()


def without_blanks(text: str) -> str:
    """A text as `Terminal.screen` gives it."""
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip()


class Twins:
    """The window, and a session of the same seed on which the same is done without a terminal."""

    def __init__(self, window: Terminal, session: Session) -> None:
        self.window, self.session, self.draft = window, session, session.draft
        self.agree()

    def press(self, key: str, action: Callable[[], object]) -> None:
        """Press a key, do what it should do, and wait until the window shows that."""
        self.window.press(key)
        action()
        self.agree()

    def agree(self) -> None:
        """Wait until the window shows the text of the session, with its guess at the end."""
        text = self.draft.text
        if self.draft.place == len(text):
            text += self.session.guess.replace("\n", "↵")
        self.window.until(lambda: text_of(self.window.screen()) == without_blanks(text))
        line = self.draft.text[: self.draft.place].split("\n")
        self.window.until(lambda: self.window.cursor == (len(line[-1]), len(line) - 1))


def test_a_person_and_a_model_write_in_turn(learnt_run: Path, tmp_path: Path) -> None:
    with writing(learnt_run, tmp_path, "--seed=1", "--save=poem.txt") as window:
        shown = window.screen()
        assert "Type, and let the model go on with Tab or Enter." in shown
        assert f"{learnt_run.name}\n" in shown and "Ctrl-D end" in shown
        twins = Twins(window, load(learnt_run).session(seed=1))
        session, draft = twins.session, twins.draft
        for character in "Theca":
            twins.press(character, lambda c=character: draft.type(c))  # type: ignore[misc]
        twins.press("Left", lambda: draft.move(4))
        twins.press("Left", lambda: draft.move(3))
        twins.press("Space", lambda: draft.type(" "))
        twins.press("End", lambda: draft.move(6))
        twins.press("Tab", session.write_word)
        twins.press("Tab", session.write_word)
        twins.press("Enter", session.write_line)
        twins.press("Enter", session.write_line)
        whole = draft.text
        twins.press("BSpace", draft.back)
        assert draft.text.count("\n") == whole.count("\n") - 1  # the whole line
        twins.press("C-z", draft.undo)
        assert draft.text == whole
        for _ in range(3):
            twins.press("C-z", draft.undo)
        twins.press("C-y", draft.redo)
        twins.press("Right", session.take_guess)
        twins.press("M-Enter", lambda: draft.type("\n"))
        twins.press("Up", lambda: draft.move(0))
        twins.press("Tab", session.write_word)
        window.press("C-c")
        shown = window.until("status 0")
        assert shown.startswith(without_blanks(draft.text))
        assert shown.endswith("wrote poem.txt\nstatus 0")
        assert (tmp_path / "poem.txt").read_text(encoding="utf-8") == draft.text


def test_the_colours_say_who_wrote_what(learnt_run: Path, tmp_path: Path) -> None:
    session = load(learnt_run).session("The ca", seed=2)
    guess = session.guess
    options = ("--prime=The ca", "--seed=2")
    with writing(learnt_run, tmp_path, *options) as window:
        window.until(f"The ca{GREY}{guess}", colours=True)
        window.until("next:  't' ")
        window.press("Tab")
        piece = session.write_word()
        window.until(f"The ca{MODEL}{piece}{GREY}{session.guess}", colours=True)
        window.press("C-d")
        window.until("status 0")
    with writing(learnt_run, tmp_path, *options, environment={"NO_COLOR": "1"}) as window:
        assert "\x1b[38" not in window.until(f"The ca{DIM}{guess}", colours=True)


def test_a_character_that_the_model_never_saw_is_said_once(
    learnt_run: Path, tmp_path: Path
) -> None:
    with writing(learnt_run, tmp_path, "--prime=The ") as window:
        window.type("日")
        window.until(f"The {UNKNOWN}日", colours=True)
        window.until("never seen in training, read as unknown: '日'")
        assert window.cursor == (6, 0)  # it takes two columns
        window.type("a")
        window.until("next:  ")
        window.type("日")
        window.until(lambda: "日a日" in window.screen() and "next:  " in window.screen())
        window.type("é")
        window.until("read as unknown: '日' 'é'")
        window.press("BSpace", "BSpace", "BSpace", "BSpace")
        window.until(lambda: window.cursor == (4, 0))
        window.press("C-d")
        assert window.until("status 0").startswith("The\n")


def test_a_window_that_changes_its_size_shows_the_text_anew(
    learnt_run: Path, tmp_path: Path
) -> None:
    text = "The cats are here and the red birds were gone."
    with writing(learnt_run, tmp_path, f"--prime={text}") as window:
        window.press("Left")  # so that there is no guess
        window.until(lambda: text_of(window.screen()) == text)
        window.resize(24, 12)
        window.until("Ctrl-D end")  # all keys, in as many lines as they need
        rows = "The cats are here and\nthe red birds were\ngone."
        window.until(lambda: text_of(window.screen()) == rows)
        window.press("Up")
        window.until(lambda: window.cursor == (4, 1))
        window.type("h")
        text = text.replace("red", "hred")
        window.resize(120, 40)
        window.until(lambda: text_of(window.screen()) == text)
        window.press("C-d")
        assert window.until("status 0").startswith(text)


def test_a_text_that_is_pasted_is_typed(learnt_run: Path, tmp_path: Path) -> None:
    with writing(learnt_run, tmp_path) as window:
        window.paste("two\nlines\n\tand a tab")
        window.until("two\nlines\n    and a tab")
        window.press("C-z")
        window.until(lambda: window.cursor == (0, 0))
        window.press("C-d")
        assert window.until("status 0") == "nothing is written\nstatus 0"


def test_a_text_does_not_command_the_terminal(learnt_run: Path, tmp_path: Path) -> None:
    evil = "\x1b[31mred\x1b]0;title\x07 \u202eabc"
    (tmp_path / "evil.txt").write_text(evil, encoding="utf-8")
    with writing(learnt_run, tmp_path, f"--prime-file={tmp_path / 'evil.txt'}") as window:
        escaped = r"\x1b[31mred\x1b]0;title\x07 \u202eabc"
        window.until(escaped)
        assert window.cursor == (len(escaped), 0)
        window.press("C-d")
        shown = window.until("status 0", colours=True)
        assert escaped in shown and "\x1b[31m" not in shown


def test_the_text_can_go_to_a_file_while_the_window_is_shown(
    learnt_run: Path, tmp_path: Path
) -> None:
    with writing(learnt_run, tmp_path, redirection="> out.txt") as window:
        window.type("abc")
        window.press("M-Enter")
        window.press("C-d")
        assert window.until("status 0") == "status 0"
        assert (tmp_path / "out.txt").read_bytes() == b"abc\n"


def test_texts_are_utf8_whatever_the_locale_says(learnt_run: Path, tmp_path: Path) -> None:
    ascii_ = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with writing(learnt_run, tmp_path, "--save=poem.txt", environment=ascii_) as window:
        window.type("日é")
        window.until("日é")
        window.press("C-d")
        window.until("wrote poem.txt\nstatus 0")
        assert (tmp_path / "poem.txt").read_text(encoding="utf-8") == "日é"


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("SIGTERM", "abc\nwrote poem.txt\nstatus 143"),
        ("SIGINT", "abc\nwrote poem.txt\nstatus 0"),
        ("SIGHUP", "wrote poem.txt\nstatus 129"),  # for what it knows the terminal is gone
    ],
)
def test_a_signal_ends_it_and_keeps_the_text(
    learnt_run: Path, tmp_path: Path, name: str, left: str
) -> None:
    with writing(learnt_run, tmp_path, "--save=poem.txt") as window:
        window.type("abc")
        window.until("abc")
        os.kill(int((tmp_path / "process").read_text()), getattr(signal, name))
        assert window.until("status") == left
        assert (tmp_path / "poem.txt").read_bytes() == b"abc"


def test_a_terminal_that_is_closed_loses_no_text(learnt_run: Path, tmp_path: Path) -> None:
    with writing(learnt_run, tmp_path, "--save=poem.txt") as window:
        window.type("abc")
        window.until("abc")
        window.close()
        assert comes((tmp_path / "poem.txt").exists)
        assert (tmp_path / "poem.txt").read_bytes() == b"abc"
