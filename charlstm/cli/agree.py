"""`charlstm agree`: does the model prefer the sentence whose verb agrees with its subject?"""

from collections.abc import Sequence
from pathlib import Path

import click

from charlstm.api import Model, compare_agreement
from charlstm.cli.exclusions import Command
from charlstm.cli.options import json_option, load_model, show
from charlstm.cli.outputs import Output, files_of, output, save_all, save_option, spare
from charlstm.cli.pairs import inputs_of, lower_option, note_left_out, pairs_option, read_given
from charlstm.cli.progress import counting_bar
from charlstm.cli.suites import agree_on_suites, suite_option
from charlstm.cli.terminal import note
from charlstm.cli.what_if import Named, ablate_option, what_if
from charlstm.output.write import write_records
from charlstm.pairs.pair import PER_CONDITION, SEED, SWEEPS, PairSet
from charlstm.pairs.report import Report
from charlstm.pairs.scores import SCORE_KINDS, ScoreKind
from charlstm.studies.agreement.corpus import read_settings, settings_path
from charlstm.studies.agreement.grammar_pairs import (
    GrammarPairs,
    bundled_grammar_pairs,
    grammar_pairs,
)
from charlstm.studies.agreement.lines import not_looked_at
from charlstm.studies.agreement.report import AgreementReport
from charlstm.studies.agreement.side_by_side import SideBySide


@click.command(cls=Command)
@click.option(
    "--run",
    "-r",
    multiple=True,
    metavar="PATH",
    help="Run folder or checkpoint; several score the same pairs.  [default: the newest]",
)
@pairs_option("Your own pairs: a file, a folder, or - for standard input; repeatable.")
@suite_option
@lower_option
@click.option("--sweep", type=click.Choice(SWEEPS), help="Add nouns or distance, step by step.")
@click.option(
    "--score",
    type=click.Choice(SCORE_KINDS),
    default="sentence",
    show_default=True,
    help="Score the sentence, or the differing word and the character after it.",
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
    "--items",
    metavar="FILE",
    callback=output,
    help="Write every pair's two scores, or every region's, as .csv or .tsv, else as JSON Lines.",
)
@ablate_option
@json_option
def command(
    run: tuple[str, ...],
    pairs: tuple[str, ...],
    suites: tuple[str, ...],
    lower: bool,
    sweep: str | None,
    score: ScoreKind,
    corpus: str | None,
    per_condition: int | None,
    seed: int | None,
    save: tuple[Output, ...],
    items: Output | None,
    ablate: tuple[Named, ...],
    as_json: bool,
) -> None:
    """Measure subject agreement with minimal pairs.

    A pair is a sentence and the same sentence with its verb in the wrong number. The model is
    right if it finds the first one more likely; guessing gets 50 %. An item is right jointly if
    both its numbers are right; guessing gets 25 %. It is right free of bias if the log-odds of both
    sum to more than 0. In an incongruent pair another noun misleads. Several --run score the same
    pairs, with a paired test of their difference.

    --pairs reads JSON Lines as BLiMP has them, tables, and what Linzen, Gulordava, Marvin and
    Lakretz published. Without it, each pair joins a subject and a predicate that never occur
    together in the corpus.

    --suite reads SyntaxGym's JSON. Surprisal is summed over each region, and the share of items
    is shown for which a prediction holds.
    """
    models = [what_if(load_model(path), ablate) for path in run or [None]]
    beside = settings_path(Path(corpus)) if corpus else None
    read = [file for model in models for file in files_of(model)]
    spare([*inputs_of(pairs), *suites, corpus, beside, *read], *save, items)
    if items and items.path.resolve() in [made.path.resolve() for made in save]:
        raise click.UsageError("--save and --items name the same file; name two.")
    if suites:
        agree_on_suites(models, suites, save, items, lower=lower, as_json=as_json)
        return
    if pairs:
        pair_set = read_given(pairs, lower=lower)
    else:
        grammar = _grammar(models, corpus)
        count = PER_CONDITION if per_condition is None else per_condition
        seed = SEED if seed is None else seed
        pair_set = grammar.sweep(sweep, count, seed) if sweep else grammar.default(count, seed)
    result, report = _measured(models, pair_set, score)
    if as_json:  # else they stand below the table
        for line in not_looked_at(report):
            note(line)
    save_all(save, result)
    if items:
        write_records(items.path, result.items(), force=items.force)
        note(f"wrote {items.path}")
    show(as_json, result.to_mapping(), result.lines())


def _measured(
    models: Sequence[Model], pair_set: PairSet, score: ScoreKind
) -> tuple[AgreementReport | SideBySide, Report]:
    """The result of one model, or of several side by side, and the report of the first.

    A note says what is left out.
    """
    result: AgreementReport | SideBySide
    with counting_bar(len(models) * len(pair_set.pairs), "pair") as progress:
        if len(models) == 1:
            result = models[0].agree(pair_set, score=score, progress=progress)
            report = result.report
        else:
            result = compare_agreement(models, pair_set, score=score, progress=progress)
            report, *_ = result.reports
    unknown = "".join(report.unknown)
    knows_least = max(models, key=lambda model: len(model.vocabulary.unseen(unknown)))
    note_left_out(knows_least, pair_set.pairs, report.left_out, report.unknown)
    return result, report


def _grammar(models: Sequence[Model], corpus: str | None) -> GrammarPairs:
    """The maker of pairs like --corpus, else like the first run's, else like the bundled one."""
    model, *others = models
    if corpus is not None:
        grammar = GrammarPairs(read_settings(Path(corpus)))
    elif like_run := grammar_pairs(model.config.corpus):
        grammar = like_run
        if any(grammar_pairs(other.config.corpus) != grammar for other in others):
            note(f"the pairs are made like the corpus of {model.path.parent}, not like the others'")
    else:
        grammar = bundled_grammar_pairs()
        note(
            "the run's corpus has no settings beside it: the pairs are made like the bundled "
            "corpus; name another with --corpus"
        )
    if not grammar.settings.hold_out:
        note("the corpus holds nothing out: these subjects and predicates are not new to the model")
    return grammar
