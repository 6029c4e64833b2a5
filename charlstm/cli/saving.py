"""The option --save, whose file's ending says how a result is written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def save_option(*endings: str) -> Callable[[Command], Command]:
    """`--save FILE`, repeatable; pictures are refused at once where they cannot be drawn."""

    def check(ctx: click.Context, parameter: click.Parameter, value: Any) -> tuple[Path, ...]:
        del ctx, parameter
        paths = tuple(map(Path, value))
        for path in paths:
            if path.suffix.lower() not in endings:
                raise click.BadParameter(f"{str(path)!r} must end in {' or '.join(endings)}.")
            writable(path)
        return paths

    return click.option(
        "--save",
        multiple=True,
        metavar="FILE",
        callback=check,
        help=f"Write the result as {', '.join(endings)}; repeatable.",
    )


def writable(path: Path) -> None:
    """Refuse a file that cannot be made, before the work whose result it is to hold."""
    if path.is_dir():
        raise click.BadParameter(f"{str(path)!r} is a folder.")
    if not path.parent.is_dir():
        raise click.BadParameter(f"{str(path)!r}: there is no folder {str(path.parent)!r}.")
