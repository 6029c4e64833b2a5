"""Number units: their value shows the subject's number up to the verb, and agreement needs it.

Lakretz et al. 2019 ("The emergence of number and syntax units in LSTM language models") found such
units by ablation. Here a unit carries number only if both hold: in at least half of the
constructions its value separates the readings halfway and just before the verb, and its ablation
costs long-distance agreement more than that of random units. A high AUC does not show that the
model uses the unit. At the subject itself other units may hold the number for a moment. So the
report shows that place, but it does not decide.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from charlstm.errors import CorpusError
from charlstm.nn import Array
from charlstm.nn.ablation import ablated
from charlstm.nn.parameters import Parameters
from charlstm.pairs.scores import score_pairs
from charlstm.studies.inspect.separability import auc_by_condition, separability
from charlstm.studies.inspect.span_values import PLACES, SpanValues, span_values
from charlstm.studies.inspect.spans import LONG, Span
from charlstm.text.vocabulary import Vocabulary

SEPARATES = 0.9  # the least separability in a construction that counts
COSTS = 0.05  # the least cost in long-distance agreement that counts
CANDIDATES, CONTROLS = 10, 30
PARTS = ("long", "long_0", "long_1", "short", "short_0", "short_1")
ByPart = Mapping[str, float]  # accuracy, or its loss, by part of the pairs; NaN without pairs


@dataclass(frozen=True)
class Unit:
    """The findings about one unit.

    `auc` is that of reading 1 against 0 at each of `PLACES`, a mean over the constructions.
    `separability` is by construction: the lower AUC of the last two places, in the unit's
    direction; `mean_separability` is its mean. `retention` is the mean retention gate over the
    span, `weight` the mean readout weight of the character that decides for reading 1 less that for
    0; both are NaN where there is none. Attention may bring the unit to the readout by way of later
    steps, which `weight` does not count. `cost` is the accuracy lost by the unit's ablation, which
    attention does not see either.
    """

    layer: int
    unit: int
    auc: Mapping[str, float]
    separability: Mapping[str, float]
    mean_separability: float
    retention: float
    weight: float
    cost: ByPart
    carries: bool

    @property
    def constructions(self) -> list[str]:
        """The constructions in which it separates the readings."""
        return [name for name, least in self.separability.items() if least >= SEPARATES]


@dataclass(frozen=True)
class Units:
    """The candidates, most separable first, of a model with this `accuracy`.

    `control` is the range, by part, in which 95 % of the ablation costs of `controls` random units
    lie; `counts` are the pairs of each part.
    """

    accuracy: ByPart
    candidates: Sequence[Unit]
    control: Mapping[str, tuple[float, float]]
    controls: int
    counts: Mapping[str, int]

    @property
    def carriers(self) -> list[Unit]:
        """The units that carry the feature, those whose ablation costs most first."""
        carriers = [unit for unit in self.candidates if unit.carries]
        return sorted(carriers, key=lambda unit: -unit.cost["long"])

    @property
    def best(self) -> Unit:
        """The first carrier, or else the most separable unit."""
        return next(iter(self.carriers or self.candidates))


def find_units(
    parameters: Parameters,
    vocabulary: Vocabulary,
    spans: Sequence[Span],
    *,
    candidates: int = CANDIDATES,
    controls: int = CONTROLS,
    long: int = LONG,
    seed: int = 1,
    progress: Callable[[int], object] = lambda _: None,
) -> Units:
    """Rank all units by separability, and ablate the best and some random others.

    `progress` gets the number of units that are newly ablated.

    Raises:
        CorpusError: if no span is longer than `long` characters, so that nothing has to be kept.
    """
    H = parameters.architecture.hidden_size
    far = long_spans(spans, long)
    if not far:
        raise CorpusError(f"no sentence has more than {long} characters before its verb")
    parts = parts_of(spans, long)
    values = span_values(parameters, vocabulary, far)
    by_construction = auc_by_condition(
        np.concatenate([layer.memory for layer in values], axis=2),
        np.array([span.reading for span in far]),
        [span.pair.condition for span in far],
    )
    aucs = np.stack(list(by_construction.values()))  # (C, 3, L·H)
    separable = separability(aucs[:, 1:])  # (C, L·H)
    means = separable.mean(axis=0)
    order = np.argsort(-means, kind="stable")
    chosen, others = order[:candidates], sorted(order[candidates:].tolist())
    drawn = Random(seed).sample(others, min(controls, len(others)))  # noqa: S311
    accuracy = accuracy_by_part(parameters, vocabulary, spans, parts)

    def ablation_cost(place: int) -> dict[str, float]:
        without = ablated(parameters, divmod(place, H))
        left = accuracy_by_part(without, vocabulary, spans, parts)
        progress(1)
        return {part: accuracy[part] - left[part] for part in parts}

    random_costs = [ablation_cost(place) for place in drawn]
    control = {part: _middle([cost[part] for cost in random_costs]) for part in parts}
    retention = np.concatenate([_mean_retention(layer, H) for layer in values])
    weights = _readout_weights(parameters, vocabulary, far)
    units = []
    for place in chosen.tolist():
        cost = ablation_cost(place)
        needed = cost["long"] >= COSTS and not cost["long"] <= control["long"][1]
        separates = (separable[:, place] >= SEPARATES).mean() >= 0.5
        units.append(
            Unit(
                layer=place // H,
                unit=place % H,
                auc=dict(zip(PLACES, aucs[:, :, place].mean(axis=0).tolist(), strict=True)),
                separability=dict(zip(by_construction, separable[:, place].tolist(), strict=True)),
                mean_separability=float(means[place]),
                retention=float(retention[place]),
                weight=float(weights[place]),
                cost=cost,
                carries=bool(separates and needed),
            )
        )
    counts = {part: len(members) for part, members in parts.items()}
    return Units(accuracy, units, control, len(drawn), counts)


def long_spans(spans: Sequence[Span], long: int = LONG) -> list[Span]:
    """The spans with more than `long` characters between subject and verb."""
    return [span for span in spans if span.distance > long]


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


def _middle(costs: Sequence[float]) -> tuple[float, float]:
    """The range in which 95 % of the costs lie; NaN if there are none."""
    if not costs or np.isnan(costs).any():
        return float("nan"), float("nan")
    low, high = np.quantile(costs, (0.025, 0.975))
    return float(low), float(high)


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
        one, zero = span.decides if span.reading else reversed(span.decides)
        rows.append(W_y[int(vocabulary.encode(one)[0])] - W_y[int(vocabulary.encode(zero)[0])])
    below = np.full((layers - 1) * H, np.nan)
    return np.concatenate([below, np.mean(rows, axis=0)])
