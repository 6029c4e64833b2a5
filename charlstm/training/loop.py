"""The training loop: a generator of one record per update."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from charlstm.errors import DivergedError
from charlstm.training.optim import Optimiser, global_norm
from charlstm.training.workers import GradientSource


@dataclass(frozen=True)
class Step:
    """What one update did; `update` counts from 1."""

    update: int
    loss: float  # mean over the window, nats per character, before the update
    lr: float
    grad_norm: float  # before clipping
    clipped: bool


def train(
    team: GradientSource,
    optimiser: Optimiser,
    schedule: Callable[[int], float],
    *,
    characters: int,
    clip_norm: float,
    worst_loss: float,
    done: int = 0,
) -> Iterator[Step]:
    """Update the team's model for ever, from update number `done` on.

    `characters` is how many predictions one update makes. A gradient whose global norm is above
    `clip_norm` is scaled down to it (Pascanu et al. 2013); 0 means never.

    Raises:
        DivergedError: when a loss or gradient is not finite or a loss is above `worst_loss`. The
            weights are then those before the update.
    """
    update = done
    while True:
        nats, gradient = team.gradient(update)
        loss, norm = nats / characters, global_norm(gradient)
        if not (math.isfinite(norm) and loss <= worst_loss):
            raise DivergedError(
                f"training diverged at update {update + 1}: loss {loss:.4g} nats per character, "
                f"gradient norm {norm:.4g}; the last good checkpoint is kept. "
                f"Try a lower --lr or a smaller --clip-norm."
            )
        clipped = 0.0 < clip_norm < norm
        lr = schedule(update)
        scale = clip_norm / norm if clipped else 1.0
        optimiser.step(team.parameters.flat, gradient, lr, scale, update)
        update += 1
        yield Step(update, loss, lr, norm, clipped)
