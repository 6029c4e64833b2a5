"""What `sample --best-of`, `--beam` and `--must-contain` write and say."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from charlstm.api.predicting import Predicting
from charlstm.cli.progress import counting_bar
from charlstm.cli.samples import Report
from charlstm.cli.terminal import unescaped
from charlstm.errors import CorpusError
from charlstm.sampling.chosen import Chosen, Placed
from charlstm.sampling.required import lacking, required
from charlstm.sampling.samples import Written
from charlstm.sampling.search import Search
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter
from charlstm.text.shown import quoted


def searched(
    model: Predicting,
    writer: SampleWriter,
    length: int,
    options: Mapping[str, Any],
    stops: Stops,
    seeds: Sequence[int],
    likeliest: int | None,
) -> tuple[list[Chosen], Report]:
    """As many samples as seeds after the prime of a writer with one column, and what to say.

    `options` has those of `search_options` by their names.

    Raises:
        CharlstmError: if a text that must occur cannot.
    """
    how = Search(*(options[name] for name in ("best_of", "beam", "tries")))
    texts = list(map(unescaped, options["must_contain"]))
    firsts = [seeds[0] + k * how.drawn for k in range(len(seeds))]
    ids = required(model.vocabulary, texts, length, stops)
    report = Required(model, writer, texts) if texts else Likelihood(model, writer)
    work = how.work(length, ids) * len(seeds)
    with counting_bar(work, model.config.tokens) as advance:
        samples = how.samples(writer, length, stops, ids, firsts, likeliest, advance)
        return list(samples), report


class Likelihood(Report):
    """How likely a sample is that was chosen among many."""

    def record(self, sample: Written) -> dict[str, Any]:
        """Its seed, and its mean log-probability per character in nats, null where it has none."""
        assert isinstance(sample, Chosen)
        mean = None if math.isnan(sample.mean) else sample.mean
        return {"seed": sample.seed, "mean_model_nats": mean}


class Required(Likelihood):
    """Which of the texts that must occur were placed, and which are missing."""

    def __init__(self, model: Predicting, writer: SampleWriter, texts: Sequence[str]) -> None:
        super().__init__(model, writer)
        self._texts = texts

    def record(self, sample: Written) -> dict[str, Any]:
        """How many samples were drawn, what was placed where, and what is missing."""
        assert isinstance(sample, Chosen)
        return {
            **super().record(sample),
            "drawn": sample.drawn,
            "placed": [
                {"text": self._texts[p.text], "at": p.at, "model_nats": p.log_prob}
                for p in sample.placed
            ],
            "missing": [self._texts[k] for k in sample.missing],
        }

    def line(self, sample: Written) -> str:
        """The same in words; of what is missing the command says more."""
        assert isinstance(sample, Chosen)
        if sample.missing:
            return ""
        if not sample.placed:
            return f"one of {sample.drawn:,} samples has all the texts"
        placed = ", ".join(map(self._words, sample.placed))
        return f"none of {sample.drawn:,} samples has all the texts; placed: {placed}"

    def check(self, samples: Sequence[Written]) -> None:
        """Raise an error that says what is missing."""
        problem = lacking(self._texts, [sample for sample in samples if isinstance(sample, Chosen)])
        if problem:
            raise CorpusError(problem)

    def _words(self, placed: Placed) -> str:
        return f"{quoted(self._texts[placed.text])} at {placed.at:,} ({placed.log_prob:.1f} nats)"
