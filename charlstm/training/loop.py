"""The update loop: gradient, clipping, learning rate, optimiser; one event for each update."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Self

from charlstm.errors import DivergedError
from charlstm.nn import Array
from charlstm.nn.parameters import Parameters
from charlstm.score import Score
from charlstm.training.events import Updated
from charlstm.training.optim import norm_of
from charlstm.training.worker import Worker


class Pool(ABC):
    """Makes updates and scores with its workers: a `WorkerPool` or a `RankPool`.

    `worker` is the one in this process. Close the pool when done.
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
    def moments(self) -> Mapping[str, Array]:
        """The optimiser's running averages by name, each (size,); write only between calls."""
        return self.worker.moments

    @property
    def norm(self) -> float:
        """The Euclidean norm of the last gradient."""
        return norm_of(self.worker.arrays.squares.tolist())

    @property
    def dropout(self) -> float:
        """The share of outputs dropped in an update; change it only between calls."""
        return float(self.worker.arrays.dropped[0])

    @dropout.setter
    def dropout(self, rate: float) -> None:
        self.worker.arrays.dropped[0] = rate

    @property
    def weight_drop(self) -> float:
        """The share of recurrent weights dropped; change it only between calls."""
        return float(self.worker.arrays.dropped[1])

    @weight_drop.setter
    def weight_drop(self, rate: float) -> None:
        self.worker.arrays.dropped[1] = rate

    @abstractmethod
    def gradient(self, update: int) -> tuple[float, Array]:
        """The summed loss in nats and the gradient (size,) of the mean loss of one update.

        The call carries the states on. The gradient is a buffer that the next call overwrites.
        """

    @abstractmethod
    def step(self, update: int, lr: float, scale: float) -> None:
        """Update the parameters by `scale` times the last gradient.

        It is update number `update` (from 0) of the optimiser, with rate `lr`.
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
    pool: Pool,
    schedule: Callable[[int], float],
    *,
    characters: int,
    clip_norm: float,
    worst_loss: float,
    done: int = 0,
) -> Iterator[Updated]:
    """Update `pool.parameters` for ever, after the `done` updates that were made before.

    `characters` is how many predictions one update makes. A gradient whose global norm is above
    `clip_norm` is scaled down to it (Pascanu et al. 2013); 0 means never.

    Raises:
        DivergedError: when a loss or gradient is not finite or a loss is above `worst_loss`. The
            parameters are then those before the update.
    """
    update = done
    while True:
        nats, _ = pool.gradient(update)
        loss, norm = nats / characters, pool.norm
        if not (math.isfinite(norm) and loss <= worst_loss):
            raise DivergedError(
                f"training diverged at update {update + 1}: loss {loss:.4g} nats, "
                f"gradient norm {norm:.4g}; the last good checkpoint is kept. "
                f"Try a lower --lr or a smaller --clip-norm."
            )
        clipped = 0.0 < clip_norm < norm
        lr = schedule(update)
        pool.step(update, lr, clip_norm / norm if clipped else 1.0)
        update += 1
        yield Updated(update, loss, lr, norm, clipped)
