"""The minimal pairs that a command reads: those that are given, or those that suit the corpus."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from charlstm.api import Model
from charlstm.cli.terminal import note
from charlstm.pairs.collection import files_of_pairs
from charlstm.pairs.formats.linzen import TEXT
from charlstm.pairs.pair import UNKNOWN, LeftOut, Pair, PairSet
from charlstm.pairs.reading import read_pair_set
from charlstm.pairs.scores import left_out_of, lower_helps, readable
from charlstm.studies.agreement.grammar_pairs import bundled_grammar_pairs, grammar_pairs
from charlstm.text.shown import brief, names
from charlstm.text.unknown import cure

Command = TypeVar("Command", bound=Callable[..., Any])
MOST = 5  # conditions in a note


def pairs_option(text: str) -> Callable[[Command], Command]:
    """The option `--pairs`, repeatable, with this help; its value is a tuple."""
    return click.option("--pairs", metavar="FILE", multiple=True, help=text)


lower_option = click.option("--lower", is_flag=True, help="Put your sentences in small letters.")


def inputs_of(pairs: Sequence[str | Path]) -> list[str | Path]:
    """The files that --pairs stands for, and those that are read beside them.

    Raises:
        CorpusError: for a folder without pairs, and a file that is named twice.
    """
    files = files_of_pairs(pairs, []) if pairs else []
    return [*files, *(Path(file).with_suffix(TEXT) for file in files)]


def read_given(pairs: Sequence[str | Path], *, lower: bool) -> PairSet:
    """The pairs of --pairs; notes say what is odd about them.

    Raises:
        CorpusError: if they cannot be read.
    """
    given = read_pair_set(pairs)
    for line in given.notes:
        note(line)
    return given.lowered() if lower else given


def given_pairs(
    model: Model, pairs: Sequence[str], per_condition: int, seed: int, *, lower: bool = False
) -> PairSet:
    """The pairs of --pairs, or like the run's corpus, that the model can read; notes on others."""
    if pairs:
        given = read_given(pairs, lower=lower)
    else:
        grammar = grammar_pairs(model.config.corpus)
        if grammar is None:
            grammar = bundled_grammar_pairs()
            note("the run's corpus has no settings beside it: pairs are made like the bundled one")
        given = grammar.default(per_condition, seed)
    kept, unknown = readable(model.vocabulary, given.pairs)
    left_out = left_out_of(given, kept)
    note_left_out(model, given.pairs, left_out, unknown)
    return replace(given, pairs=kept, left_out=left_out)


def note_left_out(
    model: Model, pairs: Sequence[Pair], left_out: Mapping[LeftOut, int], unknown: Sequence[str]
) -> None:
    """Print a note for each reason for which pairs are left out: how many, of which conditions.

    `unknown` lists the unknown characters of `pairs`.
    """
    reasons: dict[str, dict[str, int]] = {}
    for (condition, reason), count in left_out.items():
        reasons.setdefault(reason, {})[condition] = count
    for reason, counts in reasons.items():
        total = sum(counts.values())
        words = reason
        if reason == UNKNOWN:
            words = f"characters never seen: {names(unknown)}{cure(model.vocabulary, unknown)}"
            if helped := lower_helps(model.vocabulary, pairs):
                words += f"; --lower lets it read {helped:,} of them"
        plural = "s" * (total != 1)
        note(f"left out {total:,} pair{plural}{_by_condition(counts)}: {words}")


def _by_condition(counts: Mapping[str, int]) -> str:
    """How many in which condition, those with the most first; "" if all are in one."""
    if len(counts) == 1:
        return ""
    most = sorted(counts, key=lambda name: -counts[name])
    shown = [f"{brief(name)} {counts[name]:,}" for name in most[:MOST]]
    more = f" and {len(most) - MOST:,} more" if len(most) > MOST else ""
    return f" ({', '.join(shown)}{more})"
