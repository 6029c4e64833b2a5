"""The command line: each command has a file of its own, which is imported when it is called."""

import errno
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from charlstm import __version__
from charlstm.cli.groups import Group
from charlstm.cli.terminal import (
    complain,
    mute,
    note_typing,
    one_line,
    open_closed,
    silence,
    utf8_output,
)
from charlstm.errors import CharlstmError, shortened
from charlstm.hints import command, program
from charlstm.training.world import join

# One BLAS thread starts faster, and `--threads` defaults to it. NumPy reads these when it is
# imported.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_variable, "1")

COMMANDS = {
    "Make": {
        "train": "Train on text, or resume a run.",
        "sample": "Write text with a trained model.",
        "write": "Write together with a trained model, in a terminal.",
        "corpus": "Write a corpus made by a grammar.",
    },
    "Use": {
        "export": "Write a model for ONNX Runtime, PyTorch or a browser.",
    },
    "Study": {
        "agree": "Measure subject agreement with minimal pairs.",
        "bench": "Measure speed on this machine.",
        "cloze": "Compare how likely several continuations are.",
        "compare": "Train several settings under one budget, side by side.",
        "describe": "Show a network's equations with shapes, parameters and operations.",
        "eval": "Score text: nats and bits per character or byte, perplexity.",
        "inspect": "Look inside: units, gates and gradients.",
        "plot": "Show the learning curves of runs.",
        "surprisal": "Write the surprisal of each word of sentences as a table.",
    },
}
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EBADF)
READERS = (
    "train",
    "eval",
    "inspect",
    "surprisal",
)  # commands whose arguments may be - for standard input
WITHOUT_NUMPY = ("corpus", "inspect")  # commands that start without it


@contextmanager
def leaving_quietly() -> Iterator[None]:
    """End without a message when the reader of our output has left, or the user presses Ctrl-C.

    A mistake of usage gets one line, whatever it quotes.
    """
    try:
        yield
    except click.ClickException as error:
        error.message = one_line(error.message)  # type: ignore[misc]  # only declared final
        raise
    except BrokenPipeError:
        silence(sys.stdout)
        raise click.exceptions.Exit(0) from None
    except KeyboardInterrupt:
        raise click.exceptions.Exit(130) from None


class Commands(Group):
    """Finds commands by name, and lists them by what they are for."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the options; --help and --version print here."""
        with leaving_quietly():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command, and write all that it printed."""
        with leaving_quietly():
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the help."""
        del ctx
        return [name for group in COMMANDS.values() for name in group]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, from its own module."""
        if cmd_name not in self.list_commands(ctx):
            return None
        # NumPy comes first, near the bottom of the stack. CPython 3.11 has its stack in pieces of
        # 16 KB. Deep in a chain of imports, importing NumPy makes and frees such a piece 1,250
        # times, which takes 6 ms.
        if cmd_name not in WITHOUT_NUMPY:
            importlib.import_module("numpy")
        command: click.Command = importlib.import_module(f"charlstm.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A section for each group, without importing any command."""
        del ctx
        for title, commands in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True}
)
@click.version_option(__version__, message="charlstm %(version)s")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def cli(debug: bool) -> None:
    """Train a character-level LSTM in NumPy, and let it write.

    \b
    charlstm train corpus.txt
    charlstm sample --prime "The cats"
    """  # noqa: D301 - click's \b, which keeps the lines apart, is the character itself
    del debug  # main reads it, as main catches the errors
    utf8_output()


def main() -> None:
    """Run the command line; an error becomes one line and an exit status."""
    debug = "--debug" in sys.argv[1:]
    open_closed()
    try:
        word = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
        world = join(required="--mpi" in sys.argv) if word == "train" else None
        if world and world.rank:
            mute()
        if word in READERS and _names_input(sys.argv):
            note_typing()
        cli.main(prog_name=program(), complete_var="_CHARLSTM_COMPLETE", obj=world)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if debug:
            raise
        complain(plain(error))
        try:
            sys.stdout.flush()
        except OSError:  # or Python would complain of it once more, and exit with 120
            silence(sys.stdout)
        sys.exit(1)


def _names_input(words: list[str]) -> bool:
    """Whether - is one of the words, but no option's value."""
    return any(b == "-" and not a.startswith("-") for a, b in pairwise(words))


def plain(error: Exception) -> CharlstmError:
    """Any error as one line: what the machine lacks, what was foreseen, or a fault of ours."""
    causes: list[BaseException] = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    if any(isinstance(cause, OSError) and cause.errno == errno.EMFILE for cause in causes):
        return CharlstmError(
            "too few files may be open at once; allow more with `ulimit -n 1024`, or train with "
            "--workers 1"
        )
    foreseen = error if isinstance(error, CharlstmError) else None
    try:
        Path.cwd()
    except OSError:
        before = f"{foreseen}; " if foreseen else ""
        return CharlstmError(f"{before}the current folder no longer exists: go to another with cd")
    return foreseen or unexpected(error)


def unexpected(error: Exception) -> CharlstmError:
    """An error that no code foresaw, as one line."""
    reason = " ".join(str(error).split())
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError) or number == errno.ENOMEM:
        return CharlstmError(
            "there is not enough memory; use a smaller network, attention or batch"
        )
    if isinstance(error, OSError) and number in _UNWRITABLE:
        return CharlstmError(
            f"cannot write the output: {error.strerror}; free some space, or write elsewhere"
        )
    if isinstance(error, OSError) and error.filename and error.strerror:
        return CharlstmError(f"cannot use {shortened(str(error.filename))!r}: {error.strerror}")
    return CharlstmError(
        f"unexpected {type(error).__name__}: {reason}; run `{command('--debug')} …` for a "
        f"traceback, and please report it"
    )
