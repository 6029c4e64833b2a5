"""`charlstm train`: settings from defaults, a file and flags, then the training itself."""

import sys
from collections.abc import Generator
from contextlib import closing, nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from charlstm import checkpoint
from charlstm.cli.options import json_option, setting_options
from charlstm.cli.progress import Display, reading_bar
from charlstm.cli.stop import Stop
from charlstm.cli.terminal import note, print_json
from charlstm.config import HOUSEKEEPING, SETTINGS, Config, from_mapping
from charlstm.config_file import find_config, read_yaml
from charlstm.errors import ConfigError
from charlstm.nn.cells import CELLS, cell_options
from charlstm.nn.parameters import Architecture
from charlstm.store.runs import checkpoint_path, find_run
from charlstm.training.events import Event, Finished
from charlstm.training.fit import fit
from charlstm.training.mpi import serve
from charlstm.training.texts import absolute
from charlstm.training.world import join

BUDGETS = ("epochs", "max_steps", "max_minutes")
CHANGEABLE = (*BUDGETS, *HOUSEKEEPING, "eval_every", "patience", "corpus")  # in a resumed run
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
@click.option("--mpi", is_flag=True, help="Require MPI ranks; under mpiexec this is automatic.")
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

    The run's folder under runs/ holds its settings, its metrics, and the best and the last
    checkpoint. Ctrl-C saves and stops; --resume goes on from there.
    """
    world = join(required=mpi)
    if world and world.rank:
        serve(world)
        return
    with world or nullcontext():  # which lets the other ranks go, whatever happens
        if resume and (config_file or init_from):
            raise click.UsageError("--resume goes with neither --config nor --init-from.")
        given = {name: value for name, value in flags.items() if value is not None}
        if corpus:
            given["corpus"] = corpus
        resumed = find_run(resume) if resume else None
        source = find_run(init_from) if init_from else None
        if resumed:
            config = _resumed_config(resumed, given)
        else:
            config = _new_config(config_file, source, given)
        stop = Stop(world)
        events = fit(
            config,
            resume=resumed,
            init_from=source,
            allow_changed_corpus=allow_changed_corpus,
            stop=stop.requested,
            on_read=reading_bar(stop.raise_if_requested),
            world=world,
        )
        _watch(events, stop, as_json)


def _new_config(config_file: str | None, source: Path | None, given: dict[str, Any]) -> Config:
    """The settings of a new run: those of the file, or the shape of `source`, then the flags."""
    settings: dict[str, Any] = {}
    if config_file:
        settings = read_yaml(find_config(config_file))
    elif source:
        settings = _shape_of(_saved_config(source), given.get("cell"))
    if any(name in given for name in BUDGETS):  # a budget on the command line replaces the file's
        settings = {name: value for name, value in settings.items() if name not in BUDGETS}
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


def _shape_of(config: Config, cell: str | None) -> dict[str, Any]:
    """The settings that decide a network's shape; another `cell` does not take its options."""
    settings = config.to_mapping()
    names = SHAPE if cell not in (None, config.cell) else (*SHAPE, *cell_options())
    return {name: settings[name] for name in names if name in settings}


def _resumed_config(run: Path, given: dict[str, Any]) -> Config:
    """The settings of a run that goes on: its own, with those flags that may change them."""
    config = _saved_config(run)
    architecture = checkpoint.architecture_of(config)
    own = asdict(architecture.make_cell().options) | config.to_mapping()
    if "corpus" in given:
        given["corpus"] = tuple(map(absolute, given["corpus"]))
    if "val" in given:
        given["val"] = absolute(given["val"])
    for name, value in given.items():
        if name in CHANGEABLE or own.get(name) == value:
            continue
        cure = "start a new one with --init-from."
        if name in (*SHAPE, *cell_options()):
            cure = (
                f"it is a network of another shape ({architecture}, {config.tokens} tokens), "
                f"so start a new one without --resume."
            )
        flag = "--" + name.replace("_", "-")
        raise click.UsageError(f"{flag} cannot change when a run is resumed; {cure}")
    changes = {name: value for name, value in given.items() if name in CHANGEABLE}
    if any(name in given for name in BUDGETS):
        changes = dict.fromkeys(BUDGETS) | changes
    try:
        return replace(config, **changes)
    except ConfigError as error:
        raise click.UsageError(str(error)) from error


def _saved_config(run: Path) -> Config:
    """The settings in the last checkpoint of a run."""
    return checkpoint.load(checkpoint_path(run, prefer="last"), weights_only=True).config


def _watch(events: Generator[Event, None, None], stop: Stop, as_json: bool) -> None:
    """Show each event, and exit with the status of the signal that stopped the run."""
    display = Display()
    try:
        with display, closing(events):
            for event in events:
                display.show(event)
    except KeyboardInterrupt:
        note("stopped before the first update; nothing was lost")
        sys.exit(stop.status)
    if as_json and display.finished:
        print_json(_to_mapping(display.finished))
    if stop.requested():
        sys.exit(stop.status)


def _to_mapping(finished: Finished) -> dict[str, object]:
    """The result of a run, for --json."""
    return {
        "run": str(finished.run),
        "steps": finished.steps,
        "characters": finished.characters,
        "seconds": finished.seconds,
        "best_val_nats": finished.best_val_nats,
        "last_val_nats": finished.last_val_nats,
        "reason": finished.reason,
    }
