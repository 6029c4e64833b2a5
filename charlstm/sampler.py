"""Sampling: read a prime, then draw one character after another from the filtered softmax."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import ConfigError
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters

Text = TypeVar("Text", str, bytes)
BLOCK = 2**15  # logits that `choose_each` works on at a time: 256 kB, which stay in the cache


@dataclass(frozen=True)
class Filters:
    """How the next character is chosen from the softmax.

    `top_k`, `top_p` (Holtzman et al. 2020) and `min_p` keep the likeliest characters of the
    model's own distribution. Then `temperature` flattens or sharpens the probabilities of these. At
    temperature 0 the likeliest character is chosen, and the first of equal ones.

    Raises:
        ConfigError: if a value is out of range.
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
        logits -= logits[logits.argmax()]  # logits.max() takes three times as long
        sums = self._sums(logits)
        # random() < 1 in floating point too, so the number to search for is below the last sum.
        return int(sums.searchsorted(random.random() * sums[-1], side="right"))

    def choose_each(self, logits: NDArray[Any], randoms: Sequence[Random]) -> list[int]:
        """The ids that `choose` takes from each column of logits (V, B), many columns at a time."""
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
            chosen += (sums > drawn[:, None]).argmax(axis=1).tolist()  # the first sum above
        return chosen

    def _sums(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Running sums of the filtered, unnormalised probabilities along the last axis (…, V).

        It changes `logits`, of which the highest is 0.
        """
        if self.top_k is not None or self.top_p is not None or self.min_p is not None:
            logits[~self.candidates(np.exp(logits))] = -np.inf
        if self.temperature != 1.0:
            logits /= max(self.temperature, 1e-200)  # nearer to 0 the division would overflow
        np.exp(logits, out=logits)
        return np.add.accumulate(logits, axis=-1)  # cumsum, 0.5 µs faster

    def candidates(self, weights: NDArray[Any]) -> NDArray[np.bool_]:
        """A mask of the characters that stay, from unnormalised probabilities (…, V)."""
        by_min_p = np.ones(weights.shape, np.bool_)
        if self.min_p is not None:
            by_min_p = weights >= self.min_p * weights.max(axis=-1, keepdims=True)
        if self.top_k is None and self.top_p is None:
            return by_min_p
        order = np.argsort(-weights, axis=-1, kind="stable")
        by_rank = np.ones(weights.shape, np.bool_)  # from the likeliest character down
        by_rank[..., self.top_k :] = self.top_k is None
        if self.top_p is not None:
            ordered = np.take_along_axis(weights, order, -1)
            sums = ordered.cumsum(axis=-1, dtype=np.float64)
            by_rank &= sums - ordered < self.top_p * sums[..., -1:]
        by_character = np.empty_like(by_min_p)
        np.put_along_axis(by_character, order, by_rank, -1)
        return by_min_p & by_character


def generate(
    parameters: Parameters,
    prime: NDArray[Any],
    length: int,
    filters: Filters,
    seeds: Sequence[int],
) -> Iterator[list[int]]:
    """Write `length` characters after the ids `prime` (N,), one sample for each of `seeds`.

    Yields the next id of every sample, `length` times. The samples are the columns of one batch,
    and each has its own random numbers.
    """
    network = _network_after(parameters, prime[:-1], len(seeds))
    randoms = [Random(seed) for seed in seeds]  # noqa: S311 - repeatable, not secret
    ids = np.full(len(seeds), prime[-1], np.intp)
    for _ in range(length):
        chosen = filters.choose_each(network.step(ids), randoms)
        yield chosen
        ids[:] = chosen


def _network_after(parameters: Parameters, prime: NDArray[Any], columns: int) -> Network:
    """A network for single steps of so many columns, all of which have read the ids (N,)."""
    network = Network(parameters, 1, 1)
    for id_ in prime:
        network.read(np.full((1, 1), id_, np.intp))
    if columns == 1:
        return network
    wide = Network(parameters, 1, columns)
    for name, state in wide.state.items():
        state[...] = network.state[name]
    return wide


def listed(texts: Text | Sequence[Text]) -> Sequence[Text]:
    """One text, or several, as a sequence of texts: a str is also a sequence, of characters."""
    return [texts] if isinstance(texts, str | bytes) else texts


class Stopper(Generic[Text]):
    """Passes text on, and ends it before the first of `stops` that is complete.

    Of two stops that end at the same character it takes the longer one. A piece of text that may be
    the beginning of a stop waits until more text shows that it is not.
    """

    def __init__(self, stops: Text | Sequence[Text], empty: Text) -> None:
        self._stops: list[Text] = [stop for stop in listed(stops) if stop]
        self._longest = max(map(len, self._stops), default=0)
        self._pending: Text = empty
        self._empty: Text = empty
        self.stopped = False

    def passed(self, pieces: Iterable[Text]) -> Iterator[Text]:
        """The pieces of a sample up to the first stop."""
        for piece in pieces:
            if shown := self.feed(piece):
                yield shown
            if self.stopped:
                return
        if rest := self.rest():
            yield rest

    def feed(self, piece: Text) -> Text:
        """The text that can be shown now that `piece` has been written."""
        if not self._stops:
            return piece
        text = self._pending + piece
        starts = [(text.find(stop), len(stop)) for stop in self._stops]
        matches = [(start + length, start) for start, length in starts if start >= 0]
        if matches:
            _, start = min(matches)  # by its end, so that the cut into pieces makes no difference
            self.stopped, self._pending = True, self._empty
            return text[:start]
        cut = max(0, len(text) - self._longest + 1)
        while cut < len(text):
            tail = text[cut:]
            if any(stop.startswith(tail) for stop in self._stops):
                break
            cut += 1
        self._pending = text[cut:]
        return text[:cut]

    def rest(self) -> Text:
        """The text that still waits when the sample ends without a stop."""
        text, self._pending = self._pending, self._empty
        return text
