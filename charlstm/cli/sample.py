"""`charlstm sample`: a trained model writes, character by character."""

from collections.abc import Sequence
from dataclasses import fields
from random import SystemRandom
from typing import Any

import click

from charlstm.api import Model
from charlstm.cli.exclusions import Command
from charlstm.cli.options import json_option, load_model, run_option, setting_options
from charlstm.cli.prime import read_prime, read_stops
from charlstm.cli.samples import Copied, Report, records, say, write_several, write_stream
from charlstm.cli.terminal import note, print_json
from charlstm.cli.what_if import Held, Named, ablate_option, hold_option, what_if, with_changes
from charlstm.sampling.filters import Filters


@click.command(cls=Command)
@run_option
@click.option("--prime", default=None, help=r"Text to go on from; \n and \t are understood.")
@click.option("--prime-file", metavar="FILE", help="Read the prime from a file, or - for stdin.")
@click.option(
    "--length", default=500, type=click.IntRange(0), help="Characters (or bytes) to write."
)
@setting_options(fields(Filters))
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
    stop: tuple[str, ...],
    seed: int | None,
    count: int,
    novelty: bool,
    ablate: tuple[Named, ...],
    hold: tuple[Held, ...],
    as_json: bool,
    **settings: Any,
) -> None:
    """Write text with a trained model: the prime, then --length characters as they come.

    A run with --lines writes one line, or with --stop up to that text.
    """
    filters = Filters(**{name: value for name, value in settings.items() if value is not None})
    model = what_if(load_model(run), ablate, hold)
    start = read_prime(prime, prime_file, model)
    _note_without_effect(filters, model)
    one_line = model.config.lines and not stop
    stops = ["\n"] if one_line else read_stops(stop, model)
    seeds = _seeds(seed, count)
    reports: list[Report] = [Copied(model)] if novelty else []
    shown, end = _as_bytes(start, model), b"\n" * one_line
    samples: Sequence[bytes]
    if as_json:
        samples = model.samples(start, length, filters, seeds, stops)
        listed = records(shown, samples, seeds, reports)
        print_json(with_changes({"samples": listed}, model))
        return
    if count == 1:
        drawn = model.sample_bytes(start, length, filters, seeds[0], stops)
        samples = [write_stream(shown, drawn, end)]
    else:
        samples = model.samples(start, length, filters, seeds, stops)
        write_several(shown, samples, end)
    say(samples, reports)


def _note_without_effect(filters: Filters, model: Model) -> None:
    """Say which filters keep all that there is."""
    size = model.vocabulary.size
    if filters.top_k and filters.top_k >= size:
        note(f"--top-k {filters.top_k} has no effect: there are only {size} to choose from")


def _seeds(seed: int | None, count: int) -> range:
    """The seed of each sample: that of --seed or a new one, and those after it."""
    first = SystemRandom().getrandbits(32) if seed is None else seed
    return range(first, first + count)


def _as_bytes(prime: str | bytes, model: Model) -> bytes:
    """The prime as it is written out.

    A byte model takes the bytes of the command line as they are, also where they are not UTF-8.
    """
    stray = "surrogateescape" if model.vocabulary.tokens == "byte" else "backslashreplace"
    return prime if isinstance(prime, bytes) else prime.encode("utf-8", stray)
