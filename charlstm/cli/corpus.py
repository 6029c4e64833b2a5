"""`charlstm corpus`: texts that a grammar of the project's own writes."""

from pathlib import Path

import click

from charlstm.cli.terminal import note, utf8_output
from charlstm.pairs.files import PER_CONDITION, SEED, SWEEPS
from charlstm.studies.agreement.grammar import CONSTRUCTIONS


@click.group(context_settings={"show_default": True})
def command() -> None:
    """Write a corpus made by a grammar, or minimal pairs to test with."""


@command.command()
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--sentences", default=40_000, type=click.IntRange(1), help="How many sentences.")
@click.option("--seed", default=1, type=click.IntRange(0), help="Decides every sentence.")
@click.option(
    "--max-attractors",
    default=1,
    type=click.IntRange(0),
    help="Most nouns of the other number between subject and verb.",
)
@click.option(
    "--max-filler",
    default=120,
    type=click.IntRange(7, 10_000),
    help="Longest filler, in characters.",
)
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(CONSTRUCTIONS),
    help="Construction to leave out; repeatable.",
)
@click.option(
    "--hold-out/--no-hold-out",
    default=True,
    help="Keep a fifth of the subject and predicate pairs out, for testing.",
)
def agreement(
    file: str,
    sentences: int,
    seed: int,
    max_attractors: int,
    max_filler: int,
    without: tuple[str, ...],
    hold_out: bool,
) -> None:
    """Write sentences whose verb agrees with a distant subject to FILE, one a line.

    The settings are kept beside it, as FILE with the ending .json.
    """
    from charlstm.studies.agreement.corpus import CorpusSettings, write_corpus

    utf8_output()
    settings = CorpusSettings(sentences, seed, max_attractors, without, hold_out, max_filler)
    write_corpus(Path(file), settings)
    note(f"wrote {sentences:,} sentences to {file}; train on it: charlstm train {file}")


@command.command()
@click.argument("file", type=click.Path(dir_okay=False))
@click.option(
    "--corpus", metavar="CORPUS", help="Made by `corpus agreement`.  [default: the bundled one]"
)
@click.option("--sweep", type=click.Choice(SWEEPS), help="Go beyond the corpus, step by step.")
@click.option(
    "--per-condition",
    default=PER_CONDITION,
    type=click.IntRange(2),
    help="Pairs of each condition.",
)
@click.option("--seed", default=SEED, type=click.IntRange(0), help="Decides every pair.")
def pairs(file: str, corpus: str | None, sweep: str | None, per_condition: int, seed: int) -> None:
    """Write the minimal pairs that `agree` makes by itself to FILE, as JSON Lines.

    They are made of subjects and predicates that the corpus holds apart.
    """
    from charlstm.pairs.files import write_pairs
    from charlstm.studies.agreement import pair_sets
    from charlstm.studies.agreement.corpus import read_settings

    utf8_output()
    settings = read_settings(Path(corpus)) if corpus else pair_sets.bundled_settings()
    if sweep:
        made = pair_sets.sweep(sweep, settings, per_condition, seed)
    else:
        made = pair_sets.default_set(settings, per_condition, seed)
    write_pairs(Path(file), made.pairs)
    note(f"wrote {len(made.pairs):,} pairs to {file}; score them: charlstm agree --pairs {file}")
