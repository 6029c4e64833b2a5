"""Helpers of the views: layers and units that exist, and colours for a terminal."""

import os
import shutil
import sys
from collections.abc import Iterable

import click

from charlstm.errors import CharlstmError
from charlstm.nn.parameters import Architecture
from charlstm.output.terminal import Depth, best_depth, depth

color_option = click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    show_default=True,
    help="Colours; auto heeds NO_COLOR and pipes.",
)


def colour_depth(choice: str) -> Depth:
    """How many colours --color means here."""
    if choice == "never":
        return Depth.NONE
    if choice == "always":
        return best_depth(os.environ)
    return depth(os.environ, sys.stdout.isatty())


def terminal_width() -> int:
    """The columns of the terminal, 80 where there is none."""
    return shutil.get_terminal_size((80, 24)).columns


def echo(lines: Iterable[str]) -> None:
    """Print lines that may hold our own escape sequences."""
    for line in lines:
        click.echo(line, color=True)


def checked_layer(architecture: Architecture, layer: int | None) -> int:
    """The layer that --layer names, the last one without it.

    Raises:
        CharlstmError: if there is no such layer; it names the range.
    """
    count = architecture.num_layers
    return count - 1 if layer is None else _checked("layer", layer, count)


def checked_unit(architecture: Architecture, unit: int) -> int:
    """A unit that exists in every layer.

    Raises:
        CharlstmError: if there is no such unit; it names the range.
    """
    return _checked("unit", unit, architecture.hidden_size)


def _checked(name: str, value: int, count: int) -> int:
    if not 0 <= value < count:
        raise CharlstmError(f"there is no {name} {value}; this model has {name}s 0 to {count - 1}")
    return value
