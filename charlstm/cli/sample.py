"""`charlstm sample`: a trained model writes, character by character."""

import codecs
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import click

from charlstm.api import Model
from charlstm.cli.exclusions import Command
from charlstm.cli.options import json_option, load_model, run_option, warn_unseen
from charlstm.cli.terminal import copied, note, note_if_file, print_json, unescaped
from charlstm.cli.what_if import Held, Named, ablate_option, hold_option, what_if, with_changes
from charlstm.errors import ConfigError, CorpusError, shortened
from charlstm.sampler import Filters
from charlstm.text.shown import printable, quoted
from charlstm.text.unknown import cure

if TYPE_CHECKING:  # sampling starts faster without it
    from charlstm.novelty import Novelty

SEPARATOR = b"\n----------\n"


@click.command(cls=Command)
@run_option
@click.option("--prime", default=None, help=r"Text to go on from; \n and \t are understood.")
@click.option("--prime-file", metavar="FILE", help="Read the prime from a file, or - for stdin.")
@click.option(
    "--length", default=500, type=click.IntRange(0), help="Characters (or bytes) to write."
)
@click.option("--temperature", default=1.0, help="0 is greedy.")
@click.option("--top-k", type=int, help="Keep the K likeliest characters.")
@click.option("--top-p", type=float, help="Keep the likeliest with P of the probability together.")
@click.option("--min-p", type=float, help="Keep those at least P times as likely as the likeliest.")
@click.option("--stop", multiple=True, metavar="TEXT", help="End before this text; repeatable.")
@click.option("--seed", type=click.IntRange(0), help="The same seed gives the same text.")
@click.option("--count", default=1, type=click.IntRange(1, 4096), help="Samples.")
@click.option("--novelty", is_flag=True, help="Show how much is copied from the training text.")
@ablate_option
@hold_option
@json_option
def command(
    run: str | None,
    prime: str | None,
    prime_file: str | None,
    length: int,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    min_p: float | None,
    stop: tuple[str, ...],
    seed: int | None,
    count: int,
    novelty: bool,
    ablate: tuple[Named, ...],
    hold: tuple[Held, ...],
    as_json: bool,
) -> None:
    """Write text with a trained model: the prime, then --length characters as they come.

    A run with --lines writes one line, or with --stop up to that text.
    """
    try:
        filters = Filters(temperature, top_k, top_p, min_p)
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    model = what_if(load_model(run), ablate, hold)
    start = _prime(prime, prime_file, model)
    warn_unseen(model, start or "\n")  # which an empty prime stands for
    if top_k and top_k >= model.vocabulary.size:
        note(
            f"--top-k {top_k} has no effect: there are only {model.vocabulary.size} to choose from"
        )
    never = [text for text in map(unescaped, stop) if model.vocabulary.unseen(text)]
    if never:
        note(
            f"the model never writes {', '.join(map(quoted, never))}, so --stop has no effect there"
            + cure(model.vocabulary, set("".join(never)))
        )
    if seed is None:
        seed = SystemRandom().getrandbits(32)
    seeds = range(seed, seed + count)
    # A byte model takes the bytes of the command line as they are, also where they are not UTF-8.
    stray = "surrogateescape" if model.vocabulary.tokens == "byte" else "backslashreplace"
    stops = [unescaped(text).encode("utf-8", stray) for text in stop]
    one_line = model.config.lines and not stop
    stops = [b"\n"] if one_line else stops
    shown = start if isinstance(start, bytes) else start.encode("utf-8", stray)
    if novelty:
        model.novelty("")  # raises an error before anything is written if the text is gone
    if as_json:
        samples = model.samples(start, length, filters, seeds, stops)
        records = [_record(shown, s, k) for s, k in zip(samples, seeds, strict=True)]
        if novelty:
            for record, sample in zip(records, samples, strict=True):
                record["novelty"] = _novelty_record(*_novelty(model, sample))
        print_json(with_changes({"samples": records}, model))
        return
    line_end = b"\n" * one_line
    if count == 1:
        drawn = model.sample_bytes(start, length, filters, seed, stops)
        samples = [_write([shown], drawn, end=line_end)[len(shown) :]]
    else:
        samples = model.samples(start, length, filters, seeds, stops)
        separator = line_end or SEPARATOR
        _write([separator.join(shown + sample for sample in samples)], end=line_end)
    if novelty:
        for sample in samples:
            note(copied(*_novelty(model, sample), model.vocabulary.unit))


def _prime(prime: str | None, prime_file: str | None, model: Model) -> str | bytes:
    """The text to go on from: characters, or bytes for a byte model that reads a file."""
    if prime_file is None:
        note_if_file(prime or "", f"--prime-file {shlex.quote(prime or '')}")
        return unescaped(prime or "")
    try:
        data = sys.stdin.buffer.read() if prime_file == "-" else Path(prime_file).read_bytes()
        if model.vocabulary.tokens == "byte":
            return data
        return data.decode("utf-8-sig").replace("\r\n", "\n")  # as the corpus was read
    except OSError as problem:
        raise CorpusError(f"cannot read {shortened(prime_file)!r}: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise CorpusError(
            f"{shortened(prime_file)!r} is not UTF-8 at byte {problem.start}; convert it first"
        ) from problem


def _record(prime: bytes, sample: bytes, seed: int) -> dict[str, Any]:
    """A sample as it stands in the JSON output."""
    text = sample.decode("utf-8", "replace")
    return {"prime": prime.decode("utf-8", "replace"), "text": text, "seed": seed}


def _novelty(model: Model, sample: bytes) -> tuple["Novelty", str]:
    """What a sample shares with the training text, and the longest run that is there too."""
    novelty = model.novelty(sample)
    run = slice(novelty.begin, novelty.begin + novelty.longest)
    if model.vocabulary.tokens == "byte":
        return novelty, sample[run].decode("utf-8", "replace")
    return novelty, sample.decode()[run]


def _novelty_record(novelty: "Novelty", run: str) -> dict[str, Any]:
    return {"copied": novelty.copied, "longest": novelty.longest, "text": run}


def _write(*parts: Iterable[bytes], end: bytes) -> bytes:
    """Write these bytes, and return them; a terminal gets control characters as escapes.

    Then follows `end`; a terminal always gets a newline.
    """
    written = bytearray()
    terminal = sys.stdout.isatty()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for part in parts:
        for piece in part:
            written += piece
            if terminal:
                sys.stdout.write(printable(decoder.decode(piece)))
                sys.stdout.flush()
            else:
                sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()
    if terminal:
        sys.stdout.write("\n")
    else:
        sys.stdout.buffer.write(end)
        sys.stdout.buffer.flush()
    return bytes(written)
