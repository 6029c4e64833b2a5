"""Spans from a subject to its verb in minimal pairs, and what every unit does over them.

A pair shows only the wrong word. To find the subject, the program compares the two readings of an
item: "The cat near the barn was" and "The cats near the barn were" differ first at the end of the
subject.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.nn import Array
from charlstm.nn.parameters import Parameters
from charlstm.nn.recording import Recording, record
from charlstm.pairs.pair import NUMBERS, Pair, first_difference
from charlstm.pairs.scores import scored_parts
from charlstm.text.slices import batches_by_length
from charlstm.text.vocabulary import Vocabulary

LONG = 20  # characters between subject and verb that make a sentence long
READINGS = {"number": ("singular", "plural"), "gender": ("feminine", "masculine")}
PLACES = ("subject", "middle", "verb")
BATCH = 64  # texts read at a time


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


@dataclass(frozen=True)
class SpanValues:
    """One layer over N spans.

    `memory` (N, 3, H) is each unit's memory at `PLACES`: one character after the subject,
    halfway, and after the last one before the verb. `retention` (N, H) is the mean of the
    retention gate from the first of these to the last, None in a cell without one.
    """

    memory: Array
    retention: Array | None


def span_values(
    parameters: Parameters, vocabulary: Vocabulary, spans: Sequence[Span]
) -> list[SpanValues]:
    """Every layer's values over the spans, in their order."""
    cell, shape = parameters.cell, parameters.architecture
    H, layers = shape.hidden_size, range(shape.num_layers)
    memory = [np.empty((len(spans), len(PLACES), H)) for _ in layers]
    retention = [np.empty((len(spans), H)) for _ in layers]
    for column, n, recording in record_texts(parameters, vocabulary, [s.text for s in spans]):
        span = spans[n]
        first, last = (step_of(vocabulary, span.text, k) for k in (span.subject, span.verb - 1))
        for layer in layers:
            states = recording.states[layer][cell.memory][:, :, column]
            memory[layer][n] = cell.shown_memory(states[[first, (first + last) // 2, last]])
            if cell.retention:
                gate = recording.gates[layer][cell.retention][first + 1 : last + 1, :, column]
                retention[layer][n] = gate.mean(axis=0) if len(gate) else np.nan
    return [
        SpanValues(memory[layer], retention[layer] if cell.retention else None) for layer in layers
    ]


def step_of(vocabulary: Vocabulary, text: str, k: int) -> int:
    """The step that reads character `k` of a text; in a byte model, its last byte."""
    return int(vocabulary.encode(text[: k + 1]).size) - 1


def record_texts(
    parameters: Parameters, vocabulary: Vocabulary, texts: Sequence[str]
) -> Iterator[tuple[int, int, Recording]]:
    """Read texts after a newline, in batches of similar length.

    Yields, for each text, its column, its number, and the recording in which step t is its
    character or byte t; beyond the text's end the recording means nothing.
    """
    ids = [vocabulary.encode("\n" + text).astype(np.intp) for text in texts]
    for batch in batches_by_length([row.size for row in ids], BATCH):
        recording = _record_batch(parameters, [ids[n] for n in batch])
        for column, n in enumerate(batch):
            yield column, n, recording


def _record_batch(parameters: Parameters, ids: Sequence[NDArray[np.intp]]) -> Recording:
    padded = np.full((max(row.size for row in ids), len(ids)), parameters.vocabulary_size, np.intp)
    for column, row in enumerate(ids):
        padded[: row.size, column] = row
    whole = record(parameters, padded)
    return Recording(
        whole.ids[1:],
        [{name: values[1:] for name, values in layer.items()} for layer in whole.gates],
        [{name: values[1:] for name, values in layer.items()} for layer in whole.states],
        whole.logits[1:],
        whole.attention[1:],
    )
