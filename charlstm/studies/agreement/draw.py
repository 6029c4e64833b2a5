"""The words of a sentence, drawn at random; no word comes twice, and held-out pairs never meet."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from random import Random
from typing import TypeVar

from charlstm.studies.agreement.lexicon import (
    ATTRIBUTES,
    COUPLES,
    DEGREES,
    LIVING,
    MANNERS,
    NOUNS,
    PREDICATES,
    PRONOUN_PHRASES,
    Noun,
    Predicate,
)

T = TypeVar("T")
Allowed = Callable[[str, str], bool]  # may this subject lemma meet this predicate lemma?
HELD_OUT_SHARE = 0.2  # of the pairs of a subject and a predicate


@cache
def held_out(subject: str, predicate: str) -> bool:
    """Whether a subject and a predicate meet in test pairs only.

    The lemmas alone decide, so every corpus, whatever its seed or size, holds out the same pairs,
    in both numbers and in every construction.
    """
    digest = hashlib.sha256(f"{subject} + {predicate}".encode()).digest()
    return int.from_bytes(digest[:8]) < HELD_OUT_SHARE * 2**64


def not_held_out(subject: str, predicate: str) -> bool:
    """Whether they may meet in a corpus with a hold-out."""
    return not held_out(subject, predicate)


def anything(_subject: str, _predicate: str) -> bool:
    """Any two may meet: nothing is held out."""
    return True


@cache
def nouns_of(kinds: frozenset[str]) -> tuple[Noun, ...]:
    """All nouns that are of at least one of these kinds."""
    return tuple(noun for noun in NOUNS if noun.kinds & kinds)


def kind_of(noun: Noun) -> str:
    """The kind that decides a noun's predicates and attributes: animal for a cat, not hunter."""
    return next(kind for kind in ATTRIBUTES if kind in noun.kinds)


@cache
def predicates_for(noun: Noun, allowed: Allowed) -> tuple[Predicate, ...]:
    """The predicates that a noun may meet."""
    return tuple(p for p in PREDICATES[kind_of(noun)] if allowed(noun.lemma, p.lemma))


@cache
def phrases_for(lemma: str, allowed: Allowed) -> tuple[str, ...]:
    """The phrases that a pronoun for this noun may meet."""
    return tuple(phrase for phrase in PRONOUN_PHRASES if allowed(lemma, phrase))


class Draw:
    """Draws the words of one sentence, and remembers those that are used.

    It calls nothing but `Random.random`, whose values for a seed are the same in every version of
    Python. `allowed` decides which subject may meet which predicate. `filler` is the range of the
    filler's length, in characters. Where `neutral`, no verb of a relative clause shows the
    subject's number.
    """

    def __init__(
        self, rng: Random, allowed: Allowed, filler: tuple[int, int], *, neutral: bool = False
    ) -> None:
        self.rng = rng
        self.allowed = allowed
        self.filler = filler
        self.neutral = neutral
        self.used: set[str] = set()

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.rng.random() < probability

    def below(self, n: int) -> int:
        """A number from 0 to n - 1."""
        return int(self.rng.random() * n)

    def choice(self, options: Sequence[T]) -> T:
        """One of the options, each as likely."""
        return options[self.below(len(options))]

    def word(self, options: Sequence[str]) -> str:
        """One of these words, not used before; from now on it is used."""
        word = self.choice([option for option in options if option not in self.used])
        self.used.add(word)
        return word

    def manner(self) -> str:
        """An adverb of manner, often with a degree; after "quiet" it is not "quietly"."""
        unused = [m for m in MANNERS if m not in self.used] or MANNERS
        stems = {word[:3] for word in self.used - set(MANNERS)}
        manner = self.choice([m for m in unused if m[:3] not in stems] or MANNERS)
        self.used.add(manner)
        return f"{self.choice(DEGREES)} {manner}" if self.chance(0.6) else manner

    def noun(self, kinds: Iterable[str], suits: Callable[[Noun], object] = bool) -> Noun:
        """A noun of one of these kinds that suits and is not used before."""
        return self.use(
            self.choice([n for n in nouns_of(frozenset(kinds)) if self.is_unused(n) and suits(n)])
        )

    def is_unused(self, noun: Noun) -> bool:
        """Whether neither this noun nor the other of its couple is in the sentence yet."""
        return noun.lemma not in self.used

    def use(self, noun: Noun) -> Noun:
        """The noun; from now on it is used."""
        self.used.add(noun.lemma)
        return noun

    def subject(self, fits: Callable[[Predicate], bool] = bool) -> tuple[Noun, Predicate]:
        """An animal or person, and a fitting predicate that it may meet."""
        noun = self.noun(LIVING, lambda noun: any(map(fits, predicates_for(noun, self.allowed))))
        options = [p for p in predicates_for(noun, self.allowed) if fits(p)]
        lemma = self.choice(list(dict.fromkeys(option.lemma for option in options)))
        predicate = self.choice([option for option in options if option.lemma == lemma])
        self.used.add(predicate.rest)
        return noun, predicate

    def couple(self) -> tuple[Noun, Noun]:
        """A feminine and a masculine noun that a phrase with a pronoun may refer to."""
        couple = self.choice([c for c in COUPLES if phrases_for(c[0].lemma, self.allowed)])
        self.used.add(couple[0].lemma)
        return couple
