"""`charlstm inspect text`: a text as the model reads it, coloured by one unit's memory."""

import shutil

import click

from charlstm.api import Model
from charlstm.cli.exclusions import Command
from charlstm.cli.options import (
    checked_layer,
    color_depth,
    color_option,
    json_option,
    load_model,
    run_option,
    warn_unseen,
)
from charlstm.cli.outputs import Output, files_of, has_page, save_all, save_option, spare
from charlstm.cli.terminal import note, print_json, typed
from charlstm.cli.texts import given_text
from charlstm.cli.units import UNIT
from charlstm.errors import CorpusError
from charlstm.nn.units import checked_unit
from charlstm.output.page.network import page_limit
from charlstm.studies.describe.equations import one_step
from charlstm.studies.inspect.salience import THRESHOLD, salient_units, units_on_over
from charlstm.studies.inspect.text import TextView
from charlstm.text.shown import quoted
from charlstm.trace import TOP, Trace, trace_text

MOST = 10_000  # characters


@click.command(cls=Command)
@click.argument("text")
@run_option
@click.option(
    "--unit",
    "units",
    type=UNIT,
    multiple=True,
    help="Unit, such as 0:78; repeatable.  [default: the most salient]",
)
@click.option("--layer", type=int, help="Pick units of this layer.  [default: the last]")
@click.option("--count", default=2, type=click.IntRange(1), help="How many units to pick.")
@click.option("--span", metavar="PART", help="Pick units that are on over this part of the text.")
@click.option("--top", default=3, type=click.IntRange(0, 5), help="How many guesses to show.")
@click.option("--cut", type=click.IntRange(1), help="Read only so many characters.")
@color_option
@save_option(".html", ".png", ".svg", ".csv", ".json")
@json_option
def command(
    text: str,
    run: str | None,
    layer: int | None,
    units: tuple[tuple[int | None, int], ...],
    count: int,
    span: str | None,
    top: int,
    cut: int | None,
    color: str,
    save: tuple[Output, ...],
    as_json: bool,
) -> None:
    """Show TEXT, or standard input for -, as the model reads it.

    A unit's tanh(c) colours every character, from red (-1) to blue (1). The rows above the text
    show each character's surprisal and the model's guesses. The rows below show the unit's gates
    and h.

    --save FILE.html writes a page with all units. Step through them by key, or look at a character.
    Mark a span to find the units that are on over all of it and off elsewhere.
    """
    model = load_model(run)
    spare(files_of(model), *save)
    architecture = model.parameters.architecture
    at = checked_layer(architecture, layer)
    chosen = [checked_unit(architecture, unit) for unit in units]
    given = given_text(model, text, _limit(model, save), cut)
    warn_unseen(model, given)
    trace = trace_text(model.parameters, model.vocabulary, given, TOP)
    if not chosen and span:
        chosen = _on_over(trace, given, typed(span), count)
    if not chosen:
        chosen = _salient(trace, at, count)
    written, about = one_step(model.parameters.cell).written, model.read_by(len(trace.symbols))
    view = TextView(trace, chosen, top, model.name, written, about, model.on_the_way)
    save_all(save, view)
    if as_json:
        print_json(view.to_mapping())
        return
    for line in view.lines(shutil.get_terminal_size((80, 24)).columns, color_depth(color)):
        click.echo(line, color=True)  # lines hold our own escape sequences


def _limit(model: Model, save: tuple[Output, ...]) -> int:
    """How many characters this view takes; a page has room for fewer of a large network."""
    return min(MOST, page_limit(model.parameters)) if has_page(save) else MOST


def _salient(trace: Trace, layer: int, count: int) -> list[tuple[int, int]]:
    units = salient_units(trace.memory[layer], count)
    names = ", ".join(f"{layer}:{unit}" for unit in units)
    note(f"most salient of layer {layer}: {names}; --unit shows another")
    return [(layer, unit) for unit in units]


def _on_over(trace: Trace, text: str | bytes, span: str, count: int) -> list[tuple[int, int]]:
    """At most `count` units that are on over the first occurrence of `span`."""
    if isinstance(text, bytes):
        start, length = text.find(span.encode()), len(span.encode())
    else:
        start, length = text.find(span), len(span)
    if start < 0:
        raise CorpusError(f"the text has no part {quoted(span)}; --span takes a piece of it")
    units = units_on_over(trace.memory, start, start + length)
    for unit in units[:count]:
        bound = f"above {THRESHOLD}" if unit.sign > 0 else f"below -{THRESHOLD}"
        note(
            f"{unit.layer}:{unit.unit} is {bound} over all of it, and over {unit.elsewhere:.0%} "
            "of the rest"
        )
    if not units:
        note("no unit is on over all of that part")
    return list(dict.fromkeys((unit.layer, unit.unit) for unit in units))[:count]
