"""Scores a text: how likely a model finds each character, read in columns side by side."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.nn.mixture import MixedNetwork, Mixture
from charlstm.nn.network import Network
from charlstm.nn.predictors import AnyNetwork, Predictor, network_of, reach_of
from charlstm.nn.saturation import saturated_shares
from charlstm.score import Score, TextScore, text_score, total
from charlstm.text.lines import whole_line_columns
from charlstm.text.slices import Columns
from charlstm.text.vocabulary import Vocabulary

WINDOW = 64  # characters that a network reads at once
LEAST = 2048  # characters of a column: a text shorter than two columns is read as one
WARM_UP = 256  # characters that a column reads before its own, so that its state is settled
GROUP = 32  # columns in a batch
MOST = 2 * GROUP  # columns of a text

Windows = Iterator[tuple[Array, NDArray[np.intp], NDArray[np.bool_]]]


class Scorer:
    """Scores a text `ids` (N,) whose first character follows `prime`, with carried state.

    A long text is cut into up to 64 columns, which are read side by side. Each but the first starts
    from zero state 256 characters before its own part, or as many as `attention` looks back (the
    part is then at least twice as long), or where a line begins if the `reset_at` of the parameters
    is given. They form groups of 32. Any process can score any group, always to the same bits.
    """

    def __init__(
        self, ids: NDArray[Any], prime: int, reset_at: int | None = None, attention: int = 0
    ) -> None:
        self._ids, self._prime = ids, prime
        warm_up = max(WARM_UP, attention)
        count = max(1, min(MOST, ids.size // max(LEAST, 2 * warm_up)))
        warm_up = warm_up if count > 1 else 0
        if reset_at is not None:
            count, warm_up = whole_line_columns(ids, reset_at, count)
        warm_up = -(-warm_up // WINDOW) * WINDOW
        length = -(-ids.size // count)
        self._groups = [
            Columns(k * length, length, min(GROUP, count - k), warm_up)
            for k in range(0, count, GROUP)
        ]
        self._networks: dict[int, AnyNetwork] = {}  # by number of columns

    @property
    def groups(self) -> int:
        """The number of groups of columns."""
        return len(self._groups)

    def score(self, predictor: Predictor, group: int) -> Score:
        """The score of the columns of one group."""
        network, V = self._network(predictor, group), predictor.vocabulary_size
        windows = self._scored(network, group)
        return total(_summed(losses, inside, targets < V) for losses, targets, inside in windows)

    def score_each(self, mixture: Mixture, group: int) -> list[Score]:
        """The same of a mixture, and then of each of its parts, which score what they know."""
        network = self._network(mixture, group)
        assert isinstance(network, MixedNetwork)
        known = [mixture.known, *(part.known for part in mixture.parts)]
        scores = [Score(0.0, 0, 0)] * len(known)
        for mixed, targets, inside in self._scored(network, group):
            for k, losses in enumerate([mixed, *network.part_losses]):
                scores[k] += _summed(losses, inside, known[k][targets])
        return scores

    def saturated(self, group: int) -> Array:
        """`saturated_shares` in the last window of a group that has just been scored."""
        columns = self._groups[group]
        network = self._networks[columns.count]
        assert isinstance(network, Network)
        return saturated_shares(network, min(WINDOW, columns.warm_up + columns.length))

    def _network(self, predictor: Predictor, group: int) -> AnyNetwork:
        """A network for the columns of one group, in zero state."""
        count = self._groups[group].count
        if count not in self._networks:
            self._networks[count] = network_of(predictor, WINDOW, count)
        network = self._networks[count]
        network.refresh()
        network.reset()
        return network

    def _scored(self, network: AnyNetwork, group: int) -> Windows:
        """The losses of each window, its targets, and whether these are places in the text."""
        columns = self._groups[group]
        for first in range(-columns.warm_up, columns.length, WINDOW):
            if first == 0 and columns.start == 0:  # the first column has nothing to warm up on
                network.reset(slice(0, 1))
            last = min(first + WINDOW, columns.length)
            inputs, targets, inside = self._window(columns.positions(first, last))
            losses = network.score(inputs, targets)
            if first >= 0:
                yield losses, targets, inside

    def _window(
        self, places: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
        """Inputs, targets, and whether a target is a place in the text, (steps, columns) each."""
        inside = places < self._ids.size
        targets = self._ids[np.clip(places, 0, self._ids.size - 1)].astype(np.intp)
        before = self._ids[np.clip(places - 1, 0, self._ids.size - 1)].astype(np.intp)
        return np.where(places <= 0, self._prime, before), targets, inside


def score_text(predictor: Predictor, ids: NDArray[Any], prime: int) -> Score:
    """The score of a whole text (N,), whose first character follows the id `prime`."""
    scorer = Scorer(ids, prime, predictor.reset_at, reach_of(predictor))
    return total(scorer.score(predictor, group) for group in range(scorer.groups))


def score_ids(
    predictor: Predictor, vocabulary: Vocabulary, ids: NDArray[Any], *, cut: bool = False
) -> TextScore:
    """The score of the ids (N,) of a text after a newline; with `cut` see `lengths`."""
    score = score_text(predictor, ids, int(vocabulary.encode("\n")[0]))
    return text_score(score, vocabulary, ids, cut=cut)


def _summed(losses: Array, inside: NDArray[np.bool_], known: NDArray[np.bool_]) -> Score:
    """The score of losses (T, B) `inside` the text; those without a `known` target do not count."""
    scored, characters = losses[inside & known], int(inside.sum())
    return Score(float(scored.sum()), scored.size, characters - scored.size)
