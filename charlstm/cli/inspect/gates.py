"""`charlstm inspect gates`: how often each gate is open or shut, and what it is good for."""

from pathlib import Path
from typing import Any

import click

from charlstm.cli.options import json_option, load_model, run_option, save_option
from charlstm.cli.terminal import note, print_json, utf8_output
from charlstm.cli.texts import ids_of

ENDINGS = (".png", ".svg", ".csv", ".json")
CLAIM = "in most of the cases it is either 0 or 1"


@click.command()
@click.argument("text", nargs=-1)
@run_option
@click.option("--encoding", default="utf-8", show_default=True, help="How the files are encoded.")
@click.option("--count", default=8, type=click.IntRange(0), help="How many units to list.")
@click.option("--cut", type=click.IntRange(1), help="Read so many characters only.")
@save_option(*ENDINGS)
@json_option
def command(
    text: tuple[str, ...],
    run: str | None,
    encoding: str,
    count: int,
    cut: int | None,
    save: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Count how often each gate is open (> 0.9) or shut (< 0.1) while a model reads TEXT.

    TEXT are files, folders of *.txt, .gz, or - for standard input; without it, it is the run's own
    validation part. --save FILE.png draws a point for each unit.
    """
    utf8_output()
    pictures = [path for path in save if path.suffix.lower() in (".png", ".svg")]
    if pictures:
        from charlstm.output.figure import require_matplotlib

        require_matplotlib()
    model = load_model(run)
    from charlstm.output.write import plain, write_csv, write_json
    from charlstm.studies.inspect.gates import gates_of, measure
    from charlstm.studies.inspect.gates_table import HEAD, to_mapping, to_rows

    gates_of(model.parameters.cell)  # before the text is read
    ids = ids_of(model, text, encoding, cut)
    gates = measure(model.parameters, ids, model.vocabulary.alphabet)
    for path in save:
        if path in pictures:
            from charlstm.output.figure import write_figure
            from charlstm.studies.inspect.gates_figure import figure

            title = f"{model.path.parent.name}: gates over {gates.characters:,} characters"
            write_figure(path, figure(gates, title))
        elif path.suffix.lower() == ".csv":
            write_csv(path, HEAD, to_rows(gates))
        else:
            write_json(path, to_mapping(gates))
        note(f"wrote {path}")
    if as_json:
        print_json(plain(to_mapping(gates)))
    else:
        _show(gates, count)


def _show(gates: Any, count: int) -> None:
    from charlstm.studies.inspect.gates_table import keepers

    _show_use(gates)
    verdict = "so it is here" if gates.saturated > 0.5 else "not so here"
    click.echo(
        f'\nThe notes: "{CLAIM}". {100 * gates.saturated:.1f} % of the gate values of '
        f"{gates.characters:,} characters are above 0.9 or below 0.1: {verdict}."
    )
    longest = keepers(gates)[:count]
    if longest:
        click.echo("\nlongest remembering   open   mean   stays open for")
        for use, unit in longest:
            click.echo(
                f"  {use.gate} of {use.layer}.{unit:<10} {use.right[unit]:7.1%}"
                f" {use.mean[unit]:6.3f}   {use.stretch[unit]:,.1f} characters"
            )
    for coupling in gates.couplings:
        click.echo(
            f"\ni against 1 - f, layer {coupling.layer}: {coupling.distance:.3f} apart on average, "
            f"{coupling.within:.1%} within 0.1, correlation {coupling.correlation:.2f} "
            "(the coupled cell has i = 1 - f)"
        )


def _show_use(gates: Any) -> None:
    import numpy as np

    from charlstm.studies.inspect.classes import CLASSES

    seen = [k for k in range(len(CLASSES)) if np.isfinite(gates.uses[0].by_class[k]).all()]
    click.echo(f"{'':31}mean after …")
    names = "".join(f"{CLASSES[k]:>12}" for k in seen)
    click.echo(f"gate    open   shut  either{names}")
    for use in gates.uses:
        right, left = use.right.mean(), use.left.mean()
        means = "".join(f"{use.by_class[k].mean():12.3f}" for k in seen)
        place = f"{use.gate} of {use.layer}"
        click.echo(f"{place:6} {right:6.1%} {left:6.1%} {right + left:6.1%} {means}")
