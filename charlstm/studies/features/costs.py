"""What the ablation of units costs: on the characters that need a feature, and on the others."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charlstm.nn.ablation import ablated
from charlstm.nn.parameters import Parameters
from charlstm.studies.features.halves import Halves
from charlstm.studies.features.reading import losses

Progress = Callable[[int, int], object]  # gets how many units are ablated, and how many will be


class Cost(NamedTuple):
    """The nats that a unit's ablation adds, a mean over characters.

    `needing` is that of the characters that need the feature, `others` that of all others, and
    `deviations` is their difference in standard errors.
    """

    needing: float
    others: float
    deviations: float


class Needs(NamedTuple):
    """What the network makes of the characters that need a feature, in nats.

    `places` (n,) are theirs, `loss` is the mean loss, and `by_frequency` that of a guess which
    knows nothing but how frequent each character is.
    """

    places: NDArray[np.intp]
    loss: float
    by_frequency: float


class Ablations:
    """The cost of ablations in the second half of a text `ids` (N,). Each unit is ablated once."""

    def __init__(self, parameters: Parameters, ids: NDArray[np.integer], halves: Halves) -> None:
        self._parameters, self._ids = parameters, ids
        self._start, self._stop = halves.middle, halves.stop
        self._losses = losses(parameters, ids, self._start, self._stop)
        V, part = parameters.vocabulary_size, ids[self._start : self._stop]
        counts = np.bincount(part, minlength=V + 1)
        self._by_frequency = -np.log(np.maximum(counts, 1) / counts.sum())  # (V + 1,)
        self._known = part < V

    @property
    def has_learnt(self) -> bool:
        """Whether the network predicts the text better than the frequency of its characters does.

        Nothing can carry a feature in one that does not, such as an untrained one.
        """
        guess = self._by_frequency[self._ids[self._start : self._stop]]
        return bool(self._losses[self._known].sum() < guess[self._known].sum())

    def needs(self, places: NDArray[np.intp]) -> Needs:
        """What the network makes of the characters at these places, of those that it knows."""
        known = places[self._known[places - self._start]]
        if not known.size:
            return Needs(known, math.nan, math.nan)
        loss = self._losses[known - self._start].mean(dtype=np.float64)
        return Needs(known, float(loss), float(self._by_frequency[self._ids[known]].mean()))

    def costs(
        self,
        wanted: Mapping[int, Iterable[str]],
        needs: Mapping[str, Needs],
        progress: Progress,
    ) -> dict[tuple[int, str], Cost]:
        """The cost of each unit for the `wanted` features, by unit and the feature's name."""
        H, costs = self._parameters.architecture.hidden_size, {}
        for done, (unit, names) in enumerate(wanted.items()):
            progress(done, len(wanted))
            without = ablated(self._parameters, divmod(unit, H))
            added = losses(without, self._ids, self._start, self._stop) - self._losses
            for name in names:
                costs[unit, name] = _cost(added, needs[name].places - self._start)
        progress(len(wanted), len(wanted))
        return costs


def _cost(added: NDArray[np.float32], places: NDArray[np.intp]) -> Cost:
    needing = added[places].astype(np.float64)
    other = np.ones(len(added), np.bool_)
    other[places] = False
    others = added[other].astype(np.float64)
    error = math.sqrt(needing.var() / needing.size + others.var() / others.size)
    difference = needing.mean() - others.mean()
    deviations = difference / error if error else 0.0
    return Cost(float(needing.mean()), float(others.mean()), float(deviations))
