"""The minimal pairs that a view reads: those of a file, or those that suit the run's corpus."""

from pathlib import Path

from charlstm.api import Model
from charlstm.cli.options import note_left_out
from charlstm.cli.terminal import note
from charlstm.pairs.files import read_pairs
from charlstm.pairs.pair import Pair
from charlstm.pairs.scores import readable
from charlstm.studies.agreement.grammar_pairs import bundled_grammar_pairs, grammar_pairs


def given_pairs(model: Model, pairs: str | None, per_condition: int, seed: int) -> list[Pair]:
    """The pairs of a file, or those made like the run's corpus, that the model can read."""
    if pairs is not None:
        given = read_pairs(Path(pairs))
    else:
        grammar = grammar_pairs(model.config.corpus)
        if grammar is None:
            grammar = bundled_grammar_pairs()
            note("the run's corpus has no settings beside it: pairs are made like the bundled one")
        given = grammar.default(per_condition, seed).pairs
    kept, unknown = readable(model.vocabulary, given)
    note_left_out(model, len(given) - len(kept), unknown)
    return kept
