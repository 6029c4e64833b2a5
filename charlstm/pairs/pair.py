"""A minimal pair, and a set of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NUMBERS = ("singular", "plural")
ENDS = ("subject_end", "attractor_end")
UNNAMED = "pairs"  # the condition of pairs that name none
PER_CONDITION, SEED = 400, 1  # the defaults where pairs are made: how many, and which
SWEEPS = ("depth", "distance")  # what a sweep varies between subject and verb


@dataclass(frozen=True)
class Pair:
    """Two sentences that differ in one word, of which the first is right.

    Pairs with the same `item` are its two readings (The cat ... was, The cats ... were). An item is
    right jointly if both pairs are. `congruent` is None where no other noun could mislead.
    `subject_end` is how many characters the sentence has up to the end of its subject's noun,
    `attractor_end` up to that of the other noun, which misleads where not congruent. Every label
    but `condition` and `item` is None where the pair's author gave none.
    """

    sentence_good: str
    sentence_bad: str
    condition: str
    item: str
    subject_number: str | None = None
    congruent: bool | None = None
    attractors: int | None = None
    subject_end: int | None = None
    attractor_end: int | None = None


@dataclass(frozen=True)
class PairSet:
    """Pairs, the conditions that the corpus does not have, and what a sweep varies.

    `axis` names what the sweep varies ("depth" in nouns, "distance" in characters); `at` gives its
    value in each condition.
    """

    pairs: list[Pair]
    unseen: frozenset[str] = frozenset()
    axis: str | None = None
    at: Mapping[str, int] = field(default_factory=dict)


def first_difference(text: str, other: str) -> int | None:
    """Where two texts first differ; None if one text starts with the other."""
    return next((k for k, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), None)
