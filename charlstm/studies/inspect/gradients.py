"""How much of a loss is left in the gradient k steps back (Pascanu, Mikolov & Bengio 2013).

A window of k steps ends at one loss; the gradient of the state carried into it is dL/dh, dL/dc k
steps back, through everything that lies between. Vanishing, it can teach nothing that far back.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.nn import Array
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters
from charlstm.nn.recording import record
from charlstm.studies.inspect.spans import Span
from charlstm.text.vocabulary import Vocabulary

STEPS, SAMPLES, SETTLE = 100, 32, 32  # how far back, of how many losses, read after how much text


@dataclass(frozen=True)
class Reach:
    """The norm of dL/dstate over all layers, by state, at each of `back` steps before the loss.

    `norms[state]` (K,) are means over the samples.
    """

    back: Sequence[int]
    norms: dict[str, NDArray[np.float64]]

    @property
    def total(self) -> NDArray[np.float64]:
        """The norm over all states together, from the means of each."""
        return np.sqrt(sum((norm**2 for norm in self.norms.values()), np.zeros(len(self.back))))

    @property
    def factor(self) -> float:
        """By how much the gradient is multiplied at each step back, on (geometric) average."""
        total = self.total
        if len(total) < 2 or not (total[0] > 0 and total[-1] > 0):
            return 0.0
        return float(math.exp(np.log(total[-1] / total[0]) / (self.back[-1] - self.back[0])))

    def below(self, share: float) -> int | None:
        """From how many steps back on the gradient stays below a share of that one step back."""
        above = np.flatnonzero(~(self.total < share * self.total[0]))
        first = int(above[-1]) + 1 if above.size else 0
        return self.back[first] if first < len(self.back) else None


def places(steps: int) -> list[int]:
    """1 to 20, then every fifth step, and the last."""
    return sorted({*range(1, min(20, steps) + 1), *range(25, steps + 1, 5), steps})


def reach(
    parameters: Parameters,
    ids: NDArray[np.integer],
    targets: NDArray[np.integer],
    steps: int = STEPS,
) -> Reach:
    """The gradient of the loss of `targets` (B,), each after its column of `ids` (T, B).

    T is at least `steps` + 1. All is done in double precision, since a gradient that vanishes
    leaves single precision behind.
    """
    parameters = Parameters(
        parameters.architecture, parameters.vocabulary_size, flat=parameters.flat.astype(np.float64)
    )
    T, B = ids.shape
    states = record(parameters, ids).states
    network = Network(parameters, steps, B, backward=True)
    grads = parameters.views(np.zeros_like(parameters.flat))
    asked = np.full((steps, B), parameters.vocabulary_size, np.intp)  # the unknown one has no loss
    asked[-1] = targets
    back = places(steps)
    norms: dict[str, list[float]] = {name: [] for name in parameters.cell.states}
    with np.errstate(over="ignore", invalid="ignore"):
        for k in back:
            for layer, held in enumerate(states):
                for name in norms:
                    network.state[f"layers.{layer}.{name}"][...] = held[name][T - k - 1]
            network.train(ids[T - k :].astype(np.intp), asked[-k:], grads, loss_scale=1.0)
            for name, values in norms.items():
                stacked = np.concatenate([layer.dstate[name] for layer in network.layers])
                values.append(float(np.linalg.norm(stacked, axis=0).mean()))
    return Reach(back, {name: np.array(values) for name, values in norms.items()})


def at_verbs(
    vocabulary: Vocabulary, found: Sequence[Span], steps: int = STEPS, samples: int = SAMPLES
) -> tuple[Array, Array]:
    """Texts (T, B) that end where the verb's form is decided, and the right characters (B,).

    Sentences before it fill a text to its length, so that every step back has something to read.
    """
    chosen = sorted(found, key=lambda span: -span.distance)[: max(4 * samples, 1)][::4]
    length = steps + SETTLE
    rows, targets = [], []
    for n, span in enumerate(chosen[:samples]):
        good, bad = span.text, span.pair.sentence_bad
        k = next(k for k, (a, b) in enumerate(zip(good, bad, strict=False)) if a != b)
        text, m = good[:k], n
        while vocabulary.encode(text).size < length:
            m += 1
            text = f"{chosen[m % len(chosen)].text}\n{text}"
        rows.append(vocabulary.encode(text)[-length:])
        targets.append(int(vocabulary.encode(good[k])[0]))
    return np.stack(rows, axis=1).astype(np.intp), np.array(targets, np.intp)


def along(
    ids: NDArray[np.integer], steps: int = STEPS, samples: int = SAMPLES
) -> tuple[Array, Array]:
    """The same at evenly spaced places of a text (N,): texts (T, B) and what follows each (B,).

    Raises:
        CorpusError: if the text is shorter than one of them.
    """
    length = steps + SETTLE
    if ids.size <= length:
        raise CorpusError(
            f"the text has {ids.size:,} characters, and {length + 1} are needed to look "
            f"{steps} steps back; give a longer text or fewer --steps"
        )
    ends = np.unique(np.linspace(length, ids.size - 1, samples).astype(np.intp))
    where = ends + np.arange(-length, 0)[:, None]
    return ids[where].astype(np.intp), ids[ends].astype(np.intp)
