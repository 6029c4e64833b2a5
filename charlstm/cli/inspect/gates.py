"""`charlstm inspect gates`: how often each gate is open or shut, and how large c becomes."""

from dataclasses import replace

import click

from charlstm.cli.exclusions import Command
from charlstm.cli.options import json_option, load_model, run_option, show
from charlstm.cli.outputs import Output, files_of, save_all, save_option, spare
from charlstm.cli.texts import ids_of
from charlstm.studies.inspect.gates import sigmoid_gates


@click.command(cls=Command)
@click.argument("text", nargs=-1)
@run_option
@click.option("--fresh", is_flag=True, help="Also measure what the gate kept before training.")
@click.option("--encoding", default="utf-8", show_default=True, help="How the files are encoded.")
@click.option("--count", default=8, type=click.IntRange(0), help="How many units to list.")
@click.option("--cut", type=click.IntRange(1), help="Read so many characters only.")
@save_option(".png", ".svg", ".csv", ".json")
@json_option
def command(
    text: tuple[str, ...],
    run: str | None,
    fresh: bool,
    encoding: str,
    count: int,
    cut: int | None,
    save: tuple[Output, ...],
    as_json: bool,
) -> None:
    """Count how often each gate is open (> 0.9) or shut (< 0.1) while a model reads TEXT.

    The median, 90 % and the largest of |c| follow: where |c| is above 5, tanh(c) is flat. Then the
    share of c that the forget gate keeps, on average, over 1, 10 and 50 steps.

    TEXT are files, folders of *.txt, .gz, or - for standard input. Without TEXT the model reads the
    run's own validation part. --save FILE.png draws a point for each unit.
    """
    model = load_model(run)
    spare([*text, *files_of(model)], *save)
    sigmoid_gates(model.parameters.cell)  # refuses a cell without gates before a text is read
    ids = ids_of(model, text, encoding, cut)
    report = replace(model.gates(ids, fresh=fresh), listed=count)
    save_all(save, report)
    show(as_json, report.to_mapping(), report.lines())
