"""`charlstm cloze`: how likely each of several continuations is after a prime."""

import math
import shlex

import click

from charlstm.cli.options import json_option, load_model, run_option, warn_unseen
from charlstm.cli.terminal import note_if_file, print_json, unescaped
from charlstm.errors import CorpusError
from charlstm.text.shown import names, printable, quoted, width
from charlstm.text.unknown import cure


@click.command()
@run_option
@click.option("--prime", required=True, help=r"What comes before; \n and \t are understood.")
@click.argument("choices", nargs=-1, required=True)
@json_option
def command(run: str | None, prime: str, choices: tuple[str, ...], as_json: bool) -> None:
    """Compare the probabilities of CHOICES after a prime.

    \b
    charlstm cloze --prime "The cats which already ate the fish" " was" " were"

    The share is each choice's probability among those given.
    """  # noqa: D301 - click's \b is the character itself
    model = load_model(run)
    for text in (prime, *choices):
        note_if_file(text, f'"$(cat {shlex.quote(text)})"')
    texts = [unescaped(choice) for choice in choices]
    if not all(texts):
        raise click.UsageError("a choice is empty.")
    before = unescaped(prime)
    unseen = model.vocabulary.unseen("".join(texts))
    if unseen:
        helped = cure(model.vocabulary, unseen)
        raise CorpusError(
            f"the model has never seen {names(unseen)} and cannot say how likely that is{helped}"
        )
    warn_unseen(model, before)
    scores = model.log_likelihoods(texts, before)
    highest = max(scores)
    weights = [math.exp(score - highest) for score in scores]
    records = [
        {"text": text, "log_likelihood": score, "share": weight / sum(weights)}
        for text, score, weight in zip(texts, scores, weights, strict=True)
    ]
    if as_json:
        print_json({"choices": records})
        return
    click.echo(printable(before) + " …")
    shown = list(map(quoted, texts))
    most = max(map(width, shown))
    click.echo(f"  {'':{most}}  probability  log-likelihood   share")
    for text, score, weight in zip(shown, scores, weights, strict=True):
        click.echo(
            f"  {text}{' ' * (most - width(text))}  {math.exp(score):11.3g}  {score:9.3f} nats  "
            f"{weight / sum(weights):6.1%}"
        )
