"""`charlstm inspect why`: what speaks for a character in the text before it, and which units."""

import shutil

import click

from charlstm.cli.options import (
    color_depth,
    color_option,
    json_option,
    load_model,
    run_option,
    warn_unseen,
)
from charlstm.cli.outputs import Output, files_of, save_all, save_option, spare
from charlstm.cli.progress import counting_bar
from charlstm.cli.terminal import print_json, typed
from charlstm.cli.texts import check_place, given_text
from charlstm.errors import CorpusError
from charlstm.studies.inspect.why import COUNT

MOST = 1000  # characters: the text is read once for each of them


@click.command()
@click.argument("text")
@run_option
@click.option(
    "--at",
    type=int,
    metavar="N",
    help="Explain character N, counted from 0, or the text from there on with --against.  "
    "[default: the last character, or the last word]",
)
@click.option("--against", metavar="OTHER", help="Explain why the text goes on so, and not so.")
@click.option(
    "--count", default=COUNT, type=click.IntRange(1), help="Characters and units to list."
)
@color_option
@save_option(".png", ".svg", ".csv", ".json")
@json_option
def command(
    text: str,
    run: str | None,
    at: int | None,
    against: str | None,
    count: int,
    color: str,
    save: tuple[Output, ...],
    as_json: bool,
) -> None:
    """Explain a character of TEXT, or of standard input for -, by the characters before it.

    \b
    charlstm inspect why "The cats which already ate the fish were" --against " was"

    Each earlier character's influence on the log-probability is measured in three ways: by the
    gradient with a sign, by its size, and exactly, by leaving the character out. The logit follows
    as a sum over the top layer's units.

    With --against OTHER it is the influence on how much likelier the text's end is than OTHER. The
    end is the last word, with the blank before it if OTHER begins with one.
    """  # noqa: D301 - click's \b is the character itself
    model = load_model(run)
    spare(files_of(model), *save)
    given = given_text(model, text, MOST, None)
    other = None if against is None else typed(against)
    if at is not None:
        check_place(model, at, len(given))
    elif other is None:
        at = len(given) - 1
    else:
        at = _last_word(given, other[:1].isspace())
    if not at:
        raise CorpusError("nothing comes before it; give --at a later character")
    before, after = given[:at], given[at:] if other is not None else given[at : at + 1]
    warn_unseen(model, before)
    with counting_bar(at, model.vocabulary.unit) as progress:
        explanation = model.why(before, after, other, progress=progress)
    save_all(save, explanation)
    if as_json:
        print_json(explanation.to_mapping())
        return
    width = shutil.get_terminal_size((80, 24)).columns
    for line in explanation.lines(width, color_depth(color), count):
        click.echo(line, color=True)  # lines hold our own escape sequences


def _last_word(text: str | bytes, with_blank: bool) -> int:
    """Where the last word begins, or the blank before it; 0 if there is no blank."""
    words = text if isinstance(text, str) else text.decode("latin-1")  # as many characters as bytes
    end = len(words.rstrip())
    blank = max(words.rfind(" ", 0, end), words.rfind("\n", 0, end))
    return blank if with_blank and blank >= 0 else blank + 1
