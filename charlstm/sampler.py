"""Writing text: read a prime, then draw character after character from the filtered softmax."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import ConfigError
from charlstm.model import CharModel
from charlstm.network import Network

Text = TypeVar("Text", str, bytes)


@dataclass(frozen=True)
class Filters:
    """How the next character is chosen from the softmax.

    `top_k`, `top_p` (Holtzman et al. 2020) and `min_p` keep the likeliest characters of the
    model's own distribution, then `temperature` flattens or sharpens what is left; at 0 the
    likeliest is taken (of equals, the first).
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.temperature <= 1e6:
            raise ConfigError(f"temperature must be from 0 to 1e6, not {self.temperature!r}.")
        if self.top_k is not None and self.top_k < 1:
            raise ConfigError(f"top_k must be at least 1, not {self.top_k!r}.")
        for name in ("top_p", "min_p"):
            share = getattr(self, name)
            if share is not None and not 0.0 < share <= 1.0:
                raise ConfigError(f"{name} must be above 0 and at most 1, not {share!r}.")

    def choose(self, logits: NDArray[Any], random: Random) -> int:
        """The id of the next character, from logits (V,)."""
        if self.temperature == 0.0:
            return int(logits.argmax())
        logits = logits.astype(np.float64) - logits.max()
        if self.top_k is not None or self.top_p is not None or self.min_p is not None:
            logits = np.where(self.kept(np.exp(logits)), logits, -np.inf)
        sharp = max(self.temperature, 1e-200)  # nearer to 0 the division would overflow
        weights = np.exp(logits / sharp).cumsum()
        # random() < 1 in floating point too, so what is searched for is below the last sum.
        return int(weights.searchsorted(random.random() * weights[-1], side="right"))

    def kept(self, weights: NDArray[Any]) -> NDArray[np.bool_]:
        """Which characters stay, from unnormalised probabilities (V,)."""
        keep = np.ones(weights.size, np.bool_)
        order = np.argsort(-weights, kind="stable")
        if self.top_k is not None:
            keep[order[self.top_k :]] = False
        if self.top_p is not None:
            before = weights[order].cumsum(dtype=np.float64) - weights[order]
            keep[order[before >= self.top_p * weights.sum(dtype=np.float64)]] = False
        if self.min_p is not None:
            keep[weights < self.min_p * weights.max()] = False
        return keep


def generate(
    model: CharModel,
    prime: NDArray[Any],
    length: int,
    filters: Filters,
    seeds: Sequence[int],
) -> Iterator[list[int]]:
    """After ids `prime` (N,), yield `length` times the next id of each of the seeds' samples.

    All samples run as the columns of one batch; each has its own random numbers.
    """
    network = Network(model, 1, len(seeds))
    randoms = [Random(seed) for seed in seeds]  # noqa: S311 - repeatable, not secret
    for id_ in prime[:-1]:
        network.read(np.full((1, len(seeds)), id_, np.intp))
    ids = np.full(len(seeds), prime[-1], np.intp)
    for _ in range(length):
        logits = network.step(ids)
        chosen = [filters.choose(logits[:, k], random) for k, random in enumerate(randoms)]
        yield chosen
        ids[:] = chosen


class Stopper(Generic[Text]):
    """Passes text on until the first of `stops` is complete, and ends before it.

    Of two that end together it is the longer. What may be the beginning of a stop is held back
    until it is known not to be.
    """

    def __init__(self, stops: Sequence[Text], empty: Text) -> None:
        self._stops: list[Text] = [stop for stop in stops if stop]
        self._held: Text = empty
        self._empty: Text = empty
        self.stopped = False

    def feed(self, piece: Text) -> Text:
        """The text that may be shown after `piece` was written."""
        if not self._stops:
            return piece
        self._held += piece
        starts = [(self._held.find(stop), len(stop)) for stop in self._stops]
        found = [(at + length, at) for at, length in starts if at >= 0]
        if found:
            self.stopped = True
            _, start = min(found)  # by the end, so that the cut into pieces makes no difference
            shown, self._held = self._held[:start], self._empty
            return shown
        longest = max(len(stop) for stop in self._stops) - 1
        for size in range(min(longest, len(self._held)), 0, -1):
            tail = self._held[len(self._held) - size :]
            if any(stop.startswith(tail) for stop in self._stops):
                shown = self._held[: len(self._held) - size]
                self._held = tail
                return shown
        shown, self._held = self._held, self._empty
        return shown

    def rest(self) -> Text:
        """What was held back when the text ended without a stop."""
        held, self._held = self._held, self._empty
        return held
