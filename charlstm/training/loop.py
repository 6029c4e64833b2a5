"""The update loop: gradient, clipping, learning rate, optimiser; one event for each update."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Self

from charlstm.errors import DivergedError
from charlstm.evaluate import Score
from charlstm.nn import Array
from charlstm.nn.parameters import Parameters
from charlstm.training.events import Updated
from charlstm.training.optim import Optimiser, global_norm
from charlstm.training.worker import Worker


class GradientSource(ABC):
    """Computes gradients and scores of whole batches: a `WorkerPool` or a `RankPool`.

    `worker` is the one in this process. Close the source when done.
    """

    worker: Worker

    @property
    def parameters(self) -> Parameters:
        """The parameters that every worker reads; change them only between calls."""
        return self.worker.parameters

    @property
    def states(self) -> list[Array]:
        """The carried state of each shard, flat; write to it only between calls."""
        return self.worker.arrays.states

    @property
    def dropout(self) -> float:
        """The share of outputs dropped in an update; change it only between calls."""
        return float(self.worker.arrays.dropout[0])

    @dropout.setter
    def dropout(self, rate: float) -> None:
        self.worker.arrays.dropout[0] = rate

    @abstractmethod
    def gradient(self, update: int) -> tuple[float, Array]:
        """The summed loss in nats and the gradient (size,) of the mean loss of one update.

        The call carries the states on. The gradient is a buffer that the next call overwrites.
        """

    @abstractmethod
    def validate(self) -> Score:
        """The score of the validation text with the present parameters."""

    @abstractmethod
    def close(self) -> None:
        """Let the other workers go."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def train(
    source: GradientSource,
    optimiser: Optimiser,
    schedule: Callable[[int], float],
    *,
    characters: int,
    clip_norm: float,
    worst_loss: float,
    done: int = 0,
) -> Iterator[Updated]:
    """Update `source.parameters` for ever, after the `done` updates that were made before.

    `characters` is how many predictions one update makes. A gradient whose global norm is above
    `clip_norm` is scaled down to it (Pascanu et al. 2013); 0 means never.

    Raises:
        DivergedError: when a loss or gradient is not finite or a loss is above `worst_loss`. The
            parameters are then those before the update.
    """
    update = done
    while True:
        nats, gradient = source.gradient(update)
        loss, norm = nats / characters, global_norm(gradient)
        if not (math.isfinite(norm) and loss <= worst_loss):
            raise DivergedError(
                f"training diverged at update {update + 1}: loss {loss:.4g} nats, "
                f"gradient norm {norm:.4g}; the last good checkpoint is kept. "
                f"Try a lower --lr or a smaller --clip-norm."
            )
        clipped = 0.0 < clip_norm < norm
        lr = schedule(update)
        scale = clip_norm / norm if clipped else 1.0
        optimiser.step(source.parameters.flat, gradient, lr, scale, update)
        update += 1
        yield Updated(update, loss, lr, norm, clipped)
