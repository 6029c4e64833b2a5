"""`charlstm inspect attention`: what a model looks back at, in a text or when it decides verbs."""

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
    show,
    warn_unseen,
)
from charlstm.cli.outputs import Output, files_of, has_page, save_all, save_option, spare
from charlstm.cli.pairs import given_pairs, inputs_of, lower_option, pairs_option
from charlstm.cli.progress import counting_bar
from charlstm.cli.terminal import note, print_json
from charlstm.cli.texts import check_place, given_text
from charlstm.pairs.pair import PER_CONDITION, SEED
from charlstm.studies.inspect.attention import page_limit
from charlstm.studies.inspect.heads import require_attention, require_head

MOST = 10_000  # characters


@click.command(cls=Command)
@click.argument("text", required=False)
@run_option
@click.option(
    "--at",
    type=int,
    multiple=True,
    help="Show the step that predicts character N, counted from 0; repeatable.  [default: all]",
    metavar="N",
)
@click.option(
    "--head",
    type=int,
    help="Show the weights of head K, counted from 0.  [default: the mean of all heads]",
    metavar="K",
)
@click.option("--cut", type=click.IntRange(1), help="Read only so many characters.")
@color_option
@pairs_option("Your own pairs, with subject_end; repeatable.")
@lower_option
@click.option(
    "--per-condition",
    type=click.IntRange(2),
    default=PER_CONDITION,
    help="Pairs made for each condition.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=SEED, help="Decides pairs and random places."
)
@save_option(".html", ".png", ".svg", ".csv", ".json")
@json_option
def command(
    text: str | None,
    run: str | None,
    at: tuple[int, ...],
    head: int | None,
    cut: int | None,
    color: str,
    pairs: tuple[str, ...],
    lower: bool,
    per_condition: int,
    seed: int,
    save: tuple[Output, ...],
    as_json: bool,
) -> None:
    """Show what a model with attention looks back at while it reads TEXT, or standard input for -.

    --at N is the step that predicts character N. It has read the characters before N, and looks at
    the outputs after them, but for the last one, which is its own. So --at the first character of
    a verb shows what the model looked at when it chose the verb. Place -1 is the newline before the
    text.

    Without TEXT it reads minimal pairs, those of --pairs or those of `charlstm agree`: how much of
    the weight lies on the subject when the verb is decided, and whether agreement falls when the
    subject's outputs are hidden. With --head K they are hidden from that head alone.

    --save FILE.html writes a page: point at a character, and see what was looked at.
    """
    model = load_model(run)
    spare([*inputs_of(pairs), *files_of(model)], *save)
    architecture = model.parameters.architecture
    require_attention(architecture, model.name)
    require_head(architecture, model.name, head)
    if text is not None:
        _show_text(model, text, at, head, cut, color, save, as_json)
        return
    if has_page(save):
        raise click.UsageError("a page shows a TEXT; give one, or save the pairs as .csv or .png.")
    given = given_pairs(model, pairs, per_condition, seed, lower=lower).pairs
    with counting_bar(len(given), "pair") as progress:
        report = model.attention_in_pairs(given, head=head, seed=seed, progress=progress)
    if left_out := len(given) - len(report.looks):
        note(f"left out {left_out:,} pair{'s' * (left_out != 1)} without subject_end")
    save_all(save, report)
    show(as_json, report.to_mapping(), report.lines())


def _show_text(
    model: Model,
    text: str,
    at: Sequence[int],
    head: int | None,
    cut: int | None,
    color: str,
    save: Sequence[Output],
    as_json: bool,
) -> None:
    shape = model.parameters.architecture
    most = page_limit(shape.attention, shape.attention_heads) if has_page(save) else MOST
    limit = min(MOST, most)
    given = given_text(model, text, limit, cut)
    for place in at:
        check_place(model, place, len(given))
    warn_unseen(model, given)
    view = model.attention(given, at, head)
    save_all(save, view)
    if as_json:
        print_json(view.to_mapping())
        return
    for line in view.lines(shutil.get_terminal_size((80, 24)).columns, color_depth(color)):
        click.echo(line, color=True)  # lines hold our own escape sequences
