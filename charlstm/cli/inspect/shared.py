"""What the views share: the option --color, the width of the terminal, a text cut to size."""

import os
import shutil
import sys
from collections.abc import Iterable
from typing import Any

import click

from charlstm.errors import CharlstmError

color_option = click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    show_default=True,
    help="Colours; auto heeds NO_COLOR and pipes.",
)


def colour_depth(choice: str) -> Any:
    """How many colours --color means here."""
    from charlstm.output.terminal import Depth, best_depth, depth

    if choice == "never":
        return Depth.NONE
    if choice == "always":
        return best_depth(os.environ)
    return depth(os.environ, sys.stdout.isatty())


def columns() -> int:
    """The terminal's width, 80 where there is none."""
    return shutil.get_terminal_size((80, 24)).columns


def echo(lines: Iterable[str]) -> None:
    """Print lines that may hold our own escape sequences."""
    for line in lines:
        click.echo(line, color=True)


def checked_index(name: str, value: int, count: int) -> int:
    """A unit or layer that exists.

    Raises:
        CharlstmError: naming the range, if it does not.
    """
    if not 0 <= value < count:
        raise CharlstmError(f"there is no {name} {value}; this model has {name}s 0 to {count - 1}")
    return value
