"""`charlstm plot`: learning curves of one or several runs."""

from pathlib import Path
from typing import Any

import click

from charlstm.cli.options import json_option, save_option
from charlstm.cli.terminal import note, print_json, printable, utf8_output

WIDTH = 50  # columns of a sparkline


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@save_option(".png", ".svg", ".csv", ".json")
@json_option
def command(runs: tuple[str, ...], save: tuple[Path, ...], as_json: bool) -> None:
    """Show the learning curves of RUN, or of the newest: loss, learning rate, gradient norm.

    --save FILE.png draws several runs in one picture.
    """
    utf8_output()
    from charlstm.output.write import plain, write_csv, write_json
    from charlstm.store.metrics import COLUMNS
    from charlstm.store.runs import find_run
    from charlstm.studies.curves import curves

    paths = [find_run(run) for run in runs or (None,)]
    if not runs:
        note(f"using {paths[0]}")
    names = [path.name for path in paths]
    named = names if len(set(names)) == len(names) else [str(path) for path in paths]
    found = [curves(path, name) for path, name in zip(paths, named, strict=True)]
    result = {"runs": [{"name": run.name, **run.columns} for run in found]}
    for path in save:
        if path.suffix.lower() == ".csv":
            rows = [[run.name, *row] for run in found for row in _rows(run)]
            write_csv(path, ("run", *COLUMNS), rows)
        elif path.suffix.lower() == ".json":
            write_json(path, result)
        else:
            from charlstm.output.figure import write_figure
            from charlstm.studies.curves_figure import figure

            write_figure(path, figure(found))
        note(f"wrote {path}")
    if as_json:
        print_json(plain(result))
        return
    for run in found:
        _show(run)


def _rows(run: Any) -> list[list[float]]:
    return [list(row) for row in zip(*run.columns.values(), strict=True)]


def _show(run: Any) -> None:
    import numpy as np

    from charlstm.output.terminal import sparkline
    from charlstm.studies.curves import CURVES

    read = run.columns["characters"]
    click.echo(f"{printable(run.name)}: {int(np.nanmax(read)):,} characters read")
    for key, label in CURVES.items():
        values = run.columns[key]
        known = values[np.isfinite(values)]
        if not known.size:
            continue
        at = np.linspace(0, len(values) - 1, min(WIDTH, len(values))).round().astype(int)
        line = sparkline([float(value) for value in values[at]])
        click.echo(
            f"  {label:<22}{line}  {known[0]:.4g} to {known[-1]:.4g}, lowest {known.min():.4g}"
        )
