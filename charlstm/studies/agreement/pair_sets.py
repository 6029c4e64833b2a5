"""Which pairs a model is asked: made like its corpus, a sweep beyond that, or somebody's own."""

from collections.abc import Iterable
from pathlib import Path

from charlstm.bundled import folder
from charlstm.errors import ConfigError
from charlstm.pairs.files import PER_CONDITION, SEED, SWEEPS, Pair, PairSet
from charlstm.studies.agreement.corpus import CorpusSettings, read_settings, settings_path
from charlstm.studies.agreement.generate import default_pairs, depth_pairs, distance_pairs
from charlstm.studies.agreement.grammar import DEEPEST

DISTANCES = (10, 20, 40, 80, 160, 320)


def default_set(
    settings: CorpusSettings, per_condition: int = PER_CONDITION, seed: int = SEED
) -> PairSet:
    """Every construction of the grammar; those that the corpus is `without` are unseen.

    Raises:
        ConfigError: if the grammar has not so many pairs.
    """
    return PairSet(default_pairs(settings, per_condition, seed), frozenset(settings.without))


def sweep(
    axis: str, settings: CorpusSettings, per_condition: int = PER_CONDITION, seed: int = SEED
) -> PairSet:
    """More and more of one thing between subject and verb, far beyond what the corpus has.

    "depth": 1 to 4 stacked nouns, all of them attractors in the incongruent half. "distance": 10
    to 320 characters of filler without nouns.

    Raises:
        ConfigError: for another axis, or if the grammar has not so many pairs.
    """
    steps: Iterable[tuple[int, list[Pair]]]
    if axis == "depth":
        most, steps = (
            settings.max_attractors,
            (
                (depth, depth_pairs(settings, per_condition, seed, (depth,)))
                for depth in range(1, DEEPEST + 1)
            ),
        )
    elif axis == "distance":
        most, steps = (
            settings.max_filler,
            (
                (distance, distance_pairs(settings, per_condition, seed, (distance,)))
                for distance in DISTANCES
            ),
        )
    else:
        raise ConfigError(f"no sweep is called {axis!r}; there are {', '.join(SWEEPS)}")
    pairs: list[Pair] = []
    at: dict[str, int] = {}
    for value, some in steps:
        pairs += some
        at.update((pair.condition, value) for pair in some)
    order = sorted(at, key=lambda condition: condition.removesuffix(str(at[condition])))
    pairs.sort(key=lambda pair: order.index(pair.condition))  # one series after another
    unseen = frozenset(condition for condition, value in at.items() if value > most)
    return PairSet(pairs, unseen, axis, at)


def settings_of(corpus: Iterable[str]) -> tuple[CorpusSettings, Path] | None:
    """The settings beside the first of these texts that has them, and that text; else None.

    Raises:
        CorpusError, ConfigError: if there are settings, but not such as make a corpus.
    """
    for name in corpus:
        path = Path(name)
        if name != "-" and path.suffix != ".json" and settings_path(path).is_file():
            return read_settings(path), path
    return None


def bundled_settings() -> CorpusSettings:
    """The settings of the corpus that travels with the program."""
    return read_settings(folder("data") / "agreement.txt")
