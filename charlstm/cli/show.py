"""How text, numbers and mistakes are shown in a terminal."""

import json
import sys
from typing import Any

import click


def printable(text: str) -> str:
    r"""The text with control characters as escapes (\x1b), so that none reaches the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text)


def note(text: str) -> None:
    """A line on standard error."""
    click.echo(printable(text), err=True)


def complain(error: Exception) -> None:
    """A mistake in one line on standard error."""
    note("Error: " + " ".join(str(error).split()))


def print_json(value: Any) -> None:
    """Exactly one JSON object on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False))


def utf8_output() -> None:
    """Write UTF-8 whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def unescaped(text: str) -> str:
    r"""The text with \n, \t and \\ as the characters they stand for."""
    pieces = text.split("\\\\")
    return "\\".join(piece.replace("\\n", "\n").replace("\\t", "\t") for piece in pieces)
