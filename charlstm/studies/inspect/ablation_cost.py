"""What the ablation of a unit costs: the agreement that is lost over a long and over a short way.

The cost of a unit means nothing by itself, because a network may need any of its units a little. It
is compared with the costs of random units.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

from charlstm.nn.ablation import ablated
from charlstm.nn.parameters import Parameters
from charlstm.pairs.scores import score_pairs
from charlstm.studies.inspect.spans import LONG, Span
from charlstm.text.vocabulary import Vocabulary

PARTS = ("long", "long_0", "long_1", "short", "short_0", "short_1")
ByPart = Mapping[str, float]  # accuracy, or its loss, by part of the pairs; NaN without pairs


class AblationCosts:
    """The accuracy of a model, and what each unit's ablation costs of it; each is ablated once.

    A unit is its number among those of all layers, one layer after the other. `progress` gets the
    number of units that are newly ablated.
    """

    def __init__(
        self,
        parameters: Parameters,
        vocabulary: Vocabulary,
        spans: Sequence[Span],
        parts: Mapping[str, Sequence[int]],
        progress: Callable[[int], object],
    ) -> None:
        self._parameters, self._pairs = parameters, (vocabulary, spans, parts)
        self._progress = progress
        self._costs: dict[int, ByPart] = {}
        self.accuracy: ByPart = accuracy_by_part(parameters, *self._pairs)

    def of(self, unit: int) -> ByPart:
        """The accuracy that is lost, by part."""
        if unit not in self._costs:
            layer_and_unit = divmod(unit, self._parameters.architecture.hidden_size)
            left = accuracy_by_part(ablated(self._parameters, layer_and_unit), *self._pairs)
            self._costs[unit] = {part: self.accuracy[part] - left[part] for part in left}
            self._progress(1)
        return self._costs[unit]

    def over_a_long_way(self, units: Iterable[int]) -> NDArray[np.float64]:
        """The costs (N,) over a long way."""
        return np.array([self.of(unit)["long"] for unit in units])


def draw_controls(order: Sequence[int], candidates: int, controls: int, seed: int) -> list[int]:
    """Random units beside the candidates, which are the first in the order of separability.

    Where too few units are left, the last of the candidates may be drawn as well.
    """
    pool = sorted(order[max(0, min(candidates, len(order) - controls)) :])
    return Random(seed).sample(pool, min(controls, len(pool)))  # noqa: S311


def parts_of(spans: Sequence[Span], long: int = LONG) -> dict[str, list[int]]:
    """Which spans are in each of `PARTS`: long or short, and of each which reading."""
    parts: dict[str, list[int]] = {}
    for name, far in (("long", True), ("short", False)):
        members = [n for n, span in enumerate(spans) if (span.distance > long) is far]
        parts[name] = members
        for reading in (0, 1):
            parts[f"{name}_{reading}"] = [n for n in members if spans[n].reading == reading]
    return parts


def accuracy_by_part(
    parameters: Parameters,
    vocabulary: Vocabulary,
    spans: Sequence[Span],
    parts: Mapping[str, Sequence[int]],
) -> dict[str, float]:
    """The share of right pairs in each part, judged by the agreeing word."""
    scores = score_pairs(parameters, vocabulary, [span.pair for span in spans], "verb")
    right = np.array([score.right for score in scores])
    return {
        part: float(right[list(members)].mean()) if members else float("nan")
        for part, members in parts.items()
    }


def middle_95(costs: Sequence[float]) -> tuple[float, float]:
    """The range in which 95 % of the costs lie; NaN if there are none."""
    if not costs or np.isnan(costs).any():
        return float("nan"), float("nan")
    low, high = np.quantile(costs, (0.025, 0.975))
    return float(low), float(high)
