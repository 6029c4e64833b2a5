"""Which units carry the subject's number: decodable all the way, and missed when silent.

Lakretz et al. 2019 ("The emergence of number and syntax units in LSTM language models") found such
units by ablation. A unit is called one here only if both hold: in at least half of the
constructions its value tells the readings apart halfway and just before the verb, and silencing it
costs long-distance agreement more than silencing random units does. An AUC alone shows what a unit
knows, not that it is used. At the subject itself other units may hold the number for a moment, so
that place is shown but not asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np

from charlstm.errors import CorpusError
from charlstm.nn import Array
from charlstm.nn.ablation import ablated
from charlstm.nn.parameters import Parameters
from charlstm.pairs.scores import score_pairs
from charlstm.studies.inspect.decode import by_condition, told
from charlstm.studies.inspect.span_values import PLACES, read_spans
from charlstm.studies.inspect.spans import LONG, Span
from charlstm.text.vocabulary import Vocabulary

TELLS = 0.9  # the least AUC in a construction that counts
COSTS = 0.05  # the least drop in long-distance agreement that counts
CANDIDATES, CONTROLS = 10, 30
Parts = Mapping[str, float]  # accuracy, or a drop in it, by part; NaN where there are no pairs


@dataclass(frozen=True)
class Unit:
    """One unit's findings; `drop` is what its silence costs, by part, from 0 to 1.

    `auc` is of reading 1 against 0 at each of `PLACES`, a mean over the constructions; `told` says
    for each of these how well the unit tells (the lower AUC of the last two places in the unit's
    direction) and `tells` is the mean of that. `keep` is the mean keeping gate over the span,
    `weight` the mean readout weight to the character that decides for reading 1 less that for 0;
    NaN where there is none.
    """

    layer: int
    unit: int
    auc: Mapping[str, float]
    told: Mapping[str, float]
    tells: float
    keep: float
    weight: float
    drop: Parts
    carries: bool

    @property
    def constructions(self) -> list[str]:
        """The constructions in which it tells."""
        return [name for name, least in self.told.items() if least >= TELLS]


@dataclass(frozen=True)
class Units:
    """The candidates, most telling first, of a model with accuracy `whole`.

    `control` is the range, by part, in which 95 % of the drops of random units lie.
    """

    whole: Parts
    units: Sequence[Unit]
    control: Mapping[str, tuple[float, float]]
    controls: int
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def carriers(self) -> list[Unit]:
        """The units that carry the feature, by how much they are missed."""
        found = [unit for unit in self.units if unit.carries]
        return sorted(found, key=lambda unit: -unit.drop["long"])


def find(
    parameters: Parameters,
    vocabulary: Vocabulary,
    found: Sequence[Span],
    *,
    candidates: int = CANDIDATES,
    controls: int = CONTROLS,
    long: int = LONG,
    seed: int = 1,
    progress: Callable[[], object] = lambda: None,
) -> Units:
    """Rank all units by how well they tell, and silence the best and some random others.

    `progress` is called after each silenced unit.

    Raises:
        CorpusError: if no span is longer than `long` characters, so that nothing has to be kept.
    """
    H = parameters.architecture.hidden_size
    far = [span for span in found if span.distance > long]
    if not far:
        raise CorpusError(f"no sentence has more than {long} characters before its verb")
    parts = parts_of(found, long)
    readings = np.array([span.reading for span in far])
    values = read_spans(parameters, vocabulary, far)
    aucs = by_condition(
        np.concatenate([layer.memory for layer in values], axis=2),
        readings,
        [span.pair.condition for span in far],
    )
    stacked = np.stack(list(aucs.values()))  # (C, 3, L·H)
    clear = told(stacked[:, 1:])
    tells = clear.mean(axis=0)
    order = np.argsort(-tells, kind="stable")
    chosen, others = order[:candidates], sorted(order[candidates:].tolist())
    drawn = Random(seed).sample(others, min(controls, len(others)))  # noqa: S311
    whole = accuracy(parameters, vocabulary, found, parts)

    def drop(place: int) -> dict[str, float]:
        without = ablated(parameters, place // H, place % H)
        left = accuracy(without, vocabulary, found, parts)
        progress()
        return {part: whole[part] - left[part] for part in parts}

    random = [drop(place) for place in drawn]
    control = {part: _middle([one[part] for one in random]) for part in parts}
    keep = np.concatenate([_mean_keep(layer.keep, H) for layer in values])
    weights = _weights(parameters, vocabulary, far)
    units = []
    for place in chosen.tolist():
        cost = drop(place)
        missed = cost["long"] >= COSTS and not cost["long"] <= control["long"][1]
        clearly = (clear[:, place] >= TELLS).mean() >= 0.5
        units.append(
            Unit(
                layer=place // H,
                unit=place % H,
                auc=dict(zip(PLACES, stacked[:, :, place].mean(axis=0).tolist(), strict=True)),
                told=dict(zip(aucs, clear[:, place].tolist(), strict=True)),
                tells=float(tells[place]),
                keep=float(keep[place]),
                weight=float(weights[place]),
                drop=cost,
                carries=bool(clearly and missed),
            )
        )
    counts = {part: len(members) for part, members in parts.items()}
    return Units(whole, units, control, len(drawn), counts)


def parts_of(found: Sequence[Span], long: int = LONG) -> dict[str, list[int]]:
    """Which spans are long, which short, and of each which reading: `long_0` … `short_1`."""
    parts: dict[str, list[int]] = {}
    for name, far in (("long", True), ("short", False)):
        members = [n for n, span in enumerate(found) if (span.distance > long) is far]
        parts[name] = members
        for reading in (0, 1):
            parts[f"{name}_{reading}"] = [n for n in members if found[n].reading == reading]
    return parts


def accuracy(
    parameters: Parameters,
    vocabulary: Vocabulary,
    found: Sequence[Span],
    parts: Mapping[str, Sequence[int]],
) -> dict[str, float]:
    """The share of right pairs in each part, judged by the agreeing word."""
    scored = score_pairs(parameters, vocabulary, [span.pair for span in found], "verb")
    right = np.array([one.right for one in scored])
    return {
        part: float(right[list(members)].mean()) if members else float("nan")
        for part, members in parts.items()
    }


def _middle(drops: Sequence[float]) -> tuple[float, float]:
    """Between which 95 % of the drops lie; NaN of nothing."""
    if not drops or np.isnan(drops).any():
        return float("nan"), float("nan")
    low, high = np.quantile(drops, (0.025, 0.975))
    return float(low), float(high)


def _mean_keep(keep: Array | None, H: int) -> Array:
    return np.full(H, np.nan) if keep is None else np.nanmean(keep, axis=0)


def _weights(parameters: Parameters, vocabulary: Vocabulary, far: Sequence[Span]) -> Array:
    """The readout's preference (L·H,) for the character of reading 1; NaN below the top layer."""
    H, layers = parameters.architecture.hidden_size, parameters.architecture.num_layers
    W_y = parameters.by_name["W_y"]
    rows = []
    for span in far:
        one, other = span.decides if span.reading else reversed(span.decides)
        rows.append(W_y[int(vocabulary.encode(one)[0])] - W_y[int(vocabulary.encode(other)[0])])
    below = np.full((layers - 1) * H, np.nan)
    return np.concatenate([below, np.mean(rows, axis=0)])
