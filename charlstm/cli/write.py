"""`charlstm write`: write a text together with a model, in a terminal."""

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from types import FrameType
from typing import Any

import click

from charlstm.cli.blend import Share, blend_option, blended
from charlstm.cli.exclusions import Command
from charlstm.cli.filters import note_without_effect
from charlstm.cli.options import load_model, run_option, setting_options
from charlstm.cli.outputs import Output, files_of, force_option, output, spare
from charlstm.cli.prime import read_prime
from charlstm.cli.terminal import note
from charlstm.cli.what_if import Held, Named, ablate_option, hold_option, what_if
from charlstm.errors import CharlstmError
from charlstm.hints import command as hint
from charlstm.hints import install
from charlstm.sampling.filters import Filters
from charlstm.store.target import target_file
from charlstm.text.shown import printable

HANGUP = getattr(signal, "SIGHUP", signal.SIGTERM)


def _not_standard_input(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
    del ctx, parameter
    if value == "-":
        raise click.BadParameter("- is standard input, where you type; name a file.")
    return value


@click.command(cls=Command)
@run_option
@click.option("--prime", default=None, help=r"Text to begin with; \n and \t are understood.")
@click.option(
    "--prime-file",
    metavar="FILE",
    callback=_not_standard_input,
    help="Begin with the text of a file.",
)
@setting_options(fields(Filters))
@click.option(
    "--seed", type=click.IntRange(0), help="The same seed and the same keys give the same text."
)
@click.option(
    "--save", metavar="FILE", callback=output, help="Write the text to this file as well."
)
@force_option
@blend_option
@ablate_option
@hold_option
def command(
    run: str | None,
    prime: str | None,
    prime_file: str | None,
    seed: int | None,
    save: Output | None,
    blend: tuple[Share, ...],
    ablate: tuple[Named, ...],
    hold: tuple[Held, ...],
    **settings: Any,
) -> None:
    """Write a text together with a model, in a terminal.

    You type. Tab lets the model write a word, and Enter the rest of the line. The likeliest
    characters stand in grey behind the cursor; the right arrow takes them. Backspace takes back a
    character of yours, or all that the model wrote at once. Ctrl-D or Ctrl-C ends it, and the text
    is printed.
    """
    try:
        from charlstm.cli.editor import open_editor  # noqa: PLC0415 - optional
    except ImportError as error:
        raise CharlstmError(f"write needs prompt_toolkit: {install('write')}") from error
    _check_terminal()
    spare([prime_file], save)
    filters = Filters(**{name: value for name, value in settings.items() if value is not None})
    model = blended(what_if(load_model(run), ablate, hold), blend)
    spare([file for part, _ in model.parts for file in files_of(part)], save)
    text = read_prime(prime, prime_file, model)
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    note_without_effect(filters, model)
    session = model.session(text, filters, seed)
    editor, status = open_editor(session, model.name), 0
    with _heeding_signals(editor.end):
        try:
            status = editor.run()
        finally:
            _keep(session.data, save, printed=status != 128 + HANGUP)
    click.get_current_context().exit(status)


@contextmanager
def _heeding_signals(end: Callable[[int], None]) -> Iterator[None]:
    """Within it a signal that asks to end calls `end` with its exit status, and nothing else."""

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        end(128 + number)

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, HANGUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _check_terminal() -> None:
    """Refuse a pipe, and a terminal in which the cursor cannot be placed.

    Raises:
        CharlstmError: which names the command for it.
    """
    instead = f"elsewhere use `{hint('sample')}`"
    if not sys.stdin.isatty() or not (sys.stdout.isatty() or sys.stderr.isatty()):
        raise CharlstmError(f"write needs a terminal, in which you type; {instead}")
    name = os.environ.get("TERM", "")
    if name in ("", "dumb", "unknown"):
        raise CharlstmError(f"write cannot place the cursor in a terminal TERM={name}; {instead}")
    if isinstance(sys.stdin, io.TextIOWrapper):  # all texts are UTF-8, whatever the locale says
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")


def _keep(data: bytes, save: Output | None, *, printed: bool) -> None:
    """Print the text unless the terminal is gone; save it even if it cannot be printed."""
    if not data:
        note("nothing is written")
        return
    try:
        if printed:
            _print(data)
    finally:
        if save:
            with target_file(save.path, force=save.force) as file:
                file.write(data)
            note(f"wrote {save.path}")


def _print(data: bytes) -> None:
    """Print a text as it is; a terminal gets control characters as escapes, and a newline."""
    if sys.stdout.isatty():
        click.echo(printable(data.decode("utf-8", "replace").removesuffix("\n")))
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
