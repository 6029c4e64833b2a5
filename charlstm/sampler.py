"""Writing text: read a prime, then draw character after character from the filtered softmax."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import ConfigError
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters

Text = TypeVar("Text", str, bytes)
BLOCK = 2**15  # logits that are chosen from at a time: 256 kB, so that they stay in cache


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
        logits = logits.astype(np.float64)
        logits -= logits[logits.argmax()]  # max itself takes three times as long
        sums = self._sums(logits)
        # random() < 1 in floating point too, so what is searched for is below the last sum.
        return int(sums.searchsorted(random.random() * sums[-1], side="right"))

    def choose_each(self, logits: NDArray[Any], randoms: Sequence[Random]) -> list[int]:
        """What `choose` finds for each column of logits (V, B), many columns at a time."""
        if len(randoms) == 1:
            return [self.choose(logits[:, 0], randoms[0])]
        if self.temperature == 0.0:
            return list(map(int, logits.argmax(axis=0)))
        chosen: list[int] = []
        count = max(1, BLOCK // logits.shape[0])
        for first in range(0, len(randoms), count):
            block = slice(first, first + count)
            rows = logits[:, block].T.astype(np.float64, order="C")
            rows -= rows.max(axis=1, keepdims=True)
            sums = self._sums(rows)
            drawn = np.array([random.random() for random in randoms[block]]) * sums[:, -1]
            chosen += (sums > drawn[:, None]).argmax(axis=1).tolist()  # the first that is above
        return chosen

    def _sums(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Running sums of the filtered, unnormalised probabilities along the last axis (…, V).

        The highest logit is 0 already.
        """
        if self.top_k is not None or self.top_p is not None or self.min_p is not None:
            logits[~self.kept(np.exp(logits))] = -np.inf
        if self.temperature != 1.0:
            logits /= max(self.temperature, 1e-200)  # nearer to 0 the division would overflow
        np.exp(logits, out=logits)
        return np.add.accumulate(logits, axis=-1)  # cumsum, but 0.5 µs quicker

    def kept(self, weights: NDArray[Any]) -> NDArray[np.bool_]:
        """Which characters stay, from unnormalised probabilities (…, V)."""
        keep = np.ones(weights.shape, np.bool_)
        if self.min_p is not None:
            keep = weights >= self.min_p * weights.max(axis=-1, keepdims=True)
        if self.top_k is None and self.top_p is None:
            return keep
        order = np.argsort(-weights, axis=-1, kind="stable")
        likeliest = np.ones(weights.shape, np.bool_)  # in that order
        likeliest[..., self.top_k :] = self.top_k is None
        if self.top_p is not None:
            ordered = np.take_along_axis(weights, order, -1)
            sums = ordered.cumsum(axis=-1, dtype=np.float64)
            likeliest &= sums - ordered < self.top_p * sums[..., -1:]
        kept = np.empty_like(keep)
        np.put_along_axis(kept, order, likeliest, -1)
        return keep & kept


def generate(
    parameters: Parameters,
    prime: NDArray[Any],
    length: int,
    filters: Filters,
    seeds: Sequence[int],
) -> Iterator[list[int]]:
    """After ids `prime` (N,), yield `length` times the next id of each of the seeds' samples.

    All samples run as the columns of one batch; each has its own random numbers.
    """
    network = _after(parameters, prime[:-1], len(seeds))
    randoms = [Random(seed) for seed in seeds]  # noqa: S311 - repeatable, not secret
    ids = np.full(len(seeds), prime[-1], np.intp)
    for _ in range(length):
        chosen = filters.choose_each(network.step(ids), randoms)
        yield chosen
        ids[:] = chosen


def _after(parameters: Parameters, read: NDArray[Any], columns: int) -> Network:
    """A network for single steps of so many columns, all of which have read the ids (N,)."""
    network = Network(parameters, 1, 1)
    for id_ in read:
        network.read(np.full((1, 1), id_, np.intp))
    if columns == 1:
        return network
    wide = Network(parameters, 1, columns)
    for name, state in wide.state.items():
        state[...] = network.state[name]
    return wide


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
