"""What every unit holds at the subject, halfway, and just before the verb of many sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.nn.parameters import Parameters
from charlstm.nn.recording import Recording, record
from charlstm.studies.inspect.gates import KEEPERS
from charlstm.studies.inspect.spans import Span
from charlstm.text.vocabulary import Vocabulary

BATCH = 64
PLACES = ("subject", "middle", "verb")


@dataclass(frozen=True)
class SpanValues:
    """One layer over N spans.

    `memory` (N, 3, H) is what each unit holds after the character behind the subject, halfway, and
    after the last one before the verb. `keep` (N, H) is the mean keeping gate (f, or the GRU's z)
    from the first of these to the last, None in a cell without one.
    """

    memory: Array
    keep: Array | None


def read_spans(
    parameters: Parameters, vocabulary: Vocabulary, found: Sequence[Span]
) -> list[SpanValues]:
    """Every layer's values over the spans, in their order."""
    H, layers = parameters.architecture.hidden_size, range(parameters.architecture.num_layers)
    keeper = next((gate for gate in KEEPERS if gate in parameters.cell.sigmoids), None)
    memory = [np.empty((len(found), len(PLACES), H)) for _ in layers]
    keep = [np.empty((len(found), H)) for _ in layers]
    name = parameters.cell.memory
    for column, n, window in read_texts(parameters, vocabulary, [span.text for span in found]):
        span = found[n]
        first, last = (_place(vocabulary, span.text, k) for k in (span.subject, span.verb - 1))
        for layer in layers:
            held = window.states[layer][name][:, :, column]
            memory[layer][n] = parameters.cell.shown_memory(
                held[[first, (first + last) // 2, last]]
            )
            if keeper:
                gate = window.gates[layer][keeper][first + 1 : last + 1, :, column]
                keep[layer][n] = gate.mean(axis=0) if len(gate) else np.nan
    return [SpanValues(memory[layer], keep[layer] if keeper else None) for layer in layers]


def _place(vocabulary: Vocabulary, text: str, k: int) -> int:
    """The step that reads character `k` of a text, a byte model's last of it."""
    return int(vocabulary.encode(text[: k + 1]).size) - 1


def read_texts(
    parameters: Parameters, vocabulary: Vocabulary, texts: Sequence[str]
) -> Iterator[tuple[int, int, Recording]]:
    """Read texts after a newline, in batches of similar length.

    Yields, for each text, its column and its number and the window in which index t is its
    character or byte t; beyond its end the window means nothing.
    """
    ids = [vocabulary.encode("\n" + text).astype(np.intp) for text in texts]
    order = sorted(range(len(texts)), key=lambda k: ids[k].size)
    for first in range(0, len(order), BATCH):
        group = order[first : first + BATCH]
        yield from (
            (column, n, window)
            for window in [_batch(parameters, [ids[n] for n in group])]
            for column, n in enumerate(group)
        )


def _batch(parameters: Parameters, ids: Sequence[NDArray[np.intp]]) -> Recording:
    padded = np.full((max(row.size for row in ids), len(ids)), parameters.vocabulary_size, np.intp)
    for column, row in enumerate(ids):
        padded[: row.size, column] = row
    seen = record(parameters, padded)
    return Recording(
        seen.ids[1:],
        [{name: values[1:] for name, values in layer.items()} for layer in seen.gates],
        [{name: values[1:] for name, values in layer.items()} for layer in seen.states],
        seen.logits[1:],
    )
