"""Minimal pairs made by the grammar: the right sentence, and the same with its verb put wrong."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random

from charlstm.errors import ConfigError
from charlstm.pairs.files import NUMBERS, Pair
from charlstm.studies.agreement.corpus import CorpusSettings
from charlstm.studies.agreement.draw import Draw, anything, held_out
from charlstm.studies.agreement.grammar import (
    DEEPEST,
    GRAMMAR,
    Numbers,
    adverbials,
    pp,
    stacked_relatives,
)
from charlstm.studies.agreement.phrases import SHORTEST, Frame

PATIENCE = 300  # after so many known sentences in a row, there are no new ones
Build = Callable[[Draw, Numbers], Frame]


def default_pairs(settings: CorpusSettings, per_condition: int = 400, seed: int = 1) -> list[Pair]:
    """Pairs for every construction, also those the corpus is without, with at most one attractor.

    Their subject × predicate pairs are the held-out ones if the corpus holds any out. Subject
    number and congruence are balanced, since an item is one frame in both readings: what stands
    between is the same, and misleads one of the two. In `pronoun_gender` the readings are the
    actress and the actor, and both count as singular.

    Raises:
        ConfigError: if the grammar has not so many pairs to offer.
    """
    return [
        pair
        for name, construction in GRAMMAR.items()
        for pair in _pairs(
            settings, name, construction.build, construction.nouns, per_condition, seed
        )
    ]


def depth_pairs(
    settings: CorpusSettings,
    per_condition: int = 400,
    seed: int = 1,
    depths: Iterable[int] = range(1, DEEPEST + 1),
) -> list[Pair]:
    """`depth_pp_1` ... `depth_relative_4`: stacked nouns, all misleading or, for comparison, none.

    Raises:
        ConfigError: for a depth below 1 or above 4.
    """
    stacks: tuple[tuple[str, Build], ...] = (("pp", pp), ("relative", stacked_relatives))
    wanted = tuple(depths)
    if not all(1 <= depth <= DEEPEST for depth in wanted):
        raise ConfigError(f"depths run from 1 to {DEEPEST}, not {wanted}")
    return [
        pair
        for name, build in stacks
        for depth in wanted
        for pair in _pairs(settings, f"depth_{name}_{depth}", build, depth, per_condition, seed)
    ]


def distance_pairs(
    settings: CorpusSettings,
    per_condition: int = 400,
    seed: int = 1,
    distances: Sequence[int] = (10, 20, 40, 80, 160, 320),
) -> list[Pair]:
    """`distance_10` ... `distance_320`: so many characters of filler after "The cat which waited".

    Raises:
        ConfigError: for a distance below the shortest filler, 7 characters.
    """
    if not all(distance >= SHORTEST for distance in distances):
        raise ConfigError(f"no filler is shorter than {SHORTEST} characters; got {distances}")
    return [
        pair
        for distance in distances
        for pair in _pairs(
            settings, f"distance_{distance}", adverbials, 0, per_condition, seed, distance
        )
    ]


def _pairs(
    settings: CorpusSettings,
    condition: str,
    build: Build,
    nouns: int,
    count: int,
    seed: int,
    filler: int | None = None,
) -> Iterator[Pair]:
    """At least `count` different pairs, two to an item, the other nouns' number taking turns."""
    rng = Random(f"{seed} {condition}")  # noqa: S311 — a condition's pairs do not hang on others
    allowed = held_out if settings.hold_out else anything
    lengths = (SHORTEST, settings.max_filler) if filler is None else (filler, filler)
    known: set[str] = set()
    items = 0
    misses = 0
    while 2 * items < count:
        if misses == PATIENCE:
            raise ConfigError(f"{condition} has about {2 * items} different pairs; ask for fewer")
        frame = build(Draw(rng, allowed, lengths, neutral=True), [items % 2] * nouns)
        texts = {frame.text(0), frame.text(1)}
        if known & texts:
            misses += 1
            continue
        misses = 0
        known |= texts
        yield from (_pair(frame, reading, condition, items) for reading in (0, 1))
        items += 1


def _pair(frame: Frame, reading: int, condition: str, item: int) -> Pair:
    attractors = frame.attractors(reading)
    return Pair(
        sentence_good=frame.text(reading),
        sentence_bad=frame.text(reading, agreeing=1 - reading),
        condition=condition,
        item=f"{condition} {item}",
        subject_number=NUMBERS[0 if condition == "pronoun_gender" else reading],
        congruent=attractors == 0 if frame.others else None,
        attractors=attractors,
    )
