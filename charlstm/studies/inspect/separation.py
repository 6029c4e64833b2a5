"""How well every unit separates the readings of each construction over a long way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charlstm.errors import CorpusError
from charlstm.nn import Array
from charlstm.nn.parameters import Parameters
from charlstm.studies.inspect.chance import best_by_chance
from charlstm.studies.inspect.separability import auc_by_condition, separability
from charlstm.studies.inspect.span_values import SpanValues, span_values
from charlstm.studies.inspect.spans import ITEMS, Span, item_counts, long_spans
from charlstm.text.shown import brief
from charlstm.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class Separation:
    """How well each of U units separates the readings of C constructions over a long way.

    `aucs` are (C, 3, U), `separability` (C, U). `by_chance` (S,) is the mean separability of the
    best unit under permuted readings. `retention` and `weights` are (U,), NaN where there is none.
    """

    constructions: list[str]
    aucs: Array
    separability: Array
    by_chance: Array
    retention: Array
    weights: Array

    @property
    def means(self) -> Array:
        """The mean separability (U,) over the constructions."""
        return np.asarray(self.separability.mean(axis=0))


def judged_spans(spans: Sequence[Span], long: int) -> list[Span]:
    """The long spans of the constructions that have `ITEMS` items or more among them.

    Raises:
        CorpusError: if no way is long, or no construction has so many.
    """
    far = long_spans(spans, long)
    counts = item_counts(far)
    judged = [span for span in far if counts[span.construction] >= ITEMS]
    if not far:
        longest = max(span.distance for span in spans)
        raise CorpusError(
            f"no sentence has more than {long} characters (--long) between its subject and its "
            f"verb; the most are {longest}"
        )
    if not judged:
        most = max(counts, key=lambda condition: counts[condition])
        raise CorpusError(
            f"no condition has {ITEMS} items in both readings with more than {long} characters "
            f"(--long) between subject and verb; the most, {counts[most]}, are in "
            f"{brief(most)}: give more pairs, or a smaller --long"
        )
    return judged


def separation_of(
    parameters: Parameters, vocabulary: Vocabulary, far: Sequence[Span], seed: int
) -> Separation:
    """The separation in `judged_spans`; the seed decides how their readings are permuted."""
    values = span_values(parameters, vocabulary, far)
    memory = np.concatenate([layer.memory for layer in values], axis=2)
    readings = np.array([span.reading for span in far])
    aucs = auc_by_condition(memory, readings, [span.construction for span in far])
    stacked = np.stack(list(aucs.values()))
    H = parameters.architecture.hidden_size
    return Separation(
        list(aucs),
        stacked,
        separability(stacked[:, 1:]),
        best_by_chance(memory[:, 1:], far, seed),
        np.concatenate([_mean_retention(layer, H) for layer in values]),
        _readout_weights(parameters, vocabulary, far),
    )


def _mean_retention(values: SpanValues, H: int) -> Array:
    if values.retention is None:
        return np.full(H, np.nan)
    return np.asarray(np.nanmean(values.retention, axis=0))


def _readout_weights(parameters: Parameters, vocabulary: Vocabulary, far: Sequence[Span]) -> Array:
    """The readout's preference (L·H,) for the character of reading 1; NaN below the top layer."""
    H, layers = parameters.architecture.hidden_size, parameters.architecture.num_layers
    W_y = parameters.by_name["W_y"]
    rows = []
    for span in far:
        for_1, for_0 = span.decides if span.reading else reversed(span.decides)
        rows.append(W_y[int(vocabulary.encode(for_1)[0])] - W_y[int(vocabulary.encode(for_0)[0])])
    below = np.full((layers - 1) * H, np.nan)
    return np.concatenate([below, np.mean(rows, axis=0)])
