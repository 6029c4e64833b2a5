"""`charlstm inspect text`: a text as the model reads it, coloured by what one unit holds."""

from pathlib import Path
from typing import Any

import click

from charlstm.cli.inspect.shared import checked_index, color_option, colour_depth, columns, echo
from charlstm.cli.options import json_option, load_model, run_option, save_option, warn_unseen
from charlstm.cli.terminal import note, print_json, utf8_output
from charlstm.cli.texts import given_text

MOST = 10_000  # characters


@click.command()
@click.argument("text")
@run_option
@click.option("--layer", type=int, help="Layer, counted from 0.  [default: the last]")
@click.option(
    "--unit",
    "units",
    type=int,
    multiple=True,
    help="Unit, counted from 0; repeatable.  [default: the most telling]",
)
@click.option("--count", default=2, type=click.IntRange(1), help="How many units to pick.")
@click.option("--span", metavar="PART", help="Pick units that hold this part of the text.")
@click.option("--top", default=3, type=click.IntRange(0, 5), help="How many guesses to show.")
@click.option("--cut", type=click.IntRange(1), help="Look at so many characters only.")
@color_option
@save_option(".html", ".png", ".svg", ".csv", ".json")
@json_option
def command(
    text: str,
    run: str | None,
    layer: int | None,
    units: tuple[int, ...],
    count: int,
    span: str | None,
    top: int,
    cut: int | None,
    color: str,
    save: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Show TEXT, or standard input for -, as the model reads it.

    Every character is coloured by a unit's tanh(c), from red (-1) to blue (1), with its gates
    below, and has above it how surprising it was and what was expected in its place.

    --save FILE.html writes a page with all units, to step through by key, look at characters, and
    mark a span to find the units that are on over all of it and off elsewhere.
    """
    utf8_output()
    from charlstm.output.write import plain
    from charlstm.studies.inspect.reading_table import to_mapping
    from charlstm.trace import TOP, trace_text

    model = load_model(run)
    architecture = model.parameters.architecture
    last = architecture.num_layers - 1
    at = last if layer is None else checked_index("layer", layer, last + 1)
    for unit in units:
        checked_index("unit", unit, architecture.hidden_size)
    given = given_text(model, text, _limit(model, save), cut)
    warn_unseen(model, given)
    trace = trace_text(model.parameters, model.vocabulary, given, TOP)
    chosen = [(at, unit) for unit in units]
    if not chosen:
        held = _holding(trace, given, span, count) if span else []
        chosen = held or _telling(trace, at, count)
    _write(save, model, trace, chosen, top)
    if as_json:
        print_json(plain(to_mapping(trace, chosen)))
        return
    _show(trace, chosen, top, color)


def _telling(trace: Any, layer: int, count: int) -> list[tuple[int, int]]:
    from charlstm.studies.inspect.telling import telling

    units = telling(trace.memory[layer], count)
    note(f"most telling of layer {layer}: unit {', '.join(map(str, units))}; --unit shows another")
    return [(layer, unit) for unit in units]


def _show(trace: Any, chosen: list[tuple[int, int]], top: int, color: str) -> None:
    import numpy as np

    from charlstm.output.terminal import Depth
    from charlstm.studies.inspect.strips import draw, trace_strips, unit_strips

    depth, wide = colour_depth(color), columns()
    echo(draw(trace_strips(trace, top), wide, depth))
    for layer, unit in chosen:
        click.echo(f"\nlayer {layer}, unit {unit}")
        echo(draw(unit_strips(trace, layer, unit), wide, depth))
    known = np.isfinite(trace.surprisal)
    click.echo("")
    if known.any():
        click.echo(f"{trace.surprisal[known].mean():.3f} bits/char over {known.sum():,} characters")
    low, high = ("red -1", "blue 1") if depth is not Depth.NONE else ("▁ -1", "█ 1")
    click.echo(f"{trace.memory_label}: {low} to {high}; gates 0 to 1; guesses are for that place")


def _limit(model: Any, save: tuple[Path, ...]) -> int:
    """How many characters this view holds; a page holds fewer of a large network."""
    from charlstm.studies.inspect.reading_page import longest

    if all(path.suffix.lower() != ".html" for path in save):
        return MOST
    architecture = model.parameters.architecture
    gates = len(model.parameters.cell.inputs)
    return min(MOST, longest(architecture.num_layers, architecture.hidden_size, gates))


def _holding(trace: Any, text: Any, span: str, count: int) -> list[tuple[int, int]]:
    from charlstm.errors import CorpusError
    from charlstm.studies.inspect.brush import THRESHOLD, holding

    part = span.encode() if isinstance(text, bytes) else span
    first = text.find(part)
    if first < 0:
        raise CorpusError(f"the text has no part {span!r}; --span takes a piece of it")
    found = holding(trace.memory, first, first + len(part) - 1)
    units = list(dict.fromkeys((one.layer, one.unit) for one in found))[:count]
    for one in found[:count]:
        note(
            f"{one.layer}.{one.unit} is {'above ' if one.sign > 0 else 'below -'}{THRESHOLD} over "
            f"all of it, and over {one.elsewhere:.0%} of the rest"
        )
    if not units:
        note("no unit holds all of that part")
    return units


def _write(
    save: tuple[Path, ...],
    model: Any,
    trace: Any,
    chosen: list[tuple[int, int]],
    top: int,
) -> None:
    from charlstm.output.write import write_csv, write_json
    from charlstm.studies.inspect.reading_table import to_mapping, to_table

    run = model.path.resolve().parent.name
    for path in save:
        match path.suffix.lower():
            case ".csv":
                write_csv(path, *to_table(trace, chosen))
            case ".json":
                write_json(path, to_mapping(trace, chosen))
            case ".html":
                from charlstm.store.atomic import atomic_write
                from charlstm.studies.inspect.reading_page import reading_page

                shape = model.parameters.architecture
                about = (
                    f"{len(trace.symbols):,} characters read by {run}: {shape.cell}, "
                    f"{shape.num_layers} × {shape.hidden_size} units"
                )
                html = reading_page(trace, chosen[0], f"Inside {run}", about)
                with atomic_write(path) as file:
                    file.write(html)
            case _:
                from charlstm.output.figure import write_figure
                from charlstm.studies.inspect.reading_figure import figure

                write_figure(path, figure(trace, chosen, top, run))
        note(f"wrote {path}")
