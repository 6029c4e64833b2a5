"""What a model writes: samples, character by character or many at once."""

from collections.abc import Iterator, Sequence
from random import SystemRandom

from charlstm.api.arguments import whole_number
from charlstm.api.loaded import Loaded
from charlstm.sampler import Filters, Stopper, generate, listed


class Writing(Loaded):
    """A model that writes."""

    def sample(
        self,
        prime: str | bytes = "",
        *,
        length: int = 500,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
        stop: str | Sequence[str] | None = None,
        seed: int | None = None,
    ) -> Iterator[str]:
        """Write up to `length` characters after `prime`, and yield them one by one.

        An empty prime stands for a newline. The sample ends before the first of the texts `stop`; a
        str is one text. None is the end of the line in a run with `lines`, else no text.
        The same seed gives the same text; None draws a new seed each time. `Filters` explains the
        other arguments. A byte model yields each byte as a character from U+0000 to U+00FF;
        `sample_bytes` yields bytes.

        Raises:
            ConfigError: if a value is out of range.
        """
        filters = Filters(temperature, top_k, top_p, min_p)
        seed = SystemRandom().getrandbits(32) if seed is None else seed
        stop = "\n" * self.config.lines if stop is None else stop
        if self.vocabulary.tokens == "byte":
            stops = [text.encode("utf-8", "surrogateescape") for text in listed(stop)]
            pieces = self.sample_bytes(prime, length, filters, seed, stops)
            return (piece.decode("latin-1") for piece in pieces)
        characters = self.vocabulary.characters
        drawn = self._draw(prime, length, filters, [seed])
        return Stopper(stop, "").passed(characters[ids[0]] for ids in drawn)

    def sample_bytes(
        self,
        prime: str | bytes,
        length: int,
        filters: Filters,
        seed: int,
        stop: bytes | Sequence[bytes] = (),
    ) -> Iterator[bytes]:
        """Write as `sample` does, but yield bytes: those of a byte model, or UTF-8."""
        decode = self.vocabulary.decode_bytes
        drawn = self._draw(prime, length, filters, [seed])
        return Stopper(stop, b"").passed(decode(ids[:1]) for ids in drawn)

    def samples(
        self,
        prime: str | bytes,
        length: int,
        filters: Filters,
        seeds: Sequence[int],
        stop: bytes | Sequence[bytes] = (),
    ) -> list[bytes]:
        """Write one sample for each seed, all in one batch, as `sample_bytes` would write it."""
        drawn = list(self._draw(prime, length, filters, seeds))
        decode = self.vocabulary.decode_bytes
        texts = [decode([ids[k] for ids in drawn]) for k in range(len(seeds))]
        return [b"".join(Stopper(stop, b"").passed([text])) for text in texts]

    def _draw(
        self, prime: str | bytes, length: int, filters: Filters, seeds: Sequence[int]
    ) -> Iterator[list[int]]:
        length = whole_number("length", length, 0)
        seeds = [whole_number("seed", seed, 0) for seed in seeds]
        return generate(self.parameters, self._start(prime), length, filters, seeds)
