"""Minimal pairs that the grammar makes: a right sentence, and the same with its verb put wrong."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from charlstm.errors import ConfigError
from charlstm.pairs.pair import NUMBERS, PER_CONDITION, SEED, SWEEPS, Pair, PairSet
from charlstm.studies.agreement.corpus import CorpusSettings, has_settings, read_settings
from charlstm.studies.agreement.draw import Draw, anything, held_out
from charlstm.studies.agreement.grammar import (
    DEEPEST,
    GRAMMAR,
    Readings,
    adverbials,
    prepositional_phrases,
    stacked_relatives,
)
from charlstm.studies.agreement.phrases import MIN_FILLER, Frame

DEPTHS = tuple(range(1, DEEPEST + 1))
DISTANCES = (10, 20, 40, 80, 160, 320)
PATIENCE = 300  # after so many repeated sentences in a row, the grammar has no new ones


@dataclass(frozen=True)
class Condition:
    """One condition of a set of pairs: what builds its frames, and how many other nouns they have.

    `filler` is the length of the filler in characters; None leaves it to the corpus's settings.
    """

    name: str
    build: Callable[[Draw, Readings], Frame]
    nouns: int
    filler: int | None = None


@dataclass(frozen=True)
class GrammarPairs:
    """The pairs that suit the corpus of these settings.

    If the corpus holds out pairs of a subject and a predicate, the minimal pairs have only those.
    Subject number and congruence are balanced, since an item is one frame in both readings:
    the words between subject and verb are the same, and mislead in one of the two.
    """

    settings: CorpusSettings

    def default(self, per_condition: int = PER_CONDITION, seed: int = SEED) -> PairSet:
        """`per_condition` pairs or more of each construction, with at most one attractor.

        The constructions that the corpus is `without` are there too, as unseen. In `pronoun_gender`
        the readings are the actress and the actor, and both count as singular.

        Raises:
            ConfigError: if the grammar has fewer pairs.
        """
        conditions = [Condition(name, c.build, c.nouns) for name, c in GRAMMAR.items()]
        pairs = self._pairs(conditions, per_condition, seed)
        return PairSet(pairs, frozenset(self.settings.without))

    def sweep(
        self,
        axis: str,
        per_condition: int = PER_CONDITION,
        seed: int = SEED,
        steps: Sequence[int] | None = None,
    ) -> PairSet:
        """More and more of one thing between subject and verb, far beyond what the corpus has.

        `axis` "depth" stacks 1 to 4 nouns, all of them attractors in the incongruent half:
        `depth_pp_1` ... `depth_relative_4`. "distance" puts in 10 to 320 characters of filler
        without nouns: `distance_10` ... `distance_320`. `steps` are other depths or distances.

        Raises:
            ConfigError: for another axis, a depth outside 1 to 4, a distance below 7 characters,
                or if the grammar has fewer pairs.
        """
        if axis == "depth":
            conditions = _depths(steps or DEPTHS)
            most = self.settings.max_attractors
        elif axis == "distance":
            conditions = _distances(steps or DISTANCES)
            most = self.settings.max_filler
        else:
            raise ConfigError(f"no sweep is called {axis!r}; there are {', '.join(SWEEPS)}")
        pairs = self._pairs([condition for condition, _ in conditions], per_condition, seed)
        at = {condition.name: step for condition, step in conditions}
        unseen = frozenset(name for name, step in at.items() if step > most)
        return PairSet(pairs, unseen, axis, at)

    def _pairs(self, conditions: Iterable[Condition], count: int, seed: int) -> list[Pair]:
        return [
            pair
            for condition in conditions
            for item, frame in enumerate(self._frames(condition, count, seed))
            for pair in _both_readings(frame, condition.name, item)
        ]

    def _frames(self, condition: Condition, count: int, seed: int) -> Iterator[Frame]:
        """Different frames for `count` pairs or more, the other nouns' number taking turns."""
        # A condition has a generator of its own, so its pairs are the same whatever else is made.
        rng = Random(f"{seed} {condition.name}")  # noqa: S311
        allowed = held_out if self.settings.hold_out else anything
        lengths = (MIN_FILLER, self.settings.max_filler)
        if condition.filler is not None:
            lengths = (condition.filler, condition.filler)
        known: set[str] = set()
        items = repeats = 0
        while 2 * items < count:
            if repeats == PATIENCE:
                raise ConfigError(
                    f"{condition.name} has about {2 * items} different pairs; ask for fewer"
                )
            draw = Draw(rng, allowed, lengths, neutral=True)
            frame = condition.build(draw, [items % 2] * condition.nouns)
            sentences = {frame.text(0), frame.text(1)}
            if known & sentences:
                repeats += 1
                continue
            repeats = 0
            known |= sentences
            yield frame
            items += 1


def _depths(depths: Sequence[int]) -> list[tuple[Condition, int]]:
    """The conditions of the depth sweep, one kind of stack after the other, each with its depth."""
    if not all(1 <= depth <= DEEPEST for depth in depths):
        raise ConfigError(f"depths run from 1 to {DEEPEST}, not {tuple(depths)}")
    return [
        (Condition(f"depth_{stack}_{depth}", build, depth), depth)
        for stack, build in (("pp", prepositional_phrases), ("relative", stacked_relatives))
        for depth in depths
    ]


def _distances(distances: Sequence[int]) -> list[tuple[Condition, int]]:
    """The conditions of the distance sweep, each with its distance in characters."""
    if not all(distance >= MIN_FILLER for distance in distances):
        raise ConfigError(f"no filler is shorter than {MIN_FILLER} characters; got {distances}")
    return [
        (Condition(f"distance_{distance}", adverbials, 0, distance), distance)
        for distance in distances
    ]


def _both_readings(frame: Frame, condition: str, item: int) -> Iterator[Pair]:
    for reading in (0, 1):
        attractors = frame.attractors(reading)
        yield Pair(
            sentence_good=frame.text(reading),
            sentence_bad=frame.text(reading, agreeing=1 - reading),
            condition=condition,
            item=f"{condition} {item}",
            subject_number=NUMBERS[0 if condition == "pronoun_gender" else reading],
            congruent=attractors == 0 if frame.others else None,
            attractors=attractors,
            subject_end=frame.subject_end(reading),
            attractor_end=frame.attractor_end(reading),
        )


def grammar_pairs(corpus: Iterable[str]) -> GrammarPairs | None:
    """The pairs that suit the first of these texts with settings beside it; None if none has.

    A file beside a text that is not ours is passed over.

    Raises:
        ConfigError: if there are settings of ours, but one of them is out of range.
    """
    for name in corpus:
        if name != "-" and has_settings(Path(name)):
            return GrammarPairs(read_settings(Path(name)))
    return None


def bundled_grammar_pairs() -> GrammarPairs:
    """The pairs that suit the corpus that travels with the program."""
    from charlstm.config_file import bundled_folder  # noqa: PLC0415 - it loads YAML

    return GrammarPairs(read_settings(bundled_folder("data") / "agreement.txt"))
