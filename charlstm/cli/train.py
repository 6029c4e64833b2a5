"""`charlstm train`: settings from defaults, a file and flags, then the training itself."""

import sys
from collections.abc import Generator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import click

from charlstm.cli.exclusions import Command
from charlstm.cli.options import json_option, setting_options
from charlstm.cli.outputs import Output, force_option, forced, spare
from charlstm.cli.progress import Display, reading_bar
from charlstm.cli.run_summary import to_mapping
from charlstm.cli.stop import Stop
from charlstm.cli.terminal import note, print_json
from charlstm.config import SETTINGS, Config
from charlstm.config_file import find_config, read_yaml
from charlstm.errors import ConfigError
from charlstm.nn.cells import CELLS, cell_options
from charlstm.store.runs import FILES, find_run
from charlstm.training.events import Event
from charlstm.training.fit import fit
from charlstm.training.mpi import serve
from charlstm.training.settings import settings_of
from charlstm.training.world import World

FLAGS = [field for name, field in SETTINGS.items() if name not in ("corpus", "cell")]


@click.command(cls=Command)
@click.argument("corpus", nargs=-1)
@click.option("--config", "config_file", metavar="FILE", help="YAML settings, or a bundled name.")
@click.option("--resume", metavar="RUN", help="Continue a run, bit for bit.")
@click.option("--init-from", metavar="RUN", help="Start a new run from old weights.")
@click.option("--allow-changed-corpus", is_flag=True, help="Resume on a text that has changed.")
@click.option("--cell", type=click.Choice(list(CELLS)), help="Recurrent cell.  [default: lstm]")
@setting_options([*FLAGS, *cell_options().values()])
@click.option(
    "--mpi",
    is_flag=True,
    expose_value=False,  # `main` has read it, as no rank is mute before it has joined the others
    help="Require MPI ranks; under mpiexec this is automatic.",
)
@force_option
@json_option
@click.pass_obj
def command(
    world: World | None,
    /,
    corpus: tuple[str, ...],
    config_file: str | None,
    resume: str | None,
    init_from: str | None,
    allow_changed_corpus: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Train on CORPUS: files, folders of *.txt, gzip, or - for standard input.

    The run's folder under runs/ holds its settings, its metrics, and the best and the last
    checkpoint. Ctrl-C saves and stops; --resume goes on from there.
    """
    if world and world.rank:
        serve(world)
        return
    with world or nullcontext():  # which lets the other ranks go, whatever happens
        given = {name: value for name, value in flags.items() if value is not None}
        if corpus:
            given["corpus"] = corpus
        way: dict[str, Any] = {
            "resume": find_run(resume) if resume else None,
            "init_from": find_run(init_from) if init_from else None,
            "allow_changed_corpus": allow_changed_corpus,
        }
        config = _config(config_file, given, **way)
        if config.out and not resume:
            inputs = (config_file, *config.corpus, config.val)
            spare(inputs, *(Output(Path(config.out) / name, True) for name in FILES))
        stop = Stop(world)
        events = fit(
            config,
            **way,
            stop=stop.requested,
            on_read=reading_bar(stop.raise_if_requested),
            world=world,
            force=forced(),
        )
        _watch(events, stop, as_json, config.tokens)


def _config(config_file: str | None, given: dict[str, Any], **way: Any) -> Config:
    """The settings of the run; a mistake in them is one of the file, or else of usage."""
    file = read_yaml(find_config(config_file)) if config_file else None
    try:
        config = settings_of(given, file=file, **way)
    except ConfigError as error:
        if config_file:
            raise ConfigError(f"{config_file}: {error}") from error
        raise click.UsageError(str(error)) from error
    if not config.corpus:
        raise click.UsageError("Missing CORPUS: name a text file, a folder, or - for stdin.")
    return config


def _watch(events: Generator[Event, None, None], stop: Stop, as_json: bool, tokens: str) -> None:
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
        print_json(to_mapping(display.finished, tokens))
    if stop.requested():
        sys.exit(stop.status)
