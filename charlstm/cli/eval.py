"""`charlstm eval`: how well a model predicts a text."""

from typing import Any

import click

from charlstm.cli.options import json_option, load_model, run_option, warn_unseen
from charlstm.cli.terminal import print_json, printable, utf8_output
from charlstm.errors import CorpusError


@click.command()
@click.argument("text", nargs=-1)
@run_option
@click.option("--lines", is_flag=True, help="Score each line by itself, its newline included.")
@click.option("--encoding", default="utf-8", show_default=True, help="How the files are encoded.")
@json_option
def command(
    text: tuple[str, ...], run: str | None, lines: bool, encoding: str, as_json: bool
) -> None:
    """Score TEXT: files, folders of *.txt, .gz, or - for standard input.

    Without TEXT it is the run's own validation part. Unknown characters are read but not scored.
    """
    utf8_output()
    model = load_model(run)
    if lines:
        _score_lines(model, text, encoding, as_json)
    else:
        _score(model, text, encoding, as_json)


def _score(model: Any, text: tuple[str, ...], encoding: str, as_json: bool) -> None:
    from charlstm.cli.texts import ids_of
    from charlstm.evaluate import score_text

    ids = ids_of(model, text, encoding)
    if not ids.size:
        raise CorpusError("there is no text to score")
    score = score_text(model.parameters, ids, int(model.vocabulary.encode("\n")[0]))
    if not score.characters:
        raise CorpusError("the model knows none of the text's characters")
    result = {
        "nats_per_char": score.nats_per_char,
        "bits_per_char": score.bits_per_char,
        "perplexity": score.perplexity,
        "characters": score.characters,
        "unknown": score.unknown,
    }
    if as_json:
        print_json(result)
        return
    click.echo(f"{score.nats_per_char:.4f} nats/char")
    click.echo(f"{score.bits_per_char:.4f} bits/char")
    click.echo(f"{score.perplexity:.4f} perplexity")
    click.echo(f"{score.characters:,} characters scored, {score.unknown:,} unknown left out")


def _score_lines(model: Any, text: tuple[str, ...], encoding: str, as_json: bool) -> None:
    if not text:
        raise click.UsageError("--lines needs a TEXT, or - for standard input.")
    from charlstm.text.decoding import read_text

    pieces = list(read_text(text, tokens=model.vocabulary.tokens, encoding=encoding))
    if not pieces:
        raise CorpusError("there is no text to score")
    newline: Any = b"\n" if isinstance(pieces[0], bytes) else "\n"
    whole = newline[:0].join(pieces)
    warn_unseen(model, whole)
    rows = whole.removesuffix(newline).split(newline)
    scores = model.log_likelihoods([row + newline for row in rows])
    shown = [row.decode("utf-8", "replace") if isinstance(row, bytes) else row for row in rows]
    if as_json:
        print_json(
            {
                "lines": [
                    {"text": row, "log_likelihood": score}
                    for row, score in zip(shown, scores, strict=True)
                ]
            }
        )
        return
    for row, score in zip(shown, scores, strict=True):
        click.echo(f"{score:10.4f}  {printable(row)}")
