"""`charlstm cloze`: how likely each of several continuations is after a prime."""

import shlex

import click

from charlstm.cli.blend import Share, blend_option, blended
from charlstm.cli.options import json_option, load_model, run_option, show, warn_unseen
from charlstm.cli.terminal import note, note_if_file, unescaped
from charlstm.cli.what_if import Held, Named, ablate_option, hold_option, what_if, with_changes


@click.command()
@run_option
@click.option("--prime", required=True, help=r"What comes before; \n and \t are understood.")
@click.argument("choices", nargs=-1, required=True)
@blend_option
@ablate_option
@hold_option
@json_option
def command(
    run: str | None,
    prime: str,
    choices: tuple[str, ...],
    blend: tuple[Share, ...],
    ablate: tuple[Named, ...],
    hold: tuple[Held, ...],
    as_json: bool,
) -> None:
    """Compare the probabilities of CHOICES after a prime.

    \b
    charlstm cloze --prime "The cats which already ate the fish" " was" " were"

    The share is each choice's probability among those given. The prime is read as it is, like that
    of sample. "\\n..." begins where agree, eval and inspect begin, after a newline.
    """  # noqa: D301 - click's \b is the character itself
    model = blended(what_if(load_model(run), ablate, hold), blend)
    for text in (prime, *choices):
        note_if_file(text, f'"$(cat {shlex.quote(text)})"')
    texts = [unescaped(choice) for choice in choices]
    if not all(texts):
        raise click.UsageError("a choice is empty.")
    before = unescaped(prime)
    cloze = model.cloze(before, texts)
    warn_unseen(model, before)
    if not cloze.after_newline:
        note(
            "the prime is read as it is; agree, eval and inspect read a newline first, as "
            r'--prime "\n..." does'
        )
    show(as_json, with_changes(cloze.to_mapping(), model), cloze.lines())
