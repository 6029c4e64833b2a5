"""`charlstm corpus`: write the sentences of the agreement grammar, or its minimal pairs."""

import sys
from pathlib import Path

import click

from charlstm.cli.groups import Group
from charlstm.cli.outputs import Output, force_option, output_or_stdout, spare
from charlstm.cli.terminal import note
from charlstm.hints import command as hint
from charlstm.pairs.files import lines_of, write_pairs
from charlstm.pairs.pair import PER_CONDITION, SEED, SWEEPS
from charlstm.studies.agreement.corpus import (
    CorpusSettings,
    read_settings,
    settings_path,
    write_corpus,
)
from charlstm.studies.agreement.corpus import (
    sentences as sentences_of,
)
from charlstm.studies.agreement.grammar import CONSTRUCTIONS
from charlstm.studies.agreement.grammar_pairs import GrammarPairs, bundled_grammar_pairs
from charlstm.studies.agreement.phrases import MIN_FILLER


@click.group(cls=Group, context_settings={"show_default": True})
def command() -> None:
    """Write a corpus made by a grammar, or minimal pairs to test with."""


@command.command()
@click.argument("file", callback=output_or_stdout)
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
    type=click.IntRange(MIN_FILLER, 10_000),
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
@force_option
def agreement(
    file: Output | None,
    sentences: int,
    seed: int,
    max_attractors: int,
    max_filler: int,
    without: tuple[str, ...],
    hold_out: bool,
) -> None:
    """Write sentences whose verb agrees with a distant subject to FILE, one a line.

    The command writes the settings beside it, as FILE with the ending .json. To standard output
    (FILE -) it writes the sentences alone.
    """
    settings = CorpusSettings(sentences, seed, max_attractors, without, hold_out, max_filler)
    if file is None:
        sys.stdout.buffer.writelines(f"{line}\n".encode() for line in sentences_of(settings))
        return
    path = file.path
    spare([], file, Output(settings_path(path), file.force))
    write_corpus(path, settings, force=file.force)
    note(f"wrote {sentences:,} sentences to {path}; train on it: {hint('train', path)}")


@command.command()
@click.argument("file", callback=output_or_stdout)
@click.option(
    "--corpus", metavar="CORPUS", help="Made by `corpus agreement`.  [default: the bundled one]"
)
@click.option("--sweep", type=click.Choice(SWEEPS), help="Add nouns or distance, step by step.")
@click.option(
    "--per-condition",
    default=PER_CONDITION,
    type=click.IntRange(2),
    help="Pairs of each condition.",
)
@click.option("--seed", default=SEED, type=click.IntRange(0), help="Decides every pair.")
@force_option
def pairs(
    file: Output | None, corpus: str | None, sweep: str | None, per_condition: int, seed: int
) -> None:
    """Write the minimal pairs that `agree` makes by default to FILE, as JSON Lines.

    Each joins a subject and a predicate that never occur together in the corpus. FILE - is
    standard output.
    """
    spare([corpus, settings_path(Path(corpus))] if corpus else [], file)
    grammar = GrammarPairs(read_settings(Path(corpus))) if corpus else bundled_grammar_pairs()
    if sweep:
        pair_set = grammar.sweep(sweep, per_condition, seed)
    else:
        pair_set = grammar.default(per_condition, seed)
    if file is None:
        sys.stdout.buffer.writelines(lines_of(pair_set.pairs))
        return
    write_pairs(file.path, pair_set.pairs, force=file.force)
    count = f"{len(pair_set.pairs):,}"
    note(f"wrote {count} pairs to {file.path}; score them: {hint('agree', '--pairs', file.path)}")
