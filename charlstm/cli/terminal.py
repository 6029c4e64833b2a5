"""Output in a terminal: text without control characters, notes, errors and JSON."""

import json
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from charlstm.errors import LONGEST, shortened
from charlstm.store.json_text import json_text
from charlstm.text.shown import printable, quoted

if TYPE_CHECKING:  # needs NumPy, which `charlstm --help` does not
    from charlstm.novelty import Novelty


def note(text: str) -> None:
    """Print a line on standard error; the work goes on if nobody reads it any more."""
    try:
        click.echo(printable(text), err=True)
    except OSError:
        silence(sys.stderr)


def note_typing() -> None:
    """Print a note if a terminal is standard input, which is about to be read."""
    if sys.stdin.isatty():
        note("reading what you type; Ctrl-D at the beginning of a line ends it")


def note_if_file(text: str, instead: str) -> None:
    """Print a note if a text of the command line is the name of a file, which nobody reads."""
    with suppress(OSError, ValueError):  # of what cannot be a name
        if Path(text).is_file():
            note(f"{quoted(text)} is read as a text; for the text in the file {text}: {instead}")


def complain(error: Exception) -> None:
    """Print an error as one line on standard error."""
    note("Error: " + one_line(str(error)))


def one_line(message: str) -> str:
    """The message of an error without line breaks and escapes, long arguments shortened in it."""
    for word in sys.argv:
        for quoted_word in (repr(word), word):
            if len(word) > LONGEST // 2:
                message = message.replace(quoted_word, shortened(quoted_word))
    message = re.sub(r"[ \t\r\n]+", " ", message).strip()  # no other spaces: names have them
    return printable(shortened(message, LONGEST))


def copied(novelty: "Novelty", run: str, unit: str = "character") -> str:
    """One line that says what a text shares with the training text; `run` is the longest run.

    `unit` is that of the model, "character" or "byte".
    """
    if not novelty.longest:
        return f"nothing of 12 {unit}s or more stands in the training text"
    shown = run if len(run) <= 60 else run[:59] + "…"
    return (
        f"{novelty.copied:.1%} of its pieces of 12 {unit}s stand in the training text, "
        f"the longest run there is {novelty.longest} {unit}s: {quoted(shown)}"
    )


def silence(stream: TextIO) -> None:
    """Send all further output to nowhere, Python's own last flush included."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def open_closed() -> None:
    """Open an empty stream for each standard stream that was closed when the process started."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def mute() -> None:
    """Print nothing more: every rank of a world runs the same command, and rank 0 alone speaks."""
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def print_json(value: Mapping[str, Any]) -> None:
    """Print exactly one JSON object on standard output."""
    click.echo(json_object(value))


def json_object(value: Mapping[str, Any]) -> str:
    """A JSON object on one line, with escapes for what `printable` escapes."""
    text = json_text(value)
    if printable(text) != text:
        text = "".join(c if printable(c) == c else json.dumps(c)[1:-1] for c in text)
        text = text.replace("\x7f", "\\u007f")  # which json leaves as it is
    return text


def utf8_output() -> None:
    """Make the standard streams write UTF-8, whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def typed(text: str) -> str:
    """The text of an argument as UTF-8, as all texts and all output are, whatever the locale says.

    Python decodes arguments as the locale says. Bytes that are not UTF-8 stay as it left them.
    """
    try:
        return os.fsencode(text).decode()
    except UnicodeError:
        return text


def unescaped(text: str) -> str:
    r"""The text of an argument with \n, \t and \\ as the characters they stand for."""
    pieces = typed(text).split("\\\\")
    return "\\".join(piece.replace("\\n", "\n").replace("\\t", "\t") for piece in pieces)
