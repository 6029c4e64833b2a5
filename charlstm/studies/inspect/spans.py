"""Spans from a subject to its verb in minimal pairs.

A pair shows only the wrong word. If it does not say where its subject ends, the program compares
the two readings of an item: "The cat near the barn was" and "The cats near the barn were" differ
first at the end of the subject.
"""

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from charlstm.errors import CorpusError
from charlstm.pairs.pair import NUMBERS, LeftOut, Pair, first_difference
from charlstm.pairs.scores import scored_parts
from charlstm.text.shown import brief

LONG = 20  # characters between subject and verb that make a sentence long
ITEMS = 5  # the fewest items of each reading in a condition from which anything follows
READINGS = {"number": ("singular", "plural"), "gender": ("feminine", "masculine")}
# Why a pair is left out.
NO_NUMBER = "no subject_number"
NO_END = "no subject_end, and no twin of the other number"
NO_TWIN = "no twin of the other gender"
NO_SUBJECT = "no subject before the verb"
NO_OTHER = "only one number in its condition"
FEW = f"fewer than {ITEMS} items in its condition"


@dataclass(frozen=True)
class Span:
    """One reading of an item, 0 or 1: a place in `READINGS` of the feature.

    `construction` is the pair's condition, without the subject's number if it names that.
    `subject` is the index in the good sentence of the character after the subject, `verb` that of
    the first character of the agreeing word, and `decides` the characters in which the right and
    the wrong form of it first differ, the right one first.
    """

    pair: Pair
    construction: str
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

    @property
    def item(self) -> tuple[str, str]:
        """The construction, and the item of it."""
        return self.construction, self.pair.item


@dataclass(frozen=True)
class SpanSet:
    """Spans, an item's together, and how many pairs have none, by condition and reason."""

    spans: list[Span]
    left_out: Mapping[LeftOut, int]


def spans_of(pairs: Iterable[Pair], feature: str = "number") -> SpanSet:
    """The spans of all pairs whose reading and subject are known, if their construction has both.

    A pair with `subject_number` and `subject_end` says both. Without `subject_end`, the comparison
    with a pair of its item that has the other number shows where its subject ends. If an item's two
    pairs name one number, they differ in gender, and the first is the feminine one. The conditions
    "singular_plural" and "plural_plural" have one subject number each: they are the two readings of
    the construction "*_plural".

    Raises:
        CorpusError: if there are none.
    """
    items: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair, construction in _by_construction(list(pairs), feature):
        items[construction, pair.item].append(pair)
    spans: list[Span] = []
    left_out: Counter[LeftOut] = Counter()
    for (construction, _), members in items.items():
        of_item = []
        for pair, result in _spans_of_item(members, construction, feature):
            if isinstance(result, Span):
                of_item.append(result)
            else:
                left_out[pair.condition, result] += 1
        spans += sorted(of_item, key=lambda span: span.reading)
    both = set.intersection(*({s.construction for s in spans if s.reading == r} for r in (0, 1)))
    span_set = _kept(SpanSet(spans, left_out), both.__contains__, NO_OTHER)
    if not span_set.spans:
        counts = by_reason(span_set.left_out).items()
        reasons = ", ".join(f"{count:,} with {reason}" for reason, count in counts)
        raise CorpusError(
            f"no condition of the pairs has both readings of {feature} and a known subject "
            f"({reasons}); use pairs with subject_number, and with item or subject_end, as "
            "corpus pairs writes"
        )
    return span_set


def by_reason(left_out: Mapping[LeftOut, int]) -> Counter[str]:
    """How many pairs are left out for each reason."""
    counts = Counter[str]()
    for (_, reason), count in left_out.items():
        counts[reason] += count
    return counts


def _by_construction(pairs: Sequence[Pair], feature: str) -> Iterator[tuple[Pair, str]]:
    numbers: dict[str, set[str | None]] = defaultdict(set)
    for pair in pairs:
        numbers[pair.condition].add(pair.subject_number)
    for pair in pairs:
        number = pair.subject_number
        one_number = feature == "number" and len(numbers[pair.condition]) == 1
        same = not one_number or number is None
        yield pair, pair.condition if same else pair.condition.replace(number or "", "*", 1)


def with_enough_items(span_set: SpanSet) -> SpanSet:
    """The spans of the constructions that have `ITEMS` items or more of each reading.

    Raises:
        CorpusError: if none has.
    """
    counts = item_counts(span_set.spans)
    kept = _kept(span_set, lambda construction: counts[construction] >= ITEMS, FEW)
    if not kept.spans:
        most = max(counts, key=lambda construction: counts[construction])
        raise CorpusError(
            f"no condition has {ITEMS} items in both readings, from which anything follows; the "
            f"most, {counts[most]}, are in {brief(most)}"
        )
    return kept


def item_counts(spans: Iterable[Span]) -> dict[str, int]:
    """How many items each construction has in both readings: the smaller of the two numbers."""
    items: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for span in spans:
        items[span.construction][span.reading].add(span.pair.item)
    return {construction: min(map(len, readings)) for construction, readings in items.items()}


def long_spans(spans: Sequence[Span], long: int = LONG) -> list[Span]:
    """The spans with more than `long` characters between subject and verb."""
    return [span for span in spans if span.distance > long]


def _kept(span_set: SpanSet, keeps: Callable[[str], bool], reason: str) -> SpanSet:
    """The spans of the constructions that are kept; the others are left out for this reason."""
    left_out = Counter(span_set.left_out)
    left_out.update(
        (span.pair.condition, reason) for span in span_set.spans if not keeps(span.construction)
    )
    return SpanSet([span for span in span_set.spans if keeps(span.construction)], left_out)


def _spans_of_item(
    pairs: Sequence[Pair], construction: str, feature: str
) -> Iterator[tuple[Pair, Span | str]]:
    """The span of each pair of an item, or why it has none."""
    sentences = {
        number: sorted(pair.sentence_good for pair in pairs if pair.subject_number == number)
        for number in NUMBERS
    }
    twins = len(pairs) == 2 and pairs[0].subject_number == pairs[1].subject_number
    for place, pair in enumerate(pairs):
        if feature == "gender":
            other = pairs[1 - place].sentence_good if twins else ""
            yield (
                pair,
                _span(pair, construction, place, [other]) or NO_SUBJECT if twins else NO_TWIN,
            )
        elif pair.subject_number is None:
            yield pair, NO_NUMBER
        else:
            reading = NUMBERS.index(pair.subject_number)
            others = sentences[NUMBERS[1 - reading]]
            known = others or pair.subject_end is not None
            yield (
                pair,
                _span(pair, construction, reading, others) or NO_SUBJECT if known else NO_END,
            )


def _span(pair: Pair, construction: str, reading: int, others: Sequence[str]) -> Span | None:
    """The span of a pair; None if no subject ends before its verb.

    `others` are the sentences of its item with the other reading, sorted.
    """
    before, good, bad = scored_parts(pair, "verb")
    subject = pair.subject_end
    if subject is None:
        differ = _last_difference(pair.sentence_good, others)
        subject = -1 if differ is None else pair.sentence_good.find(" ", differ)
    decides = first_difference(good, bad)
    if not 0 <= subject < len(before) or decides is None:
        return None
    return Span(pair, construction, reading, subject, len(before), (good[decides], bad[decides]))


def _last_difference(text: str, others: Sequence[str]) -> int | None:
    """Where a text first differs from the one of the sorted `others` with which it shares most."""
    place = bisect(others, text)
    near = (first_difference(text, other) for other in others[max(0, place - 1) : place + 1])
    return max((differ for differ in near if differ is not None), default=None)
