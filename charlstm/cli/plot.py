"""`charlstm plot`: learning curves of one or several runs."""

import click

from charlstm.cli.exclusions import Command
from charlstm.cli.options import json_option, show
from charlstm.cli.outputs import Output, save_all, save_option, spare
from charlstm.cli.terminal import note
from charlstm.store.runs import find_run
from charlstm.studies.curves import learning_curves


@click.command(cls=Command)
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@save_option(".png", ".svg", ".csv", ".json")
@json_option
def command(runs: tuple[str, ...], save: tuple[Output, ...], as_json: bool) -> None:
    """Show the learning curves of RUN, or of the newest: loss, learning rate, gradient norm.

    --save FILE.png draws several runs in one picture.
    """
    paths = [find_run(run) for run in runs or (None,)]
    if not runs:
        note(f"using {paths[0]}")
    spare([(path if path.is_dir() else path.parent) / "metrics.csv" for path in paths], *save)
    curves = learning_curves(paths)
    save_all(save, curves)
    show(as_json, curves.to_mapping(), curves.lines())
