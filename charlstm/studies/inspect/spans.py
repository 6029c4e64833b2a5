"""Minimal pairs as stretches of text: from where a subject's number is told to where it is asked.

A pair says only which word is wrong. Where the subject stands follows from its twin, the same item
in the other reading: "The cat near the barn was" and "The cats near the barn were" part at the end
of the subject.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from charlstm.errors import CorpusError
from charlstm.pairs.files import NUMBERS, Pair
from charlstm.pairs.scores import scored_parts

LONG = 20  # characters between subject and verb that make a sentence long
FEATURES = ("number", "gender")


@dataclass(frozen=True)
class Span:
    """One reading of an item: 0 (singular, feminine) or 1 (plural, masculine).

    `subject` is the index in the good sentence of the character after the subject, `verb` that of
    the first character of the agreeing word, and `decides` the characters in which the right and
    the wrong form of it first differ, the right one first.
    """

    pair: Pair
    reading: int
    subject: int
    verb: int
    decides: tuple[str, str]

    @property
    def text(self) -> str:
        """The good sentence."""
        return self.pair.sentence_good

    @property
    def distance(self) -> int:
        """How many characters stand between the subject and the agreeing word."""
        return self.verb - self.subject - 1


def spans(pairs: Iterable[Pair], feature: str = "number") -> list[Span]:
    """The spans of all items whose two readings differ in `feature`, an item's together.

    Readings whose pairs name both numbers differ in number, those that name the same in gender.

    Raises:
        CorpusError: if there are none.
    """
    items: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        items[pair.item].append(pair)
    found = [
        span
        for twins in items.values()
        if len(twins) == 2 and _feature(twins) == feature
        for span in _of(twins)
    ]
    if not found:
        raise CorpusError(
            f"no item of the pairs comes in both readings of {feature}, so where its subject "
            "stands is not known; use pairs with item and subject_number, as corpus pairs writes"
        )
    return found


def _feature(twins: Sequence[Pair]) -> str:
    numbers = {pair.subject_number for pair in twins}
    return "number" if numbers == set(NUMBERS) else "gender" if len(numbers) == 1 else ""


def _of(twins: Sequence[Pair]) -> list[Span]:
    if _feature(twins) == "number":
        twins = sorted(twins, key=lambda pair: NUMBERS.index(pair.subject_number or ""))
    one, other = (pair.sentence_good for pair in twins)
    parts = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if parts is None:
        return []
    found = []
    for reading, pair in enumerate(twins):
        before, good, bad = scored_parts(pair, "verb")
        subject = pair.sentence_good.find(" ", parts)
        if not 0 <= subject < len(before):
            return []
        k = next(k for k, (a, b) in enumerate(zip(good, bad, strict=False)) if a != b)
        found.append(Span(pair, reading, subject, len(before), (good[k], bad[k])))
    return found
