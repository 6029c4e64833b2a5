"""Measures a trained run of a comparison: its size, its cost, and what its checkpoints can do."""

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Protocol

from charlstm import checkpoint
from charlstm.nn.parameters import Parameters
from charlstm.pairs.pair import Pair, PairSet
from charlstm.pairs.reading import read_pair_set
from charlstm.pairs.report import Report, measure
from charlstm.store.metrics import read_numbers
from charlstm.store.runs import checkpoint_path
from charlstm.studies.compare.comparison import Comparison
from charlstm.studies.compare.outcome import Curve, Outcome
from charlstm.studies.compare.planned import PlannedRun
from charlstm.text.lengths import Scale

ALONG_THE_WAY = 4  # a checkpoint along the way is measured on a quarter of the pairs
OnScored = Callable[[int], object]  # takes the number of pairs scored since the last call


class PairMaker(Protocol):
    """Makes minimal pairs for models that were trained on one corpus.

    Each method raises a ConfigError if it cannot make `per_condition` pairs of each condition.
    """

    def default(self, per_condition: int) -> PairSet:
        """Pairs of every condition."""

    def sweep(self, axis: str, per_condition: int) -> PairSet:
        """Pairs with more and more of one thing, "depth" or "distance", before the verb."""


PairMakerOf = Callable[[Sequence[str]], PairMaker | None]  # of a corpus; None where there is none


def unmeasured(
    planned: PlannedRun, run: Path, diverged: str | None, scale: Scale | None
) -> Outcome:
    """The outcome of a trained run without any score on minimal pairs.

    `scale` is that of its validation losses.

    Raises:
        CharlstmError: if the last checkpoint or the metrics of the run cannot be read.
    """
    last = checkpoint.load(run / "last.npz", weights_only=True)
    config, progress = last.config, last.progress
    rows = read_numbers(run / "metrics.csv")
    return Outcome(
        name=planned.name,
        chosen=planned.chosen,
        hidden_size=config.hidden_size,
        parameters=Parameters(
            checkpoint.architecture_of(config), last.vocabulary.size
        ).num_parameters,
        steps=progress.update,
        characters=progress.update * config.batch_size * config.seq_length,
        seconds=progress.seconds,
        best_val_nats=progress.best_val,
        last_val_nats=progress.last_val,
        losses=[
            (int(row["characters"]), row["val_nats"])
            for row in rows
            if not math.isnan(row["val_nats"])
        ],
        diverged=diverged,
        tokens=config.tokens,
        per_char=scale.per_char if scale else 1.0 if config.tokens == "char" else None,
    )


def measured(
    outcome: Outcome,
    comparison: Comparison,
    run: Path,
    maker: PairMaker | None,
    on_scored: OnScored,
) -> Outcome:
    """The outcome with every score that the comparison asks for and that it does not have yet.

    Raises:
        CharlstmError: if a checkpoint cannot be used, or there are no such pairs.
    """
    pairs = fewer = None
    if comparison.pairs:
        pairs = fewer = pairs_of(comparison)
    elif maker:
        pairs = maker.default(comparison.per_condition)
        fewer = maker.default(max(2, comparison.per_condition // ALONG_THE_WAY))
    best = checkpoint_path(run)
    if pairs and fewer and not outcome.agreement:
        agreement = _report(best, pairs, on_scored).to_mapping()
        learning = _learning(run, fewer, on_scored)
        digest = pairs_digest(comparison)
        outcome = replace(outcome, agreement=agreement, learning=learning, pairs_digest=digest)
    sweeps = dict(outcome.sweeps)
    for axis in comparison.sweeps:
        if maker and axis not in sweeps:
            swept = maker.sweep(axis, comparison.per_condition)
            sweeps[axis] = _report(best, swept, on_scored).to_mapping()
    return replace(outcome, sweeps=sweeps)


def pairs_of(comparison: Comparison) -> PairSet:
    """The pairs that a comparison names.

    Raises:
        CorpusError: if they cannot be read.
    """
    pair_set = read_pair_set(comparison.pairs)
    return pair_set.lowered() if comparison.lower else pair_set


def pairs_digest(comparison: Comparison) -> str | None:
    """What tells the pairs that a comparison names from others; None where it makes its own.

    Raises:
        CorpusError: if they cannot be read.
    """
    if not comparison.pairs:
        return None
    facts = repr([_facts(pair) for pair in pairs_of(comparison).pairs])
    return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()


def _facts(pair: Pair) -> tuple[Any, ...]:
    """What makes a pair, as its digest has always had it: a sentence's newline is not named."""
    values = {f.name: getattr(pair, f.name) for f in fields(pair) if f.compare}
    return tuple(v for name, v in values.items() if (name, v) != ("closing", "\n"))


def _learning(run: Path, pairs: PairSet, on_scored: OnScored) -> Mapping[str, Curve]:
    """The accuracy on each condition at each checkpoint that was kept along the way."""
    files = ((re.fullmatch(r"step-([0-9]+)\.npz", path.name), path) for path in run.iterdir())
    curves: dict[str, list[tuple[int, float]]] = {}
    for update, path in sorted((int(match[1]), path) for match, path in files if match):
        report = _report(path, pairs, on_scored)
        config = checkpoint.load(path, weights_only=True).config
        characters = update * config.batch_size * config.seq_length
        results = {**report.conditions, "overall": report.overall or report.unseen}
        for name, result in results.items():
            accuracy = result.shares["accuracy"].value if result else None
            if accuracy is not None:
                curves.setdefault(name, []).append((characters, accuracy))
    return curves


def _report(path: Path, pairs: PairSet, on_scored: OnScored) -> Report:
    """How the model of a checkpoint scores the pairs."""
    saved = checkpoint.load(path, weights_only=True)
    parameters = checkpoint.parameters_of(saved, path)
    return measure(parameters, saved.vocabulary, pairs, progress=on_scored)
