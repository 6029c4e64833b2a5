"""The units that carry a feature of characters: they tell it, and the network needs them for it.

Karpathy, Johnson & Fei-Fei 2015 ("Visualizing and understanding recurrent networks") found such
units by eye. Here a unit that is chosen on one half of a text carries a feature if on the other
half

- it tells the feature better than the best of all units tells shifted labels, and clearly, and
  more than the last character alone does;
- the network predicts the text, and the characters that need the feature, better than their
  frequency alone would;
- the unit's ablation costs more on these characters than that of random units does, and more than
  on other characters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.nn.parameters import Parameters
from charlstm.studies.features.characters.marking import Feature
from charlstm.studies.features.costs import Ablations, Cost, Needs, Progress
from charlstm.studies.features.halves import halves_of
from charlstm.studies.features.labels import FEW, Labels, labels_of
from charlstm.studies.features.reading import unit_values, warm_up_of
from charlstm.studies.features.result import (
    Candidate,
    Features,
    FeatureUnits,
    is_memory,
    is_needed,
)
from charlstm.studies.features.telling import LUCK, Tellings, tellings_of
from charlstm.text.vocabulary import Vocabulary

CANDIDATES, CONTROLS, SHIFTS = 3, 30, 199
FEWEST_CONTROLS = 19  # of which 5 % are one
FEWEST_SHIFTS, MOST_SHIFTS = 99, 9999  # of the fewest 1 % are one
LEAST_SHIFT = 500  # characters
RANDOM = 0.95  # the share of random units that a carrier costs more than

Costs = Mapping[tuple[int, str], Cost]  # by unit and feature


def find_features(
    parameters: Parameters,
    vocabulary: Vocabulary,
    ids: NDArray[np.integer],
    features: Sequence[Feature],
    *,
    candidates: int = CANDIDATES,
    controls: int = CONTROLS,
    shifts: int = SHIFTS,
    seed: int = 1,
    progress: Progress = lambda _done, _total: None,
) -> Features:
    """Read a text `ids` (N,) and look for the units of these features.

    `candidates` units a feature are ablated, and so many random `controls`.

    Raises:
        CorpusError: if the text is too short, or none of the features occurs often enough.
    """
    shape = parameters.architecture
    units = shape.num_layers * shape.hidden_size
    halves = halves_of(len(ids), units, warm_up_of(parameters), vocabulary.unit)
    labels, left_out = labels_of(features, vocabulary, ids, halves)
    if not labels:
        reasons = "; ".join(f"{name} {why}" for name, why in left_out)
        raise CorpusError(f"none of the features occurs often enough in this text: {reasons}")
    tellings = tellings_of(
        labels,
        (
            unit_values(parameters, ids, halves.chosen),
            unit_values(parameters, ids, halves.reported),
        ),
        (ids[halves.chosen], ids[halves.reported]),
        count=candidates,
        shifts=shifts,
        least_shift=-(-LEAST_SHIFT // halves.step),
        seed=seed,
    )
    drawn = np.sort(np.random.default_rng(seed).permutation(units)[:controls]).tolist()
    ablations = Ablations(parameters, ids, halves)
    needs = {
        each.feature.name: ablations.needs(each.needs) for each in labels if each.needs is not None
    }
    wanted = _to_ablate(_tellers(labels, tellings), needs, drawn) if ablations.has_learnt else {}
    costs = ablations.costs(wanted, needs, progress)
    measured = [
        _feature_units(each, telling, needs.get(each.feature.name), drawn, costs, shape.hidden_size)
        for each, telling in zip(labels, tellings, strict=True)
    ]
    return Features(
        features=carried_once(measured),
        left_out=left_out,
        characters=halves.stop - halves.start,
        controls=len(drawn),
        shifts=shifts,
        has_learnt=ablations.has_learnt,
    )


def _to_ablate(
    tellers: Mapping[str, Sequence[int]], needs: Mapping[str, Needs], drawn: Sequence[int]
) -> dict[int, list[str]]:
    """Which units to ablate for which features: those that tell one, and for these the random."""
    wanted: dict[int, list[str]] = {}
    for name, need in needs.items():
        if tellers[name] and need.places.size >= FEW:
            for unit in dict.fromkeys([*tellers[name], *drawn]):
                wanted.setdefault(unit, []).append(name)
    return wanted


def _tellers(labels: Sequence[Labels], tellings: Sequence[Tellings]) -> dict[str, list[int]]:
    """The units that tell each feature, by its name."""
    return {
        each.feature.name: [best.unit for best in telling.best if best.luck <= LUCK]
        for each, telling in zip(labels, tellings, strict=True)
    }


def _feature_units(
    labels: Labels,
    tellings: Tellings,
    needs: Needs | None,
    drawn: Sequence[int],
    costs: Costs,
    H: int,
) -> FeatureUnits:
    """A feature's candidates, with the cost of their ablation."""
    name, own = labels.feature.name, {each.unit for each in tellings.best}
    random = [
        costs[unit, name].needing for unit in drawn if unit not in own and (unit, name) in costs
    ]
    units = FeatureUnits(
        feature=labels.feature,
        counts=labels.counts,
        mean=labels.mean,
        shifted=tellings.shifted,
        character=tellings.character,
        together=tellings.together,
        needs=needs,
        control=float(np.quantile(random, RANDOM)) if random else float("nan"),
        candidates=[],
    )
    candidates = []
    for unit, score, luck in tellings.best:
        cost = costs.get((unit, name)) if luck <= LUCK else None
        carries = is_memory(units, score) and is_needed(units, cost)
        candidates.append(Candidate(*divmod(unit, H), score, luck, cost, "", carries))
    return replace(units, candidates=candidates)


def carried_once(features: Sequence[FeatureUnits]) -> list[FeatureUnits]:
    """The same, where each unit carries only that feature which it tells most clearly.

    In a program most brackets are outside of comments. So a unit that holds whether a comment is
    open tells brackets too, and the network needs it for them.
    """
    clearest: dict[tuple[int, int], FeatureUnits] = {}
    for units in features:
        for each in units.carriers:
            other = clearest.get(each.place)
            if other is None or units.clarity(each) > other.clarity(other.of(each.place)):
                clearest[each.place] = units
    once = []
    for units in features:
        candidates = [
            each
            if not each.carries or clearest[each.place] is units
            else replace(each, carries=False, better=clearest[each.place].feature.name)
            for each in units.candidates
        ]
        once.append(replace(units, candidates=candidates))
    return once
