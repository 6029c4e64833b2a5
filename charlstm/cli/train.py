"""`charlstm train`: settings from defaults, file and flags; progress on standard error."""

import os
import signal
import sys
from contextlib import closing, nullcontext, suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from charlstm.cli.options import json_option, setting_options
from charlstm.cli.progress import Display, reading_bar
from charlstm.cli.terminal import note, print_json, utf8_output
from charlstm.config import SETTINGS, Config, from_mapping
from charlstm.errors import ConfigError
from charlstm.nn.cells import CELLS, cell_options

if TYPE_CHECKING:
    from charlstm.training.world import World

BUDGETS = ("epochs", "max_steps", "max_minutes")
HOUSEKEEPING = (
    "threads",
    "workers",
    "eval_every",
    "checkpoint_every",
    "checkpoint_minutes",
    "keep",
    "sample_every",
    "patience",
)
SHAPE = ("tokens", "cell", "hidden_size", "num_layers")
FLAGS = [field for name, field in SETTINGS.items() if name not in ("corpus", "cell")]


@click.command()
@click.argument("corpus", nargs=-1)
@click.option("--config", "config_file", metavar="FILE", help="YAML settings, or a bundled name.")
@click.option("--resume", metavar="RUN", help="Continue a run, bit for bit.")
@click.option("--init-from", metavar="RUN", help="Start a new run from old weights.")
@click.option("--allow-changed-corpus", is_flag=True, help="Resume on a text that has changed.")
@click.option("--cell", type=click.Choice(list(CELLS)), help="Recurrent cell.  [default: lstm]")
@setting_options([*FLAGS, *cell_options().values()])
@click.option("--mpi", is_flag=True, help="Train on MPI ranks; mpiexec is noticed without it.")
@json_option
def command(
    corpus: tuple[str, ...],
    config_file: str | None,
    resume: str | None,
    init_from: str | None,
    allow_changed_corpus: bool,
    mpi: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Train on CORPUS: files, folders of *.txt, .gz, or - for standard input.

    The run is kept under runs/, with its settings, its metrics, and the best and the last
    checkpoint. Ctrl-C saves and stops; --resume goes on from there.
    """
    utf8_output()
    from charlstm.training.world import join

    world = join(required=mpi)
    if world and world.rank:
        from charlstm.training.mpi import serve

        serve(world)
        return
    with world or nullcontext():
        _train(corpus, config_file, resume, init_from, allow_changed_corpus, world, as_json, flags)


def _train(
    corpus: tuple[str, ...],
    config_file: str | None,
    resume: str | None,
    init_from: str | None,
    allow_changed_corpus: bool,
    world: "World | None",
    as_json: bool,
    flags: dict[str, Any],
) -> None:
    given = {name: value for name, value in flags.items() if value is not None}
    if corpus:
        given["corpus"] = corpus
    if resume and (config_file or init_from):
        raise click.UsageError("--resume goes with neither --config nor --init-from.")
    run = _run(resume or init_from)
    config = _resumed_config(run, given) if resume else _new_config(config_file, run, given)
    stop = Stop(world)
    from charlstm.training.fit import fit

    display = Display(as_json)
    events = fit(
        config,
        resume=run if resume else None,
        init_from=run if init_from else None,
        allow_changed_corpus=allow_changed_corpus,
        stop=stop.asked,
        on_read=reading_bar(stop.raise_if_asked),
        world=world,
    )
    try:
        with display, closing(events):
            for event in events:
                display.show(event)
    except KeyboardInterrupt:
        note("stopped before the first update; nothing was lost")
        sys.exit(stop.status)
    result = display.result
    if as_json and result:
        print_json(result)
    if stop.asked():
        sys.exit(stop.status)


class Stop:
    """Ctrl-C, SIGTERM or a closed terminal once: stop after this update, saved. Twice: at once.

    A signal that another rank of `world` got counts as well. What `nohup` ignores stays ignored.
    """

    def __init__(self, world: "World | None") -> None:
        self.status = 0
        self._own = False
        self._world = world
        numbers = [signal.SIGINT, signal.SIGTERM]
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        for number in numbers:
            signal.signal(number, self._handle)

    def asked(self) -> bool:
        """Whether a signal has come."""
        if self._world and self._world.signal and not self.status:
            self.status = 128 + self._world.signal
        return self.status != 0

    def raise_if_asked(self) -> None:
        """Interrupt what has no update to finish."""
        if self.asked():
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._own:  # Ctrl-C goes to every rank, so another's signal does not count here
            os._exit(128 + number)  # the last checkpoint is intact, workers end by themselves
        self._own, self.status = True, 128 + number
        with suppress(OSError):  # the terminal is gone
            os.write(2, b"\nfinishing this update, then saving; once more to leave at once\n")


def _run(spec: str | None) -> Path | None:
    from charlstm.store.runs import find_run

    return find_run(spec) if spec else None


def _new_config(config_file: str | None, old: Path | None, given: dict[str, Any]) -> Config:
    settings: dict[str, Any] = {}
    if config_file:
        from charlstm.config_file import find_config, read_yaml

        settings = read_yaml(find_config(config_file))
    elif old:  # new text for an old network: it keeps its shape
        shape = _saved_config(old).to_mapping()
        names: tuple[str, ...] = SHAPE
        if given.get("cell", shape["cell"]) == shape["cell"]:  # no other cell has its options
            names = (*SHAPE, *cell_options())
        settings = {name: shape[name] for name in names if name in shape}
    if any(name in given for name in BUDGETS):  # a budget on the command line replaces the file's
        settings = {name: value for name, value in settings.items() if name not in BUDGETS}
    from charlstm.nn.parameters import Architecture

    try:
        config = from_mapping(settings | given, cell_options())
        Architecture(config.cell, dict(config.cell_options)).make_cell()
    except ConfigError as error:
        if config_file:
            raise ConfigError(f"{config_file}: {error}") from error
        raise click.UsageError(str(error)) from error
    if not config.corpus:
        raise click.UsageError("Missing CORPUS: name a text file, a folder, or - for stdin.")
    return config


def _resumed_config(run: Path | None, given: dict[str, Any]) -> Config:
    from charlstm.checkpoint import architecture_of, describe_architecture
    from charlstm.training.texts import absolute

    assert run is not None
    config = _saved_config(run)
    architecture = architecture_of(config)
    own = asdict(architecture.make_cell().options) | config.to_mapping()
    if "corpus" in given:
        given["corpus"] = tuple(map(absolute, given["corpus"]))
    if "val" in given:
        given["val"] = absolute(given["val"])
    for name, value in given.items():
        if name not in (*BUDGETS, *HOUSEKEEPING, "corpus") and own.get(name) != value:
            cure = "start a new one with --init-from."
            if name in (*SHAPE, *cell_options()):
                cure = (
                    f"it is a network of another shape ({describe_architecture(architecture)}, "
                    f"{config.tokens} tokens), so start a new one without --resume."
                )
            flag = "--" + name.replace("_", "-")
            raise click.UsageError(f"{flag} cannot change when a run is resumed; {cure}")
    kept = {k: v for k, v in given.items() if k in (*BUDGETS, *HOUSEKEEPING, "corpus")}
    if any(name in given for name in BUDGETS):
        kept = dict.fromkeys(BUDGETS) | kept
    try:
        return replace(config, **kept)
    except ConfigError as error:
        raise click.UsageError(str(error)) from error


def _saved_config(run: Path) -> Config:
    from charlstm import checkpoint
    from charlstm.store.runs import checkpoint_path

    return checkpoint.load(checkpoint_path(run, prefer="last"), weights_only=True).config
