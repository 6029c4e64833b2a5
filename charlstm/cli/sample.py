"""`charlstm sample`: a trained model writes, character by character."""

from collections.abc import Sequence
from dataclasses import fields
from random import SystemRandom
from typing import Any

import click

from charlstm.api.predicting import Predicting
from charlstm.cli.blend import Share, blend_option, blended
from charlstm.cli.exclusions import Command
from charlstm.cli.filters import note_without_effect
from charlstm.cli.options import json_option, load_model, run_option, setting_options
from charlstm.cli.prime import read_prime, read_stops
from charlstm.cli.samples import Copied, EndedEarly, Output, Probabilities, Report
from charlstm.cli.search_options import SEARCHES, search_options
from charlstm.cli.states import StateFile, begun, spare_inputs, state_options, state_record
from charlstm.cli.terminal import note, print_json
from charlstm.cli.what_if import Held, Named, ablate_option, hold_option, what_if, with_changes
from charlstm.sampling.filters import Filters
from charlstm.sampling.samples import Written, stream, write_all
from charlstm.sampling.writer import SampleWriter


@click.command(cls=Command)
@run_option
@click.option("--prime", default=None, help=r"Text to go on from; \n and \t are understood.")
@click.option("--prime-file", metavar="FILE", help="Read the prime from a file, or - for stdin.")
@state_options
@click.option(
    "--length", default=500, type=click.IntRange(0), help="Characters (or bytes) to write."
)
@setting_options(fields(Filters))
@click.option("--stop", multiple=True, metavar="TEXT", help="End before this text; repeatable.")
@click.option("--seed", type=click.IntRange(0), help="The same seed gives the same text.")
@click.option("--count", default=1, type=click.IntRange(1, 4096), help="Samples.")
@search_options
@click.option(
    "--logprobs",
    metavar="K",
    type=click.IntRange(0),
    help="With --json, log-probabilities of each character and the K likeliest.",
)
@click.option("--novelty", is_flag=True, help="Show how much is copied from the training text.")
@blend_option
@ablate_option
@hold_option
@json_option
def command(
    run: str | None,
    prime: str | None,
    prime_file: str | None,
    from_state: str | None,
    save_state: StateFile,
    length: int,
    stop: tuple[str, ...],
    seed: int | None,
    count: int,
    logprobs: int | None,
    novelty: bool,
    blend: tuple[Share, ...],
    ablate: tuple[Named, ...],
    hold: tuple[Held, ...],
    as_json: bool,
    **settings: Any,
) -> None:
    """Write text with a trained model: the prime, then --length characters as they come.

    A run with --lines writes one line, or with --stop up to that text.
    """
    how = {name: settings.pop(name) for name in SEARCHES}
    filters = Filters(**{name: value for name, value in settings.items() if value is not None})
    model = blended(what_if(load_model(run), ablate, hold), blend)
    spare_inputs(model, save_state, from_state, prime_file)
    text = read_prime(prime, prime_file, model, after=from_state is not None)
    one_line = model.config.lines and not stop
    stops = model.stops(["\n"] if one_line else read_stops(stop, model))
    searches, seeds = any(how.values()), _seeds(seed, count)
    output = Output(model, text, b"\n" * one_line)
    start = begun(model, text, from_state, save_state)
    writer = model.writer(start, filters, seeds[:1] if searches else seeds, logprobs)
    before = len(start) if isinstance(start, str | bytes) else start.ids.size
    note_without_effect(filters, model, before + length)
    reports = _reports(filters, model, writer, novelty=novelty, logprobs=logprobs is not None)
    samples: Sequence[Written]
    if searches:
        from charlstm.cli.searches import searched  # noqa: PLC0415 - plain samples start faster

        samples, search = searched(model, writer, length, how, stops, seeds, logprobs)
        reports.append(search)
    elif count == 1 and not as_json:
        ids = output.stream(stream(writer, length, stops))
        taken_back = writer.taken_back[0]
        samples = [Written(ids, [], ended=bool(writer.ended), taken_back=taken_back)]
    else:
        samples = write_all(writer, length, stops)
    if as_json:
        records = {"samples": output.records(samples, seeds, reports)}
        print_json(with_changes(records | state_record(from_state), model))
    elif count > 1 or searches:
        output.several(samples)
    _say(samples, reports, as_json=as_json)


def _reports(
    filters: Filters,
    model: Predicting,
    writer: SampleWriter,
    *,
    novelty: bool,
    logprobs: bool,
) -> list[Report]:
    """What there is to say of each sample besides its text."""
    wanted: list[type[Report]] = [Copied] * novelty
    if filters.avoid_copying is not None:
        from charlstm.cli.avoided import Avoided  # noqa: PLC0415 - plain samples start faster

        wanted.append(Avoided)
    wanted += [EndedEarly] * writer.chain.forbids + [Probabilities] * logprobs
    return [report(model, writer) for report in wanted]


def _say(samples: Sequence[Written], reports: Sequence[Report], *, as_json: bool) -> None:
    """Print what the reports say of each sample, which JSON has itself.

    Raises:
        CharlstmError: if the samples are not what was asked for.
    """
    for sample in () if as_json else samples:
        for line in (report.line(sample) for report in reports):
            if line:
                note(line)
    for report in reports:
        report.check(samples)


def _seeds(seed: int | None, count: int) -> range:
    """The seed of each sample: that of --seed or a new one, and those after it."""
    first = SystemRandom().getrandbits(32) if seed is None else seed
    return range(first, first + count)
