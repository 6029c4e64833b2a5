"""What every unit does over the spans from a subject to its verb."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.nn.parameters import Parameters
from charlstm.nn.recording import Recording, record
from charlstm.studies.inspect.spans import Span
from charlstm.text.slices import batches_by_length
from charlstm.text.vocabulary import Vocabulary

PLACES = ("subject", "middle", "verb")
BATCH = 64  # texts read at a time


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
