"""What a model writes: samples, character by character or many at once."""

from collections.abc import Iterable, Iterator, Sequence
from random import SystemRandom
from typing import TYPE_CHECKING

from charlstm.api.arguments import one_or_several_texts, shown, whole_number
from charlstm.api.avoiding import Avoiding
from charlstm.api.priming import Prime
from charlstm.errors import ConfigError, CorpusError
from charlstm.sampling.filters import Filters
from charlstm.sampling.samples import Written, stream, write_all
from charlstm.sampling.steps.base import Context
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter

if TYPE_CHECKING:  # sampling starts faster without it
    from charlstm.sampling.chosen import Chosen
    from charlstm.sampling.search import Search
    from charlstm.sampling.session import Session

Texts = str | bytes | Sequence[str | bytes]


class Writing(Avoiding):
    """A model that writes."""

    def sample(
        self,
        prime: Prime = "",
        *,
        length: int = 500,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
        no_repeat: int | None = None,
        avoid_copying: int | None = None,
        within_word: str | None = None,
        word_temperature: float | None = None,
        stop: str | Sequence[str] | None = None,
        seed: int | None = None,
        best_of: int | None = None,
        beam: int | None = None,
        must_contain: Texts = (),
        tries: int | None = None,
    ) -> Iterator[str]:
        """Write up to `length` characters after `prime`, and yield them one by one.

        An empty prime stands for a newline; one that `state_after` has read is not read anew. The
        sample ends before the first of the texts `stop`; a str is one text. None is the end of the
        line in a run with `lines`, else no text. The same seed gives the same text; None draws a
        new seed each time. `Filters` explains the other arguments; where they leave no character,
        the sample ends. A byte model yields each byte as a character from U+0000 to U+00FF;
        `sample_bytes` yields bytes.

        With `best_of`, `beam` or `must_contain` it yields nothing until it has searched; `Search`
        explains them.

        Raises:
            ConfigError: if a value is out of range, or has no effect beside a search.
            CorpusError: if `avoid_copying` has no training text to avoid, or a text that must occur
                cannot.
        """
        filters = Filters(
            temperature,
            top_k,
            top_p,
            min_p,
            no_repeat=no_repeat,
            avoid_copying=avoid_copying,
            within_word=within_word,
            word_temperature=word_temperature,
        )
        given, length = seed, whole_number("length", length, 0)
        texts = one_or_several_texts("must_contain", must_contain)
        seed = SystemRandom().getrandbits(32) if seed is None else seed
        stop = "\n" * self.config.lines if stop is None else stop
        pieces: Iterable[list[int]]
        if texts or (best_of, beam, tries) != (None, None, None):
            from charlstm.sampling.required import lacking  # noqa: PLC0415 - sampling starts faster so
            from charlstm.sampling.search import Search  # noqa: PLC0415

            how = Search(best_of, beam, tries)
            how.check(filters, seed=given, must_contain=texts or None)
            samples = self.chosen(prime, length, filters, how, [seed], stop, texts)
            if samples[0].missing:
                raise CorpusError(lacking(texts, samples))
            pieces = [samples[0].ids]
        else:
            pieces = stream(self.writer(prime, filters, [seed]), length, self.stops(stop))
        byte = self.vocabulary.tokens == "byte"
        alphabet = list(map(chr, range(256))) if byte else self.vocabulary.characters
        return (alphabet[id_] for piece in pieces for id_ in piece)

    def sample_bytes(
        self,
        prime: Prime,
        length: int,
        filters: Filters,
        seed: int,
        stop: Texts = (),
    ) -> Iterator[bytes]:
        """Write as `sample` does, but yield bytes: those of a byte model, or UTF-8."""
        decode = self.vocabulary.decode_bytes
        length = whole_number("length", length, 0)
        pieces = stream(self.writer(prime, filters, [seed]), length, self.stops(stop))
        return (decode(piece) for piece in pieces)

    def samples(
        self,
        prime: Prime,
        length: int,
        filters: Filters,
        seeds: Sequence[int],
        stop: Texts = (),
    ) -> list[bytes]:
        """Write one sample for each seed, all in one batch, as `sample_bytes` would write it."""
        written = self.written(prime, length, filters, seeds, stop)
        return [self.vocabulary.decode_bytes(sample.ids) for sample in written]

    def written(
        self,
        prime: Prime,
        length: int,
        filters: Filters,
        seeds: Sequence[int],
        stop: Texts = (),
        likeliest: int | None = None,
    ) -> list[Written]:
        """Write as `samples` does, but give the ids, and how likely each was.

        With `likeliest` each character has its log-probability, and those of so many others.
        """
        length = whole_number("length", length, 0)
        return write_all(self.writer(prime, filters, seeds, likeliest), length, self.stops(stop))

    def chosen(
        self,
        prime: Prime,
        length: int,
        filters: Filters,
        how: "Search",
        seeds: Sequence[int],
        stop: Texts = (),
        must_contain: Texts = (),
    ) -> "list[Chosen]":
        """Write as `sample` does with a search, one sample for each seed.

        A sample that lacks a text which must occur says so.
        """
        from charlstm.sampling.required import required  # noqa: PLC0415 - sampling starts faster so

        length, stops = whole_number("length", length, 0), self.stops(stop)
        seeds = [whole_number("seed", seed, 0) for seed in seeds]
        texts = required(
            self.vocabulary, one_or_several_texts("must_contain", must_contain), length, stops
        )
        return list(how.samples(self.writer(prime, filters, [0]), length, stops, texts, seeds))

    def writer(
        self,
        prime: Prime,
        filters: Filters,
        seeds: Sequence[int],
        likeliest: int | None = None,
    ) -> SampleWriter:
        """The loop behind all samples, a column for each seed; see `charlstm.sampling`."""
        seeds = [whole_number("seed", seed, 0) for seed in seeds]
        chain = filters.chain(Context(self.vocabulary, self.passages))
        source, start = self.begun(prime)
        return SampleWriter(source, chain, start, seeds, likeliest)

    def session(
        self, text: str = "", filters: Filters | None = None, seed: int | None = None
    ) -> "Session":
        """A text that you and the model write in turn; `charlstm write` does so in a terminal.

        The same seed gives the same pieces; None draws a new one.

        Raises:
            CorpusError: if `avoid_copying` has no training text to avoid.
        """
        from charlstm.sampling.session import Session  # noqa: PLC0415 - sampling starts faster so

        if not isinstance(text, str):
            raise ConfigError(f"text must be a str, not {shown(text)}")
        chain = (filters or Filters()).chain(Context(self.vocabulary, self.passages))
        seed = SystemRandom().getrandbits(32) if seed is None else seed
        return Session(self.source(), chain, self.vocabulary, whole_number("seed", seed, 0), text)

    def stops(self, texts: Texts) -> Stops:
        """The stops as ids. One with a character that the model never writes is left out."""
        ids = [self._ids(text).tolist() for text in one_or_several_texts("stop", texts)]
        return Stops([text for text in ids if self.vocabulary.unknown not in text])
