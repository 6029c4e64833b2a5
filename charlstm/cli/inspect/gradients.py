"""`charlstm inspect gradients`: how far back the gradient of a loss reaches."""

from collections.abc import Iterator

import click

from charlstm.api import Model
from charlstm.cli.exclusions import Command
from charlstm.cli.options import NumberRange, json_option, load_model, note_left_out, show
from charlstm.cli.outputs import Output, files_of, save_all, save_option, spare
from charlstm.cli.texts import ids_of
from charlstm.nn.parameters import Parameters
from charlstm.nn.variants import untrained
from charlstm.pairs.scores import readable
from charlstm.store.metrics import read_numbers
from charlstm.studies.agreement.grammar_pairs import grammar_pairs
from charlstm.studies.inspect.gradients import (
    Clipping,
    Losses,
    Reach,
    clipping,
    losses_along,
    losses_at_verbs,
    reach,
)
from charlstm.studies.inspect.gradients_report import GradientsReport
from charlstm.studies.inspect.spans import spans_of

PAIRS = 40  # for each construction of the grammar


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
    reaches: dict[tuple[str, float], Reach] = {}
    clippings: dict[str, Clipping | None] = {}
    units: dict[str, None] = {}
    for run in runs or (None,):
        model = load_model(run)
        spare([*text, *files_of(model)], *save)
        units[f"{model.vocabulary.unit}s"] = None
        names = (model.name, str(model.path.parent), str(model.path))
        name = next((n for n in names if n not in clippings), names[-1])
        losses = _losses(model, text, encoding, steps, samples)
        rows = read_numbers(model.path.parent / "metrics.csv")
        clippings[name] = clipping(rows, model.config.clip_norm)
        for kind, parameters in _networks(model, fresh, cells):
            for gain in dict.fromkeys((1.0, *gains)):
                reaches[name + kind, gain] = reach(parameters, losses, steps, gain)
    report = GradientsReport(reaches, clippings, losses.place, " or ".join(units))
    save_all(save, report)
    show(as_json, report.to_mapping(), report.lines())


def _losses(model: Model, text: tuple[str, ...], encoding: str, steps: int, samples: int) -> Losses:
    grammar = None if text else grammar_pairs(model.config.corpus)
    if grammar is None:
        return losses_along(ids_of(model, text, encoding), steps, samples, model.vocabulary.unit)
    made = grammar.default(PAIRS).pairs
    pairs, unknown = readable(model.vocabulary, made)
    note_left_out(model, len(made) - len(pairs), unknown)
    return losses_at_verbs(model.vocabulary, spans_of(pairs), steps, samples)


def _networks(
    model: Model, fresh: bool, cells: tuple[str, ...]
) -> Iterator[tuple[str, Parameters]]:
    """The model, and untrained networks of its size: of its own cell, and of these cells."""
    yield "", model.parameters
    for cell in dict.fromkeys([*[""] * fresh, *cells]):
        network = untrained(model.parameters, model.config.seed, cell)
        yield f", fresh {network.cell.name}", network
