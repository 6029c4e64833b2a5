"""`charlstm inspect attention`: what a model with attention looks back at."""

import shutil
from collections.abc import Sequence

import click

from charlstm.api import Model
from charlstm.cli.exclusions import Command
from charlstm.cli.options import (
    color_depth,
    color_option,
    json_option,
    load_model,
    run_option,
    warn_unseen,
)
from charlstm.cli.outputs import Output, files_of, has_page, save_all, save_option, spare
from charlstm.cli.terminal import print_json
from charlstm.cli.texts import given_text
from charlstm.errors import CharlstmError
from charlstm.studies.inspect.attention import AttentionView, page_limit, require_attention
from charlstm.trace import trace_text

MOST = 10_000  # characters


@click.command(cls=Command)
@click.argument("text")
@run_option
@click.option(
    "--at",
    type=int,
    multiple=True,
    help="Show the step that predicts character N, counted from 0; repeatable.  [default: all]",
    metavar="N",
)
@click.option("--cut", type=click.IntRange(1), help="Read only so many characters.")
@color_option
@save_option(".html", ".png", ".svg", ".csv", ".json")
@json_option
def command(
    text: str,
    run: str | None,
    at: tuple[int, ...],
    cut: int | None,
    color: str,
    save: tuple[Output, ...],
    as_json: bool,
) -> None:
    """Show what each step looks back at while a model reads TEXT, or standard input for -.

    --at N is the step that predicts character N. It has read the characters before N, and looks at
    the outputs after them, but for the last one, which is its own. So --at the first character of
    a verb shows what the model looked at when it chose the verb. Place -1 is the newline before the
    text.

    --save FILE.html writes a page: point at a character, and see what was looked at.
    """
    model = load_model(run)
    spare(files_of(model), *save)
    architecture = model.parameters.architecture
    require_attention(architecture, model.name)
    limit = min(MOST, page_limit(architecture.attention)) if has_page(save) else MOST
    given = given_text(model, text, limit, cut)
    _check_places(model, at, len(given))
    warn_unseen(model, given)
    trace = trace_text(model.parameters, model.vocabulary, given)
    view = AttentionView(trace, at, model.name, _about(model, len(given)))
    save_all(save, view)
    if as_json:
        print_json(view.to_mapping())
        return
    for line in view.lines(shutil.get_terminal_size((80, 24)).columns, color_depth(color)):
        click.echo(line, color=True)  # lines hold our own escape sequences


def _check_places(model: Model, at: Sequence[int], count: int) -> None:
    unit = model.vocabulary.unit
    for place in at:
        if not 0 <= place < count:
            raise CharlstmError(
                f"--at {place}: there is no such {unit}; the text has {unit}s 0 to {count - 1}"
            )


def _about(model: Model, count: int) -> str:
    architecture = model.parameters.architecture
    return (
        f"{count:,} {model.vocabulary.unit}s read by {model.name}: {architecture.cell}, "
        f"{architecture.num_layers} × {architecture.hidden_size} units, attention over "
        f"{architecture.attention} outputs"
    )
