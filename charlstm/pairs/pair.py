"""A minimal pair, and a set of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeAlias

Label: TypeAlias = "str | int | float | bool | None"
LeftOut: TypeAlias = tuple[str, str]  # the condition of a pair, and why it is left out
IDENTICAL, UNKNOWN = "identical", "unknown characters"  # such reasons
SENTENCES = ("sentence_good", "sentence_bad")
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
    but `condition` and `item` is None where the pair's author gave none. `closing` is the character
    that ends a sentence when it is scored: a newline, or a blank where the sentence goes on after
    its verb, so that "approve" is not scored as the beginning of "approves". `labels` are the
    other labels of the pair's file, in its order and with its names; they do not make two pairs
    different.
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
    closing: str = "\n"
    labels: Mapping[str, Label] = field(default_factory=dict, compare=False)

    def to_mapping(self) -> dict[str, Any]:
        """The pair as JSON has it: what is not None, then the labels of other names."""
        named = {name: getattr(self, name) for name in FIELDS}
        if self.closing == "\n":
            del named["closing"]
        return {
            **{name: value for name, value in named.items() if value is not None},
            **{name: value for name, value in self.labels.items() if name not in FIELDS},
        }

    def lowered(self) -> "Pair":
        """The pair in small letters; where nouns end is counted anew, as one may become two."""
        ends = (self.subject_end, self.attractor_end)
        subject, attractor = (
            None if end is None else len(self.sentence_good[:end].lower()) for end in ends
        )
        return replace(
            self,
            sentence_good=self.sentence_good.lower(),
            sentence_bad=self.sentence_bad.lower(),
            subject_end=subject,
            attractor_end=attractor,
        )


FIELDS = tuple(f.name for f in fields(Pair) if f.name != "labels")
_AROUND = " .,;:!?…。，！？"  # what may stand around the words of a sentence


@dataclass(frozen=True)
class PairSet:
    """Pairs, the conditions that the corpus does not have, and what a sweep varies.

    `axis` names what the sweep varies ("depth" in nouns, "distance" in characters); `at` gives its
    value in each condition. `group_by` names labels by which a report groups as well as by
    condition. `left_out` counts the pairs that were not read, by condition and reason, and `notes`
    has what the user should know of the files.
    """

    pairs: list[Pair]
    unseen: frozenset[str] = frozenset()
    axis: str | None = None
    at: Mapping[str, int] = field(default_factory=dict)
    group_by: tuple[str, ...] = ()
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def lowered(self) -> "PairSet":
        """The pairs in small letters; those that differed in nothing else are left out."""
        pairs = [pair.lowered() for pair in self.pairs]
        same = [pair for pair in pairs if pair.sentence_good == pair.sentence_bad]
        left_out = Counter(self.left_out)
        left_out.update((pair.condition, IDENTICAL) for pair in same)
        kept = [pair for pair in pairs if pair.sentence_good != pair.sentence_bad]
        return replace(self, pairs=kept, left_out=dict(left_out))


def by_condition_and_reason(left_out: Mapping[LeftOut, int]) -> dict[str, dict[str, int]]:
    """How many pairs were left out, by condition and then by reason, as JSON has it."""
    counts: dict[str, dict[str, int]] = {}
    for (condition, reason), count in left_out.items():
        counts.setdefault(condition, {})[reason] = count
    return counts


def first_difference(text: str, other: str) -> int | None:
    """Where two texts first differ; None if one text starts with the other."""
    return next((k for k, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), None)


def share_an_end(text: str, other: str) -> bool:
    """Whether two sentences have the same first word or the same last one, as minimal pairs do.

    Where neither has a blank, as in Chinese, it is the first or the last character.
    """
    (a, *more), (b, *others) = ([*s.strip(_AROUND).split()] or [s] for s in (text, other))
    if not more and not others:
        return a[:1] == b[:1] or a[-1:] == b[-1:]
    return a == b or [a, *more][-1] == [b, *others][-1]
