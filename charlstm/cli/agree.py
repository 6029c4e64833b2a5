"""`charlstm agree`: does the model prefer the sentence whose verb agrees with its subject?"""

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from charlstm.cli.options import json_option, load_model, run_option, save_option, writable
from charlstm.cli.terminal import note, print_json, printable, utf8_output
from charlstm.pairs.files import PER_CONDITION, SEED, SWEEPS, PairSet

KINDS = ("sentence", "verb")
PARTS = ("congruent", "incongruent", "singular", "plural")
BAR_SECONDS = 1.0  # a set scored quicker than this gets no bar
COLUMNS = {  # titles and widths
    "pairs": 6,
    "right": 6,
    "95 %": 13,
    "congr.": 7,
    "incongr.": 8,
    "singular": 8,
    "plural": 7,
    "joint": 6,
    "log-odds": 8,
    "ties": 5,
}


def _file(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Path | None:
    del ctx, parameter
    if value is not None:
        writable(Path(value))
    return None if value is None else Path(value)


@click.command()
@run_option
@click.option("--pairs", metavar="FILE", help="Your own pairs: JSON Lines (as BLiMP's) or TSV.")
@click.option("--sweep", type=click.Choice(SWEEPS), help="Go beyond the corpus, step by step.")
@click.option(
    "--score",
    type=click.Choice(KINDS),
    default="sentence",
    show_default=True,
    help="Score the whole sentence, or the differing word and what closes it.",
)
@click.option(
    "--corpus",
    metavar="FILE",
    help="Make the pairs like this corpus.  [default: the one the run was trained on]",
)
@click.option(
    "--per-condition",
    type=click.IntRange(2),
    help=f"Pairs made for each condition.  [default: {PER_CONDITION}]",
)
@click.option(
    "--seed", type=click.IntRange(0), help=f"Decides which pairs are made.  [default: {SEED}]"
)
@save_option(".csv", ".png", ".svg")
@click.option(
    "--items", metavar="FILE", callback=_file, help="Write every pair's two scores (JSON Lines)."
)
@json_option
def command(
    run: str | None,
    pairs: str | None,
    sweep: str | None,
    score: str,
    corpus: str | None,
    per_condition: int | None,
    seed: int | None,
    save: tuple[Path, ...],
    items: Path | None,
    as_json: bool,
) -> None:
    """Measure subject agreement with minimal pairs.

    A pair is a sentence and the same with its verb in the wrong number; it is right if the model
    finds the first one likelier. Guessing gets 50 % of the pairs, and 25 % jointly, where both
    numbers of an item must be right. In an incongruent pair another noun misleads.

    Without --pairs they are made of subjects and predicates that the corpus holds apart.
    """
    utf8_output()
    made = {"--sweep": sweep, "--corpus": corpus, "--per-condition": per_condition, "--seed": seed}
    for option, value in made.items():
        if pairs is not None and value is not None:
            raise click.UsageError(f"--pairs FILE has its own pairs; leave out {option}.")
    if any(path.suffix.lower() != ".csv" for path in save):
        from charlstm.output.figure import require_matplotlib

        require_matplotlib()
    model = load_model(run)
    if pairs is not None:
        from charlstm.pairs.files import PairSet, read_pairs

        asked = PairSet(read_pairs(Path(pairs)))
    else:
        count = PER_CONDITION if per_condition is None else per_condition
        asked = _made(model, sweep, corpus, count, SEED if seed is None else seed)
    from charlstm.pairs.report import measure

    bar = _Bar(len(asked.pairs))
    with bar:
        report = measure(model.parameters, model.vocabulary, asked, score, bar.add)
    if report.left_out:
        names = " ".join(map(ascii, report.unknown[:20]))
        many = "s" * (report.left_out != 1)
        note(f"left out {report.left_out:,} pair{many} with characters never seen: {names}")
    window = model.config.seq_length
    _save(report, f"{model.path.parent.name}: {sweep or 'agreement'}", window, save, items)
    if as_json:
        print_json({"run": str(model.path.parent), "seq_length": window} | report.to_mapping())
    else:
        _print(report, window)


def _made(
    model: Any, sweep: str | None, corpus: str | None, per_condition: int, seed: int
) -> PairSet:
    from charlstm.studies.agreement import pair_sets
    from charlstm.studies.agreement.corpus import read_settings

    if corpus is not None:
        settings = read_settings(Path(corpus))
    elif found := pair_sets.settings_of(model.config.corpus):
        settings = found[0]
    else:
        settings = pair_sets.bundled_settings()
        note(
            "the run's corpus has no settings beside it: the pairs are made like the bundled "
            "corpus; name another with --corpus"
        )
    if not settings.hold_out:
        note("the corpus holds nothing out: these subjects and predicates are not new to the model")
    if sweep:
        return pair_sets.sweep(sweep, settings, per_condition, seed)
    return pair_sets.default_set(settings, per_condition, seed)


def _save(report: Any, title: str, window: int, save: tuple[Path, ...], items: Path | None) -> None:
    from charlstm.studies.agreement import tables

    for path in save:
        if path.suffix.lower() == ".csv":
            tables.write_csv(path, report)
        else:
            from charlstm.output.figure import write_figure
            from charlstm.studies.agreement.figure import draw

            write_figure(path, draw(report, title, window))
    if items:
        tables.write_items(items, report)


def _print(report: Any, window: int) -> None:
    rows = {}
    for name, result in report.conditions.items():
        rows[_short(name) + " *" * (name in report.asked.unseen)] = result
    totals = {"overall": report.overall, "unseen *": report.unseen}
    width = max(map(len, [*rows, *totals]))
    click.echo(f"{'':{width}}{_cells(COLUMNS)}")
    for name, result in rows.items():
        click.echo(f"{name:{width}}{_row(result)}")
    click.echo()
    for name, result in totals.items():
        if result:
            click.echo(f"{name:{width}}{_row(result)}")
    if report.unseen:
        click.echo("* unlike anything in the corpus")
    if report.asked.axis == "distance":
        click.echo(f"BPTT window: {window} characters")


def _short(name: str) -> str:
    line = " ".join(printable(name).split())
    return line if len(line) <= 50 else line[:47] + "..."


def _row(result: Any) -> str:
    shares = result.shares
    low, high = shares["accuracy"].interval
    return _cells(
        [
            f"{shares['accuracy'].total:,}",
            _percent(shares["accuracy"]),
            f"{100 * low:.1f} - {100 * high:5.1f}",
            *(_percent(shares[name]) for name in (*PARTS, "joint")),
            f"{result.log_odds:.2f}",
            f"{result.ties:,}",
        ]
    )


def _cells(texts: Iterable[str]) -> str:
    return "".join(
        f"  {text:>{width}}" for text, width in zip(texts, COLUMNS.values(), strict=True)
    )


def _percent(share: Any) -> str:
    return "-" if share.value is None else f"{100 * share.value:.1f}"


class _Bar:
    """How many pairs are scored, shown in a terminal if it takes a while."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._bar: Any = None
        self._began = time.monotonic()

    def __enter__(self) -> Callable[[int], None]:
        return self.add

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def add(self, pairs: int) -> None:
        self._done += pairs
        if self._bar is None and sys.stderr.isatty():
            if time.monotonic() - self._began < BAR_SECONDS:
                return
            from tqdm import tqdm

            self._bar = tqdm(total=self._total, unit="pair", leave=False)
        if self._bar is not None:
            self._bar.update(self._done - self._bar.n)
