"""Several networks as one: the weighted mean of their probabilities, character by character.

    P(x) = Σ_k w_k P_k(x),   Σ_k w_k = 1

This is the linear interpolation of Jelinek & Mercer (1980). It is a mean of probabilities, not of
logits: where one network is sure of a character, the mixture still has the other ones' shares.

The ids of a mixture are those of a joined vocabulary. A network reads what it does not know as its
unknown character, and gives it the probability 0. Each network keeps its own state.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters

LOWEST = 1e-300  # a probability; nearer to 0 there is no logarithm


@dataclass(frozen=True, eq=False)
class Part:
    """A network of a mixture: its parameters, and its `share` w, between 0 and 1.

    `own_ids` (V + 1,) are its own ids of those of the mixture, the unknown one last. Each of its
    own ids but its unknown one stands there once.
    """

    parameters: Parameters
    share: float
    own_ids: NDArray[np.intp]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether it knows each id of the mixture, (V + 1,)."""
        return np.asarray(self.own_ids < self.parameters.vocabulary_size)

    @cached_property
    def ids(self) -> NDArray[np.intp]:
        """The ids of the mixture, in the order of its own ones but the unknown one."""
        ids = np.empty(self.parameters.vocabulary_size + 1, np.intp)
        ids[self.own_ids] = np.arange(self.own_ids.size)
        return ids[:-1]


@dataclass(frozen=True, eq=False)
class Mixture:
    """Networks whose shares add up to 1, over the same V characters and an unknown one.

    `reset_at` is the id in the mixture that all of them read from zero state, if they do.
    """

    parts: tuple[Part, ...]
    reset_at: int | None = None

    @property
    def parameters(self) -> list[Parameters]:
        """Those of each network."""
        return [part.parameters for part in self.parts]

    @property
    def vocabulary_size(self) -> int:
        """V, the number of characters that some network knows."""
        return self.parts[0].own_ids.size - 1

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether some network knows each id, (V + 1,): all but the last."""
        return np.arange(self.vocabulary_size + 1) < self.vocabulary_size


class MixedNetwork:
    """The networks of a mixture at work, with what `Network` offers to a reader.

    `part_losses` (K, T, B) has, of the last window that was scored, the loss of each target in each
    of the K networks; a target that a network does not know has an infinite one.
    """

    def __init__(self, mixture: Mixture, length: int, batch: int) -> None:
        self.mixture, self.batch = mixture, batch
        self.networks = [Network(part.parameters, length, batch) for part in mixture.parts]
        self.part_losses: Array = np.empty((len(self.networks), 0, batch))
        self._logs = np.log([part.share for part in mixture.parts])

    @property
    def state(self) -> dict[str, Array]:
        """Views of the carried state: those of `Network.state`, as `parts.0.layers.0.h`, …."""
        return {
            f"parts.{k}.{name}": view
            for k, network in enumerate(self.networks)
            for name, view in network.state.items()
        }

    def refresh(self) -> None:
        """Read the changed parameters."""
        for network in self.networks:
            network.refresh()

    def reset(self, columns: slice = slice(None)) -> None:
        """Set the carried state to zero, of all columns or of some."""
        for network in self.networks:
            network.reset(columns)

    def read(self, ids: NDArray[np.intp]) -> None:
        """Read a window `ids` (T, B); only the carried state changes."""
        for part, network in self._parts():
            network.read(part.own_ids[ids])

    def step(self, ids: NDArray[np.intp]) -> Array:
        """Read one character in each column, ids (B,); return log P (V, B) of the next one."""
        mixed = np.zeros((self.mixture.vocabulary_size, self.batch))
        for part, network in self._parts():
            p = network.step(part.own_ids[ids]).astype(np.float64)
            p -= p.max(axis=0)
            np.exp(p, out=p)
            p *= part.share / p.sum(axis=0)
            mixed[part.ids] += p
        np.maximum(mixed, LOWEST, out=mixed)
        return np.log(mixed, out=mixed)

    def score(self, ids: NDArray[np.intp], targets: NDArray[np.intp]) -> Array:
        """Read a window `ids` (T, B); return the loss (T, B) of each of `targets` in nats.

        An unknown target has the loss 0.
        """
        self.part_losses = np.empty((len(self.networks), *targets.shape))
        for (part, network), losses in zip(self._parts(), self.part_losses, strict=True):
            own = part.own_ids[targets]
            losses[...] = network.score(part.own_ids[ids], own)
            losses[own == part.parameters.vocabulary_size] = np.inf
        log_shares = self._logs[:, None, None]
        mixed = -np.logaddexp.reduce(log_shares - self.part_losses, axis=0)
        mixed[targets == self.mixture.vocabulary_size] = 0.0
        return np.asarray(mixed)

    def _parts(self) -> Iterator[tuple[Part, Network]]:
        return zip(self.mixture.parts, self.networks, strict=True)
