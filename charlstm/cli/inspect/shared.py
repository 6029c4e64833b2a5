"""What the views share: the option --color, the width of the terminal, a text cut to size."""

import os
import shutil
import sys
from collections.abc import Iterable
from typing import Any

import click

from charlstm.errors import CharlstmError, CorpusError

color_option = click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    show_default=True,
    help="Colours; auto heeds NO_COLOR and pipes.",
)


def colour_depth(choice: str) -> Any:
    """How many colours --color means here."""
    from charlstm.output.colour import Depth, best_depth, depth

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


def given_text(model: Any, text: str, limit: int, cut: int | None) -> Any:
    """The text of an argument, or of standard input for -, at most `limit` characters long.

    Raises:
        CorpusError: if it is empty, too long, or not in UTF-8.
    """
    most = limit + 1 if cut is None else cut
    found: Any = text[:most]
    if text == "-":
        from charlstm.text.decoding import read_text

        found = b"" if model.vocabulary.tokens == "byte" else ""
        for piece in read_text(["-"], tokens=model.vocabulary.tokens):
            found += piece[: most - len(found)]
            if len(found) == most:  # what follows may be endless
                break
    if not found:
        raise CorpusError("there is no text to look at; give at least one character")
    if len(found) > limit:
        raise CorpusError(
            f"the text is longer than the {limit:,} characters that this view holds; "
            f"--cut {limit} looks at its beginning"
        )
    return found


def checked_index(name: str, value: int, count: int) -> int:
    """A unit or layer that exists.

    Raises:
        CharlstmError: naming the range, if it does not.
    """
    if not 0 <= value < count:
        raise CharlstmError(f"there is no {name} {value}; this model has {name}s 0 to {count - 1}")
    return value


def measured_text(model: Any, text: tuple[str, ...], encoding: str, cut: int | None) -> Any:
    """The ids (N,) of these files, or of the run's own validation part, cut to size.

    Raises:
        CorpusError: if there is no text, or it cannot be read.
    """
    import numpy as np

    if text:
        from charlstm.text.decoding import read_text

        pieces, left = [np.empty(0, np.uint8)], cut
        for piece in read_text(text, tokens=model.vocabulary.tokens, encoding=encoding):
            pieces.append(model.vocabulary.encode(piece[:left]))
            if left is not None:
                left -= len(pieces[-1])
                if not left:
                    break
        ids = np.concatenate(pieces)
    else:
        ids = validation_part(model)[:cut]
    if not ids.size:
        raise CorpusError("there is no text to read")
    return ids


def validation_part(model: Any) -> Any:
    """The ids of the text that a run kept for validation."""
    from charlstm.training.texts import read_texts

    cache = model.path.resolve().parent.parent / ".cache"
    cure = "name a text to read"
    texts = read_texts(model.config, cache, old=model.checkpoint, cure=cure)
    if texts.val is None:
        raise CorpusError("the run has no validation part; name a text to read")
    return texts.val.open()


def require_pictures(save: Iterable[Any]) -> None:
    """Find out early whether the pictures among these files can be drawn.

    Raises:
        CharlstmError: if matplotlib is missing.
    """
    if any(path.suffix.lower() in (".png", ".svg") for path in save):
        from charlstm.output.figure import require_matplotlib

        require_matplotlib()
