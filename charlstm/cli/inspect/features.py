"""`charlstm inspect features`: which units tell, and carry, a feature of any text."""

from collections.abc import Mapping

import click

from charlstm.cli.exclusions import Command
from charlstm.cli.options import json_option, load_model, run_option, show
from charlstm.cli.outputs import Output, files_of, save_all, save_option, spare
from charlstm.cli.progress import growing_bar
from charlstm.cli.terminal import typed
from charlstm.cli.texts import ids_of
from charlstm.output.terminal import table
from charlstm.studies.features.characters.catalogue import FEATURES
from charlstm.studies.features.choice import chosen_features
from charlstm.studies.features.measure import (
    CANDIDATES,
    CONTROLS,
    FEWEST_CONTROLS,
    FEWEST_SHIFTS,
    MOST_SHIFTS,
    SHIFTS,
)
from charlstm.text.shown import quoted

CUT = 100_000  # characters


def _definitions(
    ctx: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> Mapping[str, str]:
    """The patterns of --define by their names."""
    del ctx, parameter
    defined: dict[str, str] = {}
    for definition in map(typed, value):
        name, equals, pattern = definition.partition("=")
        if not equals:
            raise click.BadParameter(
                f"{quoted(definition)} defines nothing; write NAME=REGEX, such as 'x=[0-9]+'."
            )
        if name in defined:
            raise click.BadParameter(f"{quoted(name)} is defined twice.")
        defined[name] = pattern
    return defined


@click.command(cls=Command)
@click.argument("text", nargs=-1)
@run_option
@click.option("--feature", "names", multiple=True, metavar="NAME", help="Only it; repeatable.")
@click.option(
    "--define",
    multiple=True,
    metavar="NAME=REGEX",
    callback=_definitions,
    help="A feature of your own, which holds inside the matches; repeatable.",
)
@click.option("--list", "listed", is_flag=True, help="List the features, and do nothing else.")
@click.option("--candidates", default=CANDIDATES, type=click.IntRange(1), help="Units a feature.")
@click.option(
    "--controls", default=CONTROLS, type=click.IntRange(FEWEST_CONTROLS), help="Random units."
)
@click.option(
    "--shifts",
    default=SHIFTS,
    type=click.IntRange(FEWEST_SHIFTS, MOST_SHIFTS),
    help="Shifts of the labels.",
)
@click.option("--seed", default=1, type=click.IntRange(0), help="Decides shifts and controls.")
@click.option("--encoding", default="utf-8", show_default=True, help="How the files are encoded.")
@click.option("--cut", default=CUT, type=click.IntRange(1), help="Read so many characters only.")
@save_option(".html", ".png", ".svg", ".csv", ".json")
@json_option
def command(
    text: tuple[str, ...],
    run: str | None,
    names: tuple[str, ...],
    define: Mapping[str, str],
    listed: bool,
    candidates: int,
    controls: int,
    shifts: int,
    seed: int,
    encoding: str,
    cut: int,
    save: tuple[Output, ...],
    as_json: bool,
) -> None:
    """Find the units that carry a feature of the characters of TEXT, such as an open quotation.

    A unit tells a feature if on the second half of the text its memory follows the feature better
    than the best unit follows labels that are shifted round. It carries the feature if the network
    needs it too: without the unit the characters that need the feature (the closing mark, the
    newline) cost more than without random units, and more than other characters.

    TEXT are files, folders of *.txt, .gz, or - for standard input. Without TEXT the model reads the
    run's own validation part. --save FILE.png colours a passage by the best unit of each feature.
    --save FILE.html writes the page of the model, which names these units.
    """
    if listed:
        _show_library(as_json)
        return
    wanted = [*map(typed, names)]
    chosen_features(wanted, define)  # refuses a wrong one before a model is loaded
    model = load_model(run)
    spare([*text, *files_of(model)], *save)
    ids = ids_of(model, text, encoding, cut)
    with growing_bar("unit") as progress:
        report = model.features(
            ids,
            wanted,
            define,
            candidates=candidates,
            controls=controls,
            shifts=shifts,
            seed=seed,
            progress=progress,
        )
    save_all(save, report)
    show(as_json, report.to_mapping(), report.lines())


def _show_library(as_json: bool) -> None:
    features = [
        {"feature": each.name, "about": each.about, "needing": each.needs or None}
        for each in FEATURES
    ]
    rows = [("feature", "after each character", "what needs it")]
    rows += [(each.name, each.about, each.needs or "-") for each in FEATURES]
    show(as_json, {"features": features}, table(rows, indent=""))
