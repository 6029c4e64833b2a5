"""The options of a search, apart from what it does, so that a plain sample does not import that."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
SEARCHES = ("best_of", "beam", "must_contain", "tries")
SEVERAL = click.IntRange(2, 4096)  # one would be a plain sample


def search_options(command: Command) -> Command:
    """The options `--best-of`, `--beam`, `--must-contain` and `--tries`."""
    options = (
        click.option(
            "--best-of",
            metavar="N",
            type=SEVERAL,
            help="Write the likeliest per character of N samples.",
        ),
        click.option(
            "--beam",
            metavar="N",
            type=SEVERAL,
            help="Write the likeliest text that N hypotheses find.",
        ),
        click.option(
            "--must-contain", multiple=True, metavar="TEXT", help="Let this text occur; repeatable."
        ),
        click.option(
            "--tries",
            metavar="N",
            type=click.IntRange(1, 4096),
            help="With --must-contain, samples to draw before texts are placed.  [default: 16]",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
