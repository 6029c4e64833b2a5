"""Spans from a subject to its verb in minimal pairs.

A pair shows only the wrong word. To find the subject, the program compares the two readings of an
item: "The cat near the barn was" and "The cats near the barn were" differ first at the end of the
subject.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from charlstm.errors import CorpusError
from charlstm.pairs.pair import NUMBERS, Pair, first_difference
from charlstm.pairs.scores import scored_parts

LONG = 20  # characters between subject and verb that make a sentence long
READINGS = {"number": ("singular", "plural"), "gender": ("feminine", "masculine")}


@dataclass(frozen=True)
class Span:
    """One reading of an item, 0 or 1: a place in `READINGS` of the feature.

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


def spans_of(pairs: Iterable[Pair], feature: str = "number") -> list[Span]:
    """The spans of all items whose two readings differ in `feature`, an item's together.

    If an item's pairs name two numbers, its readings differ in number, otherwise in gender.

    Raises:
        CorpusError: if there are none.
    """
    items: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        items[pair.item].append(pair)
    spans = [
        span
        for twins in items.values()
        if len(twins) == 2 and _feature(twins) == feature
        for span in _spans_of_twins(twins)
    ]
    if not spans:
        raise CorpusError(
            f"no item of the pairs comes in both readings of {feature}, so where its subject "
            "stands is not known; use pairs with item and subject_number, as corpus pairs writes"
        )
    return spans


def _feature(twins: Sequence[Pair]) -> str:
    numbers = {pair.subject_number for pair in twins}
    return "number" if numbers == set(NUMBERS) else "gender" if len(numbers) == 1 else ""


def _spans_of_twins(twins: Sequence[Pair]) -> list[Span]:
    if _feature(twins) == "number":
        twins = sorted(twins, key=lambda pair: NUMBERS.index(pair.subject_number or ""))
    differ = first_difference(*(pair.sentence_good for pair in twins))
    if differ is None:
        return []
    spans = []
    for reading, pair in enumerate(twins):
        before, good, bad = scored_parts(pair, "verb")
        subject = pair.sentence_good.find(" ", differ)
        decides = first_difference(good, bad)
        if not 0 <= subject < len(before) or decides is None:
            return []
        spans.append(Span(pair, reading, subject, len(before), (good[decides], bad[decides])))
    return spans
