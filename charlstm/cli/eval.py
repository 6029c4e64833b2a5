"""`charlstm eval`: how well a model predicts a text."""

from collections.abc import Mapping, Sequence
from typing import Any

import click
import numpy as np

from charlstm.api.predicting import Predicting
from charlstm.cli.blend import Share, blend_option, blend_record, blended
from charlstm.cli.dynamic import (
    dynamic_line,
    dynamic_mapping,
    dynamic_options,
    scored_dynamically,
    settings_of,
)
from charlstm.cli.exclusions import Command
from charlstm.cli.options import json_option, load_model, run_option
from charlstm.cli.terminal import note, print_json
from charlstm.cli.texts import check_known, ids_of, joined, refuse_wide
from charlstm.cli.what_if import Named, ablate_option, what_if, with_changes
from charlstm.dynamic import Dynamic
from charlstm.errors import CorpusError
from charlstm.score import TextScore
from charlstm.text.decoding import read_text
from charlstm.text.shown import printable
from charlstm.text.vocabulary import Tokens


@click.command(cls=Command)
@click.argument("text", nargs=-1)
@run_option
@click.option("--lines", is_flag=True, help="Score each line by itself, its newline included.")
@click.option("--encoding", default="utf-8", show_default=True, help="How the files are encoded.")
@blend_option
@ablate_option
@dynamic_options
@json_option
def command(
    text: tuple[str, ...],
    run: str | None,
    lines: bool,
    encoding: str,
    blend: tuple[Share, ...],
    ablate: tuple[Named, ...],
    dynamic: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Score TEXT: files, folders of *.txt, gzip, or - for standard input.

    Without TEXT it scores the run's own validation part. It reads unknown characters but does not
    score them.
    """
    model = blended(what_if(load_model(run), ablate), blend)
    if lines:
        _score_lines(model, text, encoding, as_json)
    else:
        _score(model, text, encoding, settings_of(settings) if dynamic else None, as_json)


def _score(
    model: Predicting,
    text: tuple[str, ...],
    encoding: str,
    dynamic: Dynamic | None,
    as_json: bool,
) -> None:
    """Print the score of the whole text, and that by weights that follow it."""
    ids = ids_of(model, text, encoding)
    if not ids.size:
        raise CorpusError("there is no text to score")
    score, *scores = model.score_each(ids, cut=not text)
    parts = list(zip(blend_record(model), scores, strict=True))
    if not score.bytes:
        raise CorpusError("the model knows none of the text's characters")
    moved = scored_dynamically(model, ids, dynamic, cut=not text) if dynamic else None
    if as_json:
        mapping = _to_mapping(score, model.vocabulary.tokens)
        if parts:
            tokens = model.vocabulary.tokens
            mapping["blend"] = [record | _to_mapping(part, tokens) for record, part in parts]
        if dynamic and moved:
            numbers = _to_mapping(moved, model.vocabulary.tokens)
            mapping["dynamic"] = numbers | dynamic_mapping(dynamic)
        print_json(with_changes(mapping, model))
        return
    per_char = f"{score.nats_per_char:.4f} nats/char", f"{score.bits_per_char:.4f} bits/char"
    per_byte = f"{score.nats_per_byte:.4f} nats/byte", f"{score.bits_per_byte:.4f} bits/byte"
    if model.vocabulary.tokens == "char":
        own, other, of_other = per_char, per_byte, f"{score.bytes:,} bytes"
        scored = f"{score.characters:,} characters scored, {score.unknown:,} unknown left out"
    else:
        own, other, of_other = per_byte, per_char, f"{score.characters or 0:,} characters"
        scored = f"{score.bytes:,} bytes scored"
    click.echo("\n".join([*own, f"{score.perplexity:.4f} perplexity", scored]))
    if score.characters is None:
        click.echo("the text is not UTF-8, so nothing can be said per character")
    elif score.characters != score.bytes:
        click.echo(f"in UTF-8: {', '.join(other)} over {of_other}")
    for record, part in parts:
        click.echo(printable(_part_line(record, part, model.vocabulary.tokens)))
    if dynamic and moved:
        click.echo(dynamic_line(moved, score, dynamic, model.vocabulary.unit))


def _part_line(record: Mapping[str, Any], score: TextScore, tokens: Tokens) -> str:
    """The score of one run of a blend, by itself."""
    nats = score.nats_per_byte if tokens == "byte" else score.nats_per_char
    unknown = f", {score.unknown:,} unknown left out" if score.unknown else ""
    return f"{record['share']:.3g} {record['run']}: {nats:.4f} nats/{tokens}{unknown}"


def _to_mapping(score: TextScore, tokens: Tokens) -> dict[str, Any]:
    """The score for --json."""
    measures = ("nats_per_char", "bits_per_char", "nats_per_byte", "bits_per_byte", "perplexity")
    values = {name: getattr(score, name) for name in measures}
    counts = {"characters": score.characters, "bytes": score.bytes, "unknown": score.unknown}
    return {**values, **counts, "tokens": tokens}


def _score_lines(model: Predicting, text: tuple[str, ...], encoding: str, as_json: bool) -> None:
    """Print the log-likelihood of each line."""
    whole = joined(read_text(text, tokens=model.vocabulary.tokens, encoding=encoding, on_note=note))
    if not whole:
        raise CorpusError("there is no text to score")
    vocabulary = model.vocabulary
    refuse_wide(text, encoding, vocabulary.unseen(whole))
    check_known(vocabulary, vocabulary.encode(whole), vocabulary.unseen(whole))
    lines = _lines(whole)
    scores = model.log_likelihoods(lines)
    shown = [line.decode("utf-8", "replace") if isinstance(line, bytes) else line for line in lines]
    unknown = [np.count_nonzero(vocabulary.encode(line) == vocabulary.unknown) for line in lines]
    rows = [
        (line[:-1], score, count) for line, score, count in zip(shown, scores, unknown, strict=True)
    ]
    if as_json:
        keys = "text", "log_likelihood", "unknown"
        scored = [dict(zip(keys, row, strict=True)) for row in rows]
        print_json(with_changes({"lines": scored}, model))
        return
    for line, score, count in rows:
        click.echo(f"{score:10.4f}  {printable(line)}{f'  ({count} unknown)' if count else ''}")


def _lines(whole: str | bytes) -> Sequence[str | bytes]:
    """The lines of a text, each with its newline, which the last one is given if it has none."""
    if isinstance(whole, bytes):
        return [line + b"\n" for line in whole.removesuffix(b"\n").split(b"\n")]
    return [line + "\n" for line in whole.removesuffix("\n").split("\n")]
