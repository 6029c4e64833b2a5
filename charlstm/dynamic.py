"""Dynamic evaluation: the weights follow a text while it is scored (Krause et al. 2018).

The text is one stream, read in order, S characters (a segment) at a time. A segment is scored, and
then one step of gradient descent follows it. So no character is scored with weights that have seen
it. With

    θ₀, θ   the weights that training left, and those now
    g       the gradient of the segment's mean loss
    r, r̄    the root mean square of such gradients in training, and its mean over all weights
    η, λ    `dynamic_rate` and `dynamic_decay`

each step takes a weight along its gradient, and back towards where it came from:

    θ ← θ − η·g / (r + r̄/100) + min(λ·r/r̄, 1)·(θ₀ − θ)

Krause, Kahembwe, Murray & Renals: Dynamic Evaluation of Neural Sequence Models, ICML 2018. There r
comes from a pass over the training text. Here it comes from the optimiser's mean squares, see
`checkpoint.mean_squares`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from charlstm.errors import ConfigError
from charlstm.nn import Array, aligned
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters
from charlstm.score import Score
from charlstm.setting import check_values, setting
from charlstm.text.vocabulary import Ids

SEGMENT = 16  # characters between two steps; 8 cost more and bring 0.001 nats
LEAST = 0.01  # of r̄, added to r: so weights of rare characters take no huge steps
CHUNK = 2**14  # weights that are moved at a time, so that they stay in cache


@dataclass(frozen=True)
class Dynamic:
    """How the weights follow a text.

    Raises:
        ConfigError: if a value has another type or is out of range.
    """

    dynamic_rate: float = setting(0.0015, "Size of the steps of --dynamic.", 0.0, 1.0)
    dynamic_decay: float = setting(0.003, "How fast the weights of --dynamic go back.", 0.0, 1.0)

    def __post_init__(self) -> None:
        check_values(self)


class MovingWeights:
    """A copy `parameters` of weights, which follows gradients and goes back to where it began.

    `squares` (size,) are the mean squares of gradients of one character's loss.
    """

    def __init__(self, parameters: Parameters, squares: Array, settings: Dynamic) -> None:
        self._first = parameters.flat
        theta = aligned.empty(self._first.shape, self._first.dtype)
        np.copyto(theta, self._first)
        self.parameters = parameters.with_numbers(theta)
        # What is left of a gradient in training is noise, whose squares a mean divides.
        r = np.sqrt(squares / SEGMENT)
        mean = r.sum(dtype=np.float64) / parameters.num_parameters
        self._back = np.minimum(settings.dynamic_decay / (mean or 1.0) * r, 1.0).astype(r.dtype)
        # A weight that training has never moved stays where it is.
        self._rates = np.zeros_like(r)
        rate = settings.dynamic_rate
        np.divide(rate, r + LEAST * mean, out=self._rates, where=r > 0.0)
        self._tmp, self._tmp2 = (np.empty(min(theta.size, CHUNK), r.dtype) for _ in range(2))

    def step(self, gradient: Array) -> None:
        """Follow a gradient (size,)."""
        for start in range(0, gradient.size, CHUNK):
            part = slice(start, start + CHUNK)
            theta = self.parameters.flat[part]
            step, along = self._tmp[: theta.size], self._tmp2[: theta.size]
            np.subtract(self._first[part], theta, out=step)
            np.multiply(step, self._back[part], out=step)
            np.multiply(gradient[part], self._rates[part], out=along)
            np.subtract(step, along, out=step)
            np.add(theta, step, out=theta)


def dynamic_scores(
    parameters: Parameters, squares: Array, ids: Ids, prime: int, settings: Dynamic
) -> Iterator[Score]:
    """The score of each segment of a text `ids` (N,), whose first character follows `prime`.

    `parameters` stay as they are. `squares` (size,) are as `MovingWeights` says.

    Raises:
        ConfigError: if the rate is so high that a loss is not finite.
    """
    weights = MovingWeights(parameters, squares, settings)
    network = Network(weights.parameters, SEGMENT, 1, backward=True)
    gradient = aligned.zeros(parameters.flat.shape, parameters.flat.dtype)
    gradients = parameters.views(gradient)
    for start in range(0, ids.size, SEGMENT):
        targets = ids[start : start + SEGMENT].astype(np.intp)
        before = ids[start - 1] if start else prime
        inputs = np.concatenate([[before], targets[:-1]])
        with np.errstate(over="ignore", invalid="ignore"):  # one line says it
            nats = network.loss_and_gradients(
                inputs[:, None], targets[:, None], gradients, loss_scale=1.0 / targets.size
            )
            weights.step(gradient)
            network.refresh()
        if not math.isfinite(nats):
            raise ConfigError(
                f"the weights ran away by character {start:,} of the text; choose a lower "
                f"dynamic_rate than {settings.dynamic_rate:g}"
            )
        known = int(np.count_nonzero(targets < parameters.vocabulary_size))
        yield Score(nats, known, targets.size - known)
