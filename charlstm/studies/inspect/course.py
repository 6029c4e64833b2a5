"""What one unit does from subject to verb, averaged over sentences: one line for each kind.

Sentences have different lengths, so the way from subject to verb is stretched to `STEPS` steps;
before it and after it time is in characters. Two sentences in a row show whether the old subject
is forgotten when the new one comes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.nn import Array
from charlstm.nn.parameters import Parameters
from charlstm.studies.inspect.span_values import read_texts
from charlstm.studies.inspect.spans import Span
from charlstm.text.vocabulary import Vocabulary

BEFORE, STEPS, AFTER = 6, 24, 6


@dataclass(frozen=True)
class Course:
    """Means over sentences by kind, then by name: the memory and each gate, a row of steps each.

    A kind is a reading and 1 for congruent, or the readings of two sentences in a row.
    `marks` are the steps at which a subject has been read and at which its verb begins, in turn;
    `counts` says over how many sentences each kind is a mean.
    """

    layer: int
    unit: int
    memory_name: str
    lines: Mapping[tuple[int, int], Mapping[str, Array]]
    marks: Sequence[int]
    counts: Mapping[tuple[int, int], int]


def one_sentence(
    parameters: Parameters, vocabulary: Vocabulary, found: Sequence[Span], layer: int, unit: int
) -> Course:
    """Lines by reading and by whether the other nouns are congruent, over the spans with labels.

    Raises:
        CorpusError: if no span says whether it is congruent.
    """
    labelled = [span for span in found if span.pair.congruent is not None]
    if not labelled:
        raise CorpusError("no pair says whether it is congruent; use pairs with that label")
    kinds = [(span.reading, int(bool(span.pair.congruent))) for span in labelled]
    texts = [(span.text, [(span.subject, span.verb)]) for span in labelled]
    return _course(parameters, vocabulary, texts, kinds, layer, unit)


def two_sentences(
    parameters: Parameters, vocabulary: Vocabulary, found: Sequence[Span], layer: int, unit: int
) -> Course:
    """Lines by the readings of two sentences in a row, each followed by one of another item."""
    texts, kinds = [], []
    for n, first in enumerate(found):
        for second in found[n + 2 - n % 2 :][:2]:  # both readings of the item that comes next
            start = len(first.text) + 1
            places = [
                (first.subject, first.verb),
                (start + second.subject, start + second.verb),
            ]
            texts.append((f"{first.text}\n{second.text}", places))
            kinds.append((first.reading, second.reading))
    if not texts:
        raise CorpusError("two sentences in a row need two items of pairs")
    return _course(parameters, vocabulary, texts, kinds, layer, unit)


def _course(
    parameters: Parameters,
    vocabulary: Vocabulary,
    texts: Sequence[tuple[str, Sequence[tuple[int, int]]]],
    kinds: Sequence[tuple[int, int]],
    layer: int,
    unit: int,
) -> Course:
    memory = parameters.cell.memory
    name = parameters.cell.memory_label
    sums: dict[tuple[int, int], dict[str, Array]] = {}
    for column, n, window in read_texts(parameters, vocabulary, [text for text, _ in texts]):
        text, places = texts[n]
        at = _steps([tuple(_step(vocabulary, text, k) for k in pair) for pair in places])
        at = np.clip(at, 0, len(window.ids) - 1)
        series = {name: parameters.cell.shown_memory(window.states[layer][memory][:, unit, column])}
        series |= {g: window.gates[layer][g][:, unit, column] for g in parameters.cell.inputs}
        total = sums.setdefault(kinds[n], {key: np.zeros(at.size) for key in series})
        for key, values in series.items():
            total[key] += np.interp(at, np.arange(len(values)), values)
    counts = {kind: kinds.count(kind) for kind in sorted(sums)}
    lines = {
        kind: {key: total / counts[kind] for key, total in sums[kind].items()} for kind in counts
    }
    each = BEFORE + STEPS + AFTER
    marks = [k * each + at for k in range(len(texts[0][1])) for at in (BEFORE, BEFORE + STEPS)]
    return Course(layer, unit, name, lines, marks, counts)


def _step(vocabulary: Vocabulary, text: str, k: int) -> int:
    return int(vocabulary.encode(text[: k + 1]).size) - 1


def _steps(places: Sequence[tuple[int, ...]]) -> NDArray[np.float64]:
    """Where, between the characters of a text, each step of its course lies."""
    parts = []
    for subject, verb in places:
        parts += [
            subject - np.arange(BEFORE, 0, -1.0),
            np.linspace(subject, verb - 1, STEPS),
            verb + np.arange(AFTER),
        ]
    return np.concatenate(parts)
