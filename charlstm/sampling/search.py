"""Which of many possible samples is written: the settings of a search, and how it is done."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from charlstm.errors import ConfigError
from charlstm.exclusions import broken, options_of, options_set
from charlstm.setting import check_values, setting

if TYPE_CHECKING:  # sampling starts faster without them
    from charlstm.sampling.chosen import Chosen
    from charlstm.sampling.filters import Filters
    from charlstm.sampling.stops import Stops
    from charlstm.sampling.writer import SampleWriter

MOST = 4096  # samples of one search
BATCH = 16  # samples drawn side by side until one has the texts that must occur


@dataclass(frozen=True)
class Search:
    """Which sample is written, in place of the one that is drawn first.

    `best_of` takes of N samples the likeliest per character, `beam` the likeliest text that N
    hypotheses lead to. `tries` is how many samples are drawn at most until one has all the texts
    that must occur; after that they are placed. docs/sampling.md explains each of them.

    Raises:
        ConfigError: if a value has another type or is out of range.
    """

    best_of: int | None = setting(None, "Samples to choose from.", 2, MOST)
    beam: int | None = setting(None, "Hypotheses.", 2, MOST)
    tries: int | None = setting(None, f"Samples to draw; {BATCH} if not given.", 1, MOST)

    def __post_init__(self) -> None:
        check_values(self)

    @property
    def drawn(self) -> int:
        """How many samples are drawn at most for one that is written, each with a seed."""
        return self.best_of or self.tries or BATCH

    def check(self, filters: "Filters", **others: Any) -> None:
        """Refuse what has no effect beside the search, as the command line does.

        `others` are more settings; None is one that is not given.

        Raises:
            ConfigError: for the first of them.
        """
        given = options_set(filters) | options_set(self) | options_of(others)
        for rule in broken("sample", given):
            if not rule.mild:
                raise ConfigError(rule.message())

    def work(self, length: int, texts: Sequence[Sequence[int]]) -> int:
        """How many characters the model reads for one sample, more or less."""
        if self.beam:
            return self.beam * length
        places = (2 * BATCH + sum(map(len, texts))) * length * len(texts)
        return 2 * self.drawn * length + places

    def samples(
        self,
        writer: "SampleWriter",
        length: int,
        stops: "Stops",
        texts: Sequence[Sequence[int]],
        seeds: Sequence[int],
        likeliest: int | None = None,
        advance: Callable[[int], object] | None = None,
    ) -> "Iterator[Chosen]":
        """A sample for each of `seeds` after the prime of a writer with one column.

        A sample that is chosen among several takes as many seeds, from its own on. A beam takes
        none, and gives one sample. The `texts`, as ids, must occur. `advance` is called with each
        number of characters that the model has read.
        """
        from charlstm.sampling.watched import Watched  # noqa: PLC0415 - what is not used costs nothing

        source, chain, prime = writer.source, writer.chain, writer.prime
        source = Watched(source, advance) if advance else source
        if self.beam:
            from charlstm.sampling.beam import Beam  # noqa: PLC0415

            yield Beam(source, chain, prime, self.beam, stops).search(length)
        elif texts:
            from charlstm.sampling.containing import Containing  # noqa: PLC0415

            containing = Containing(source, chain, prime, texts, length, stops, BATCH)
            tries = 1 if chain.greedy else self.drawn
            for seed in seeds:
                yield containing.sample(range(seed, seed + tries))
        else:
            from charlstm.sampling.best import best_of  # noqa: PLC0415

            for seed in seeds:
                several = range(seed, seed + self.drawn)
                yield best_of(source, chain, prime, several, length, stops, likeliest)
