"""A passage of the text, coloured by the units that tell its features best, one line a feature."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.nn.parameters import Parameters
from charlstm.nn.units import unit_name
from charlstm.output.strips import ACROSS, Strip
from charlstm.output.terminal import diverging
from charlstm.studies.features.characters.marking import Feature
from charlstm.studies.features.halves import halves_of
from charlstm.studies.features.labels import markings
from charlstm.studies.features.reading import unit_values, warm_up_of
from charlstm.studies.features.result import Features, FeatureUnits
from charlstm.text.vocabulary import Vocabulary

LENGTH = 4 * ACROSS  # characters
MOST = 8  # features


@dataclass(frozen=True)
class Passage:
    """A passage of n characters from `start` on, as `symbols` (n,), and what follows it in `text`.

    `strips` colour it by one unit for each feature.
    """

    start: int
    symbols: Sequence[str]
    strips: Sequence[Strip]


def passage_of(
    parameters: Parameters,
    vocabulary: Vocabulary,
    ids: NDArray[np.integer],
    features: Sequence[Feature],
    measured: Features,
) -> Passage:
    """The passage of the second half of the text in which the features change most.

    It shows those features after which a unit is called, or else all of them, up to 8.
    """
    shape = parameters.architecture
    H = shape.hidden_size
    halves = halves_of(len(ids), shape.num_layers * H, warm_up_of(parameters))
    names = {name.removesuffix("?") for name in measured.names.values()}
    named = [each for each in measured.features if each.feature.name in names]
    shown = (named or list(measured.features))[:MOST]
    marks = {feature.name: feature for feature in features}
    drawn = [marks[one.feature.name] for one in shown]
    values = [marking.values for marking in markings(drawn, vocabulary, ids)]
    start = _liveliest(
        [v[halves.middle :] for v in values], ids[halves.middle :] == vocabulary.encode("\n")[0]
    )
    places = np.arange(start := start + halves.middle, min(start + LENGTH, len(ids)))
    memory = unit_values(parameters, ids, places)
    symbols = vocabulary.symbols(
        vocabulary.decode_bytes(ids[places])
        if vocabulary.tokens == "byte"
        else vocabulary.decode(ids[places])
    )
    strips = [
        _strip(one, symbols, memory[one.best.layer * H + one.best.unit], holds[places])
        for one, holds in zip(shown, values, strict=True)
    ]
    return Passage(start, symbols, strips)


def _liveliest(values: Sequence[NDArray[Any]], newlines: NDArray[np.bool_]) -> int:
    """Where a line begins after which the values vary most, next to how they vary everywhere."""
    n = len(newlines)
    starts = np.flatnonzero(newlines[: max(0, n - LENGTH)]) + 1
    if not starts.size:
        return 0
    stops = np.minimum(starts + LENGTH, n)
    score = np.zeros(len(starts))
    for each in values:
        centred = each - each.mean()
        sums, squares = (np.append(0.0, part.cumsum()) for part in (centred, centred**2))
        mean, square = ((s[stops] - s[starts]) / (stops - starts) for s in (sums, squares))
        score += np.minimum(1.0, (square - mean**2) / centred.var())
    return int(starts[score.argmax()])


def _strip(
    one: FeatureUnits, symbols: Sequence[str], memory: NDArray[np.float32], holds: NDArray[Any]
) -> Strip:
    """The passage coloured by a unit's memory, from its lowest to its highest value there.

    Blue is where the unit says that the feature holds, or counts up. Where it does not hold there
    are no letters.
    """
    low, high = float(memory.min()), float(memory.max())
    scaled = 2.0 * (memory - low) / max(high - low, 1e-12) - 1.0
    scaled *= 1.0 if one.is_upwards else -1.0
    letters = [s if flag or one.counts else " " for s, flag in zip(symbols, holds, strict=True)]
    label = f"{one.feature.name} {unit_name(one.best.place)}"
    return Strip(label, letters, scaled.tolist(), diverging, low=-1.0)
