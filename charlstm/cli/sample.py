"""`charlstm sample`: a trained model writes, character by character."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from charlstm.cli.options import json_option, load_model, run_option, warn_unseen
from charlstm.cli.terminal import copied, note, print_json, printable, unescaped, utf8_output
from charlstm.errors import ConfigError, CorpusError

SEPARATOR = b"\n----------\n"


@click.command()
@run_option
@click.option("--prime", default=None, help=r"Text to go on from; \n and \t are understood.")
@click.option("--prime-file", metavar="FILE", help="Read the prime from a file, or - for stdin.")
@click.option("--length", default=500, type=click.IntRange(0), help="Characters to write.")
@click.option("--temperature", default=1.0, help="0 is greedy.")
@click.option("--top-k", type=int, help="Keep the K likeliest characters.")
@click.option("--top-p", type=float, help="Keep the likeliest that share P of the probability.")
@click.option("--min-p", type=float, help="Keep those at least P times as likely as the likeliest.")
@click.option("--stop", multiple=True, metavar="TEXT", help="End before this text; repeatable.")
@click.option("--seed", type=click.IntRange(0), help="The same seed gives the same text.")
@click.option("--count", default=1, type=click.IntRange(1, 4096), help="Samples.")
@click.option("--novelty", is_flag=True, help="Say how much stands in the training text.")
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
    as_json: bool,
) -> None:
    """Write text with a trained model: the prime, then --length characters as they come."""
    from charlstm.sampler import Filters

    utf8_output()
    try:
        filters = Filters(temperature, top_k, top_p, min_p)
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    model = load_model(run)
    start = _prime(prime, prime_file, model)
    warn_unseen(model, start)
    if seed is None:
        from random import SystemRandom

        seed = SystemRandom().getrandbits(32)
    seeds = range(seed, seed + count)
    # Bytes of the command line that are no UTF-8 are what they are to a byte model.
    stray = "surrogateescape" if model.vocabulary.tokens == "byte" else "backslashreplace"
    stops = [unescaped(text).encode("utf-8", stray) for text in stop]
    shown = start if isinstance(start, bytes) else start.encode("utf-8", stray)
    if novelty:
        model.novelty("")  # a training text that is gone is found before anything is written
    if as_json:
        samples = model.samples(start, length, filters, seeds, stops)
        records = [_record(shown, s, k) for s, k in zip(samples, seeds, strict=True)]
        if novelty:
            for record, sample in zip(records, samples, strict=True):
                found, run_there = _novelty(model, sample)
                record["novelty"] = {
                    "copied": found.copied,
                    "longest": found.longest,
                    "text": run_there,
                }
        print_json({"samples": records})
        return
    if count == 1:
        drawn = model.sample_bytes(start, length, filters, seed, stops)
        samples = [_write([shown], drawn)[len(shown) :]]
    else:
        samples = model.samples(start, length, filters, seeds, stops)
        _write([SEPARATOR.join(shown + sample for sample in samples)])
    if novelty:
        for sample in samples:
            note(copied(*_novelty(model, sample)))


def _prime(prime: str | None, prime_file: str | None, model: Any) -> str | bytes:
    if prime is not None and prime_file is not None:
        raise click.UsageError("give --prime or --prime-file, not both.")
    if prime_file is None:
        return unescaped(prime or "")
    try:
        data = sys.stdin.buffer.read() if prime_file == "-" else Path(prime_file).read_bytes()
        if model.vocabulary.tokens == "byte":
            return data
        return data.decode("utf-8-sig").replace("\r\n", "\n")  # as the corpus was read
    except OSError as problem:
        raise CorpusError(f"cannot read {prime_file!r}: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise CorpusError(
            f"{prime_file!r} is not UTF-8 at byte {problem.start}; convert it first"
        ) from problem


def _record(prime: bytes, sample: bytes, seed: int) -> dict[str, Any]:
    text = sample.decode("utf-8", "replace")
    return {"prime": prime.decode("utf-8", "replace"), "text": text, "seed": seed}


def _novelty(model: Any, sample: bytes) -> tuple[Any, str]:
    """What a sample shares with the training text, and the longest run that stands there."""
    found = model.novelty(sample)
    text: Any = sample if model.vocabulary.tokens == "byte" else sample.decode()
    run = text[found.begin : found.begin + found.longest]
    return found, run.decode("utf-8", "replace") if isinstance(run, bytes) else run


def _write(*parts: Iterable[bytes]) -> bytes:
    """Write exactly these bytes to a pipe or file; to a terminal, with control characters shown."""
    written = bytearray()
    terminal = sys.stdout.isatty()
    if terminal:
        import codecs

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
    return bytes(written)
