"""Older names of the grammar's pairs, for the callers that are not yet on `grammar_pairs`."""

from collections.abc import Iterable
from pathlib import Path

from charlstm.pairs.files import PER_CONDITION, SEED, PairSet
from charlstm.studies.agreement.corpus import CorpusSettings
from charlstm.studies.agreement.grammar_pairs import (
    GrammarPairs,
    bundled_grammar_pairs,
    grammar_pairs,
)


def default_set(
    settings: CorpusSettings, per_condition: int = PER_CONDITION, seed: int = SEED
) -> PairSet:
    """The same as `GrammarPairs.default`."""
    return GrammarPairs(settings).default(per_condition, seed)


def sweep(
    axis: str, settings: CorpusSettings, per_condition: int = PER_CONDITION, seed: int = SEED
) -> PairSet:
    """The same as `GrammarPairs.sweep`."""
    return GrammarPairs(settings).sweep(axis, per_condition, seed)


def settings_of(corpus: Iterable[str]) -> tuple[CorpusSettings, Path] | None:
    """The settings of `grammar_pairs`, and the first text."""
    texts = list(corpus)
    pairs = grammar_pairs(texts)
    return None if pairs is None else (pairs.settings, Path(texts[0]))


def bundled_settings() -> CorpusSettings:
    """The settings of `bundled_grammar_pairs`."""
    return bundled_grammar_pairs().settings
