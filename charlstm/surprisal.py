"""The surprisal of each character of many sentences, read side by side, and its sum over a part.

Surprisal is −log₂ P of what comes, given all before it; the entropy is its mean over all that could
come (Hale 2001; Shannon 1948). A sum over a sentence and its newline is −`log_likelihood`, in bits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CheckpointError
from charlstm.evaluate import GROUP, WINDOW
from charlstm.likelihood import padded_rows
from charlstm.nn import Array
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters
from charlstm.text.parts import Part
from charlstm.text.slices import batches_by_length
from charlstm.text.vocabulary import Vocabulary
from charlstm.threads import on_all_cores

LOGITS = 2**20  # computed at a time for a batch: 8 MB
PADDED = 2**18  # characters of a batch, if not of a single sentence: 6 MB of values


@dataclass(frozen=True)
class Surprisals:
    """What a model expects in each place of a sentence of N characters, and of its newline.

    `bits` (N+1,) is the surprisal of the character that stands there, NaN if the model does not
    know it. `entropy` (N+1,) is that of what could stand there, in bits. `rank` (N+1,) is 1 for the
    likeliest character, and 0 for an unknown one. In a byte model the bits of a character are those
    of its bytes together; if it has several, its entropy is NaN and its rank 0.
    """

    bits: NDArray[np.float64]
    entropy: NDArray[np.float64]
    rank: NDArray[np.intp]

    def sums(self, parts: Sequence[Part]) -> list[tuple[float, int]]:
        """For each part the bits of the known characters that it covers, and how many are unknown.

        The bits are NaN if it covers unknown characters alone.
        """
        bits: list[float] = self.bits.tolist()
        sums = []
        for part in parts:
            covered = bits[part.first : part.last]
            known = [value for value in covered if not math.isnan(value)]
            unknown = len(covered) - len(known)
            sums.append((math.fsum(known) if known or not unknown else math.nan, unknown))
        return sums


def surprisals(
    parameters: Parameters,
    vocabulary: Vocabulary,
    prime: NDArray[Any],
    sentences: Sequence[str],
) -> list[Surprisals]:
    """The surprisals of each sentence after the ids `prime`, read from zero state.

    Sentences of similar length are the columns of one batch, and batches run on all cores.

    Raises:
        CheckpointError: if a value is not finite.
    """
    ids = [vocabulary.encode(f"{sentence}\n") for sentence in sentences]

    def of_batch(batch: list[int]) -> list[Array]:
        return _read(parameters, prime, [ids[k] for k in batch])

    batches = batches_by_length([text.size for text in ids], GROUP, PADDED)
    by_sentence: dict[int, Surprisals] = {}
    for batch, values in zip(batches, on_all_cores(of_batch, batches), strict=True):
        for k, of_ids in zip(batch, values, strict=True):
            if not np.isfinite(of_ids[1]).all():
                raise CheckpointError("the model gives no finite scores; its weights are damaged")
            by_sentence[k] = _by_character(vocabulary, f"{sentences[k]}\n", of_ids)
    return [by_sentence[k] for k in range(len(sentences))]


def _read(
    parameters: Parameters, prime: NDArray[Any], texts: Sequence[NDArray[Any]]
) -> list[Array]:
    """For each text its surprisal, entropy and rank, (3, N)."""
    V, B, before = parameters.vocabulary_size, len(texts), prime.size - 1
    length = before + max(text.size for text in texts)
    window = max(1, min(WINDOW, length, LOGITS // (V * B)))
    network = Network(parameters, window, B)
    values = np.empty((3, length, B))
    for start in range(0, length, window):
        stop = min(start + window, length)
        ids = padded_rows(prime, texts, start, stop + 1, V)
        values[:, start:stop] = _expected(network.predict(ids[:-1]), ids[1:])
    return [values[:, before : before + text.size, k] for k, text in enumerate(texts)]


def _expected(logits: Array, targets: NDArray[np.intp]) -> Array:
    """Surprisal in bits, entropy in bits and rank of targets (T, B), from logits (T, V, B)."""
    known = targets < logits.shape[1]
    y = logits.astype(np.float64)
    y -= y.max(axis=1, keepdims=True)
    weights = np.exp(y)
    total = weights.sum(axis=1)
    weights *= y
    rows = np.where(known, targets, 0)[:, None]
    chosen = np.take_along_axis(y, rows, axis=1)
    nats = np.log(total) - chosen[:, 0]
    entropy = np.log(total) - weights.sum(axis=1) / total
    rank = 1 + (y > chosen).sum(axis=1)
    bits = np.where(known, nats, np.nan) / math.log(2)
    return np.stack([bits, np.maximum(entropy, 0.0) / math.log(2), np.where(known, rank, 0)])


def _by_character(vocabulary: Vocabulary, text: str, of_ids: Array) -> Surprisals:
    """The values of a text's characters, from those of its ids (3, N)."""
    bits, entropy, rank = of_ids
    if vocabulary.tokens == "byte":
        sizes = np.array([len(c.encode("utf-8", "surrogateescape")) for c in text])
        starts = sizes.cumsum() - sizes
        bits = np.add.reduceat(bits, starts)
        entropy = np.where(sizes == 1, entropy[starts], np.nan)
        rank = np.where(sizes == 1, rank[starts], 0)
    return Surprisals(bits, entropy, rank.astype(np.intp))
