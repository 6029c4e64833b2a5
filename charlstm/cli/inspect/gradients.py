"""`charlstm inspect gradients`: how far back the gradient of a loss reaches."""

from pathlib import Path
from typing import Any

import click

from charlstm.cli.inspect.gradients_show import show
from charlstm.cli.options import json_option, load_model, save_option
from charlstm.cli.terminal import note, print_json, utf8_output
from charlstm.cli.texts import ids_of


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option("--fresh", is_flag=True, help="Also each network as it was before training.")
@click.option("--cell", "cells", multiple=True, help="Also a fresh network of this cell.")
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
    text: tuple[str, ...],
    encoding: str,
    steps: int,
    samples: int,
    save: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Measure the gradient of a loss k steps back, for each RUN and fresh networks beside them.

    The loss is at the verb of sentences like the run's corpus, if that was made by the grammar,
    else all along its validation part. --save FILE.png draws a curve for each network.
    """
    utf8_output()
    from charlstm.output.write import plain, write_csv, write_json
    from charlstm.store.metrics import read
    from charlstm.studies.inspect.clipping import clipping
    from charlstm.studies.inspect.gradients import reach
    from charlstm.studies.inspect.gradients_table import HEAD, to_mapping, to_rows

    reaches, clips = {}, {}
    for run in runs or (None,):
        model = load_model(run)
        name = model.path.parent.name
        name = str(model.path.parent) if name in reaches else name
        ids, targets, where = _losses(model, text, encoding, steps, samples)
        reaches[name] = reach(model.parameters, ids, targets, steps)
        clips[name] = clipping(read(model.path.parent / "metrics.csv"), model.config.clip_norm)
        for kind, network in _fresh(model, fresh, cells):
            reaches[f"{name}, fresh {kind}"] = reach(network, ids, targets, steps)
    for path in save:
        if path.suffix.lower() == ".csv":
            write_csv(path, HEAD, to_rows(reaches))
        elif path.suffix.lower() == ".json":
            write_json(path, to_mapping(reaches, clips))
        else:
            from charlstm.output.figure import write_figure
            from charlstm.studies.inspect.gradients_figure import figure

            write_figure(path, figure(reaches, f"Gradient of a loss {where}"))
        note(f"wrote {path}")
    if as_json:
        print_json(plain(to_mapping(reaches, clips)))
    else:
        show(reaches, clips, where)


def _losses(
    model: Any, text: tuple[str, ...], encoding: str, steps: int, samples: int
) -> tuple[Any, Any, str]:
    from charlstm.pairs.scores import readable
    from charlstm.studies.agreement import pair_sets
    from charlstm.studies.inspect.gradients import along, at_verbs
    from charlstm.studies.inspect.spans import spans

    settings = None if text else pair_sets.settings_of(model.config.corpus)
    if settings is None:
        ids = ids_of(model, text, encoding)
        return *along(ids, steps, samples), "along the text"
    pairs, _ = readable(model.vocabulary, pair_sets.default_set(settings[0], 40).pairs)
    return *at_verbs(model.vocabulary, spans(pairs), steps, samples), "at the verb"


def _fresh(model: Any, fresh: bool, cells: tuple[str, ...]) -> list[tuple[str, Any]]:
    """Untrained networks of the run's size: its own kind, and these cells'."""
    from charlstm.nn.parameters import Architecture, Parameters

    own = model.parameters.architecture
    wanted = [own] if fresh else []
    wanted += [Architecture(cell, {}, own.hidden_size, own.num_layers) for cell in cells]
    made = []
    for architecture in wanted:
        network = Parameters(architecture, model.parameters.vocabulary_size)
        network.initialise(model.config.seed)
        made.append((architecture.cell, network))
    return made
