"""Number units: their value shows the subject's number up to the verb, and agreement needs it.

Lakretz et al. 2019 ("The emergence of number and syntax units in LSTM language models") found such
units by ablation. Here a unit carries number only if both hold.

- In at least half of the constructions its value separates the readings halfway and just before
  the verb, and so well as no unit does by chance.
- Its ablation costs long-distance agreement, and more than that of random units.

A high AUC does not show that the model uses the unit. At the subject itself other units may hold
the number for a moment. So the report shows that place, but it does not decide.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from charlstm.nn.parameters import Parameters
from charlstm.nn.units import unit_name
from charlstm.studies.inspect.ablation_cost import (
    AblationCosts,
    ByPart,
    draw_controls,
    middle_95,
    parts_of,
)
from charlstm.studies.inspect.chance import p_value
from charlstm.studies.inspect.separation import Separation, judged_spans, separation_of
from charlstm.studies.inspect.span_values import PLACES
from charlstm.studies.inspect.spans import LONG, Span, item_counts, long_spans
from charlstm.text.vocabulary import Vocabulary

SEPARATES = 0.9  # the least separability in a construction that counts
COSTS = 0.05  # the least cost in long-distance agreement that counts
CHANCE = 0.6  # a share of right answers that may be luck: there is no agreement to lose
P_LABELS, P_CONTROLS = 0.01, 0.05  # below the one, and not above the other, a unit is no accident
CANDIDATES, CONTROLS = 10, 30
FEWEST_CONTROLS = 19  # a unit that costs more than all of them has a p of 1/20


@dataclass(frozen=True)
class Unit:
    """The findings about one unit.

    `auc` is that of reading 1 against 0 at each of `PLACES`, a mean over the constructions.
    `separability` is by construction: the lower AUC of the last two places, in the unit's
    direction; `mean_separability` is its mean. `retention` is the mean retention gate over the
    span, `weight` the mean readout weight of the character that decides for reading 1 less that for
    0; both are NaN where there is none. Attention may bring the unit to the readout by way of later
    steps, which `weight` does not count. `cost` is the accuracy lost by the unit's ablation, which
    attention does not see either. `p_labels` is how probable it is that any unit has this mean
    separability if the labels mean nothing, `p_controls` that a random unit costs so much over a
    long way.
    """

    layer: int
    unit: int
    auc: Mapping[str, float]
    separability: Mapping[str, float]
    mean_separability: float
    retention: float
    weight: float
    cost: ByPart
    p_labels: float
    p_controls: float
    carries: bool

    @property
    def name(self) -> str:
        """0:78 for unit 78 of layer 0."""
        return unit_name((self.layer, self.unit))

    @property
    def constructions(self) -> list[str]:
        """The constructions in which it separates the readings."""
        return [name for name, least in self.separability.items() if least >= SEPARATES]

    @property
    def separates(self) -> bool:
        """Whether it separates the readings in half of the constructions."""
        return 2 * len(self.constructions) >= len(self.separability)


@dataclass(frozen=True)
class Units:
    """The candidates, most separable first, of a model with this `accuracy`.

    `control` is the range, by part, in which 95 % of the ablation costs of `controls` random units
    lie; `counts` are the pairs of each part. `items` has the number of items over a long way of
    each condition; one with fewer than `ITEMS` is not among the constructions of a unit.
    """

    accuracy: ByPart
    candidates: Sequence[Unit]
    control: Mapping[str, tuple[float, float]]
    controls: int
    counts: Mapping[str, int]
    items: Mapping[str, int]

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
        CorpusError: if no condition has enough items with more than `long` characters between
            subject and verb, so that nothing has to be kept.
    """
    far = judged_spans(spans, long)
    parts = parts_of(spans, long)
    separation = separation_of(parameters, vocabulary, far, seed)
    order = np.argsort(-separation.means, kind="stable").tolist()
    costs = AblationCosts(parameters, vocabulary, spans, parts, progress)
    drawn = draw_controls(order, candidates, controls, seed)
    control = {part: middle_95([costs.of(unit)[part] for unit in drawn]) for part in parts}
    H = parameters.architecture.hidden_size
    return Units(
        costs.accuracy,
        [_unit(unit, H, separation, costs, drawn) for unit in order[:candidates]],
        control,
        len(drawn),
        {part: len(members) for part, members in parts.items()},
        item_counts(long_spans(spans, long)),
    )


def _unit(
    number: int, H: int, separation: Separation, costs: AblationCosts, drawn: Sequence[int]
) -> Unit:
    """The findings about the unit of this number among those of all layers."""
    cost, separable = costs.of(number), separation.separability[:, number]
    others = costs.over_a_long_way(unit for unit in drawn if unit != number)
    unit = Unit(
        layer=number // H,
        unit=number % H,
        auc=dict(zip(PLACES, separation.aucs[:, :, number].mean(axis=0).tolist(), strict=True)),
        separability=dict(zip(separation.constructions, separable.tolist(), strict=True)),
        mean_separability=float(separation.means[number]),
        retention=float(separation.retention[number]),
        weight=float(separation.weights[number]),
        cost=cost,
        p_labels=p_value(float(separation.means[number]), separation.by_chance),
        p_controls=p_value(cost["long"], others),
        carries=False,
    )
    known = unit.separates and unit.p_labels < P_LABELS
    needed = cost["long"] >= COSTS and unit.p_controls <= P_CONTROLS
    return replace(unit, carries=known and needed and costs.accuracy["long"] >= CHANCE)
