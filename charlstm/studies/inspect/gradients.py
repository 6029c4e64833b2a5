"""How large the gradient of a loss still is k steps back (Pascanu, Mikolov & Bengio 2013).

A window of k steps ends at one loss. The gradient of the state carried into it is dL/dh, dL/dc k
steps back. Where it vanishes, training learns nothing from so far back. With attention the window
looks at outputs from before it too, but these are constants, as in training: the gradient reaches a
state through the steps after it, and through what looks back at these. Clipping, which training
does against exploding gradients, is read from a run's metrics.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters
from charlstm.nn.variants import with_gain
from charlstm.studies.inspect.spans import Span
from charlstm.text.vocabulary import Vocabulary

PAIRS = 40  # of each construction of the grammar, if the losses are at verbs
STEPS, SAMPLES = 100, 32  # how far back to look, and from how many losses
SETTLE = 32  # characters read before the first step, so that the state is settled


@dataclass(frozen=True)
class Losses:
    """Where losses are taken: each of `targets` (B,) follows its column of `ids` (T, B).

    `place` says where that is in words.
    """

    ids: NDArray[np.intp]
    targets: NDArray[np.intp]
    place: str


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
        return np.asarray(np.hypot.reduce(list(self.norms.values())))

    @property
    def factor(self) -> float:
        """By how much the gradient is multiplied at each step back, on (geometric) average.

        Where it is too large or too small for a number, the average ends before.
        """
        total = self.total
        usable = np.isfinite(total) & (total > 0)
        last = len(total) - 1 if usable.all() else int(np.argmin(usable)) - 1
        if last < 1:
            return 0.0
        change = np.log(total[last]) - np.log(total[0])
        return float(math.exp(change / (self.back[last] - self.back[0])))

    def below(self, share: float) -> int | None:
        """After how many steps back the gradient stays below a share of its first norm."""
        above = np.flatnonzero(~(self.total < share * self.total[0]))
        first = int(above[-1]) + 1 if above.size else 0
        return self.back[first] if first < len(self.back) else None

    def above(self, times: float) -> int | None:
        """How many steps back the gradient first exceeds so many times its first norm."""
        first = np.flatnonzero(~(self.total <= times * self.total[0]))
        return self.back[int(first[0])] if first.size else None


def measured_steps(steps: int) -> list[int]:
    """The steps back that are measured: 1 to 20, then every fifth, and the last."""
    return sorted({*range(1, min(20, steps) + 1), *range(25, steps + 1, 5), steps})


def reach(parameters: Parameters, losses: Losses, steps: int = STEPS, gain: float = 1.0) -> Reach:
    """The gradient of the losses up to `steps` back; their texts are at least `steps` + 1 long.

    The weights on h are multiplied by `gain` before. The gradient is computed in double precision:
    a vanishing one is too small for single precision, and an exploding one too large.
    """
    parameters = with_gain(parameters, gain)
    T, B = losses.ids.shape
    reader = Network(parameters, T, B)  # has the state carried into each window
    network = Network(parameters, steps, B, backward=True)
    grads = parameters.views(np.zeros_like(parameters.flat))
    targets = np.full((steps, B), parameters.vocabulary_size, np.intp)  # the unknown id: no loss
    targets[-1] = losses.targets
    back = measured_steps(steps)
    norms: dict[str, list[float]] = {name: [] for name in parameters.cell.states}
    first = 0
    with np.errstate(over="ignore", invalid="ignore"):
        for k in reversed(back):
            reader.read(losses.ids[first : T - k])
            first = T - k
            for name, state in network.state.items():
                state[...] = reader.state[name]
            network.loss_and_gradients(losses.ids[T - k :], targets[-k:], grads, loss_scale=1.0)
            for name, values in norms.items():
                stacked = np.concatenate([layer.dstate[name] for layer in network.layers])
                values.append(float(np.linalg.norm(stacked, axis=0).mean()))
    return Reach(back, {name: np.array(values[::-1]) for name, values in norms.items()})


def losses_at_verbs(
    vocabulary: Vocabulary, spans: Sequence[Span], steps: int = STEPS, samples: int = SAMPLES
) -> Losses:
    """Losses of the character that decides the verb's form, of the longest of these sentences.

    Sentences before it fill a text to its length, so that every step back has something to read.
    """
    chosen = sorted(spans, key=lambda span: -span.distance)[: max(4 * samples, 1)][::4]
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
    ids = np.stack(rows, axis=1).astype(np.intp)
    return Losses(ids, np.array(targets, np.intp), "at the verb")


def losses_along(
    ids: NDArray[np.integer],
    steps: int = STEPS,
    samples: int = SAMPLES,
    unit: str = "character",
) -> Losses:
    """Losses at evenly spaced places of a text (N,).

    Raises:
        CorpusError: if the text is too short for one of them.
    """
    length = steps + SETTLE
    if ids.size <= length:
        raise CorpusError(
            f"the text has {ids.size:,} {unit}s, and {length + 1} are needed to look "
            f"{steps} steps back; give a longer text or fewer --steps"
        )
    ends = np.unique(np.linspace(length, ids.size - 1, samples).astype(np.intp))
    where = ends + np.arange(-length, 0)[:, None]
    return Losses(ids[where].astype(np.intp), ids[ends].astype(np.intp), "along the text")


@dataclass(frozen=True)
class Clipping:
    """Over a whole run: the share of updates clipped, and the largest mean norm between two rows.

    `limit` is the norm above which a gradient is scaled down.
    """

    share: float
    highest: float
    limit: float


def clipping(rows: Sequence[Mapping[str, float]], limit: float) -> Clipping | None:
    """Clipping from the rows of metrics.csv as numbers; None where no row has a gradient.

    `clipped` and `grad_norm` of a row are means over the updates since the row before.
    """
    total = clipped = highest = before = 0.0
    for row in rows:
        update, share, norm = row["update"], row["clipped"], row["grad_norm"]
        if update > before and not math.isnan(share) and not math.isnan(norm):
            clipped += share * (update - before)
            total += update - before
            highest = max(highest, norm)
        before = update
    return Clipping(clipped / total, highest, limit) if total else None
