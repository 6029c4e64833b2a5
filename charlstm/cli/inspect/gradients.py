"""`charlstm inspect gradients`: how far back the gradient of a loss reaches."""

import click

from charlstm.cli.exclusions import Command
from charlstm.cli.options import NumberRange, json_option, load_model, show
from charlstm.cli.outputs import Output, files_of, save_all, save_option, spare
from charlstm.cli.pairs import given_pairs
from charlstm.cli.texts import ids_of
from charlstm.pairs.pair import SEED
from charlstm.studies.agreement.grammar_pairs import grammar_pairs
from charlstm.studies.inspect.gradients import PAIRS
from charlstm.studies.inspect.gradients_report import GradientsReport, joined


@click.command(cls=Command)
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option("--fresh", is_flag=True, help="Also measure each network before training.")
@click.option("--cell", "cells", multiple=True, help="Also measure a fresh network of this cell.")
@click.option(
    "--gain",
    "gains",
    multiple=True,
    type=NumberRange(0.0, 1000.0, min_open=True),
    metavar="G",
    help="Also measure each network with its weights on h times G; repeatable.",
)
@click.option(
    "--text",
    multiple=True,
    metavar="FILE",
    help="Take the losses from this text.  [default: verbs, or the validation part]",
)
@click.option("--encoding", default="utf-8", show_default=True, help="How the files are encoded.")
@click.option("--steps", default=100, type=click.IntRange(2, 2000), help="How far to look back.")
@click.option("--samples", default=32, type=click.IntRange(1, 512), help="How many losses.")
@save_option(".png", ".svg", ".csv", ".json")
@json_option
def command(
    runs: tuple[str, ...],
    fresh: bool,
    cells: tuple[str, ...],
    gains: tuple[float, ...],
    text: tuple[str, ...],
    encoding: str,
    steps: int,
    samples: int,
    save: tuple[Output, ...],
    as_json: bool,
) -> None:
    """Measure the gradient of a loss k steps back, for each RUN and for fresh networks.

    If the grammar made the run's corpus, the losses are at the verbs of such sentences. Otherwise
    they are all along the validation part. --save FILE.png draws a curve for each network, and a
    panel for each gain. Large weights make the gradient explode: try --cell rnn --gain 5.
    """
    reports: dict[str, GradientsReport] = {}
    units: dict[str, None] = {}
    for run in runs or (None,):
        model = load_model(run)
        spare([*text, *files_of(model)], *save)
        units[f"{model.vocabulary.unit}s"] = None
        names = (model.name, str(model.path.parent), str(model.path))
        name = next((n for n in names if n not in reports), names[-1])
        by_grammar = not text and grammar_pairs(model.config.corpus)
        reports[name] = model.gradients(
            None if by_grammar else ids_of(model, text, encoding),
            given_pairs(model, (), PAIRS, SEED) if by_grammar else None,
            fresh=fresh,
            cells=cells,
            gains=gains,
            steps=steps,
            samples=samples,
            name=name,
        )
    report = joined(list(reports.values()), " or ".join(units))
    save_all(save, report)
    show(as_json, report.to_mapping(), report.lines())
