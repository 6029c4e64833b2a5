"""How samples are shown: as they come, several with a line between them, or as JSON."""

import codecs
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from charlstm.api.predicting import Predicting
from charlstm.cli.terminal import copied
from charlstm.exclusions import option_of
from charlstm.sampling.samples import Written
from charlstm.sampling.writer import SampleWriter
from charlstm.text.shown import printable

if TYPE_CHECKING:  # sampling starts faster without them
    from charlstm.novelty import Novelty
    from charlstm.sampling.log_probs import LogProbs

SEPARATOR = b"\n----------\n"


class Report:
    """What an option says about each sample of a writer, besides its text."""

    def __init__(self, model: Predicting, writer: SampleWriter) -> None:
        self._model, self._writer = model, writer

    def record(self, sample: Written) -> dict[str, Any]:
        """What it adds to the sample's JSON."""
        del sample
        return {}

    def line(self, sample: Written) -> str:
        """What it says on standard error, or nothing."""
        del sample
        return ""

    def check(self, samples: Sequence[Written]) -> None:
        """Raise an error, after they are written, if samples are not what was asked for."""


class Copied(Report):
    """`--novelty`: how much of a sample stands in the training text."""

    def __init__(self, model: Predicting, writer: SampleWriter) -> None:
        """Raise an error, before anything is written, if the training text is gone."""
        super().__init__(model, writer)
        model.novelty("")

    def record(self, sample: Written) -> dict[str, Any]:
        """The measures, and the longest run."""
        novelty, run = self.measure(self._text(sample))
        return {"novelty": {"copied": novelty.copied, "longest": novelty.longest, "text": run}}

    def line(self, sample: Written) -> str:
        """The same in words."""
        return copied(*self.measure(self._text(sample)), self._model.vocabulary.unit)

    def _text(self, sample: Written) -> bytes:
        return self._model.vocabulary.decode_bytes(sample.ids)

    def measure(self, sample: bytes) -> tuple["Novelty", str]:
        """What a sample shares with the training text, and the longest run that is there too."""
        novelty = self._model.novelty(sample)
        run = slice(novelty.begin, novelty.begin + novelty.longest)
        if self._model.vocabulary.tokens == "byte":
            return novelty, sample[run].decode("utf-8", "replace")
        return novelty, sample.decode()[run]


class EndedEarly(Report):
    """A sample that ended because steps of the chain left no character."""

    def record(self, sample: Written) -> dict[str, Any]:
        """That it did, where it did."""
        return {"ended_early": True} if sample.ended else {}

    def line(self, sample: Written) -> str:
        """How long it is."""
        if not sample.ended:
            return ""
        unit = self._model.vocabulary.unit
        count = f"{len(sample.ids):,} {unit}{'s' * (len(sample.ids) != 1)}"
        names = " and ".join(map(option_of, self._writer.chain.rules))
        return f"the sample ends after {count}: {names} leaves no other"


class Probabilities(Report):
    """`--logprobs`: how likely each character was, and the likeliest in its place."""

    def record(self, sample: Written) -> dict[str, Any]:
        """In nats, under the model and after all filters; null is a probability of 0."""
        pairs = zip(sample.ids, sample.log_probs, strict=True)
        return {"logprobs": [self._character(id_, score) for id_, score in pairs]}

    def _character(self, id_: int, score: "LogProbs") -> dict[str, Any]:
        likeliest = [self._one(*others) for others in score.likeliest]
        return {**self._one(id_, score.model, score.filtered), "likeliest": likeliest}

    def _one(self, id_: int, model: float, filtered: float) -> dict[str, Any]:
        vocabulary = self._model.vocabulary
        name = id_ if vocabulary.tokens == "byte" else vocabulary.characters[id_]
        return {vocabulary.unit: name, "model_nats": model, "filtered_nats": filtered}


class Output:
    """Writes the samples of a model after a prime; each ends with `end`, if that is not empty."""

    def __init__(self, model: Predicting, prime: str | bytes, end: bytes) -> None:
        # A byte model takes the bytes of the command line as they are, UTF-8 or not.
        stray = "surrogateescape" if model.vocabulary.tokens == "byte" else "backslashreplace"
        self._prime = prime if isinstance(prime, bytes) else prime.encode("utf-8", stray)
        self._decode, self._end = model.vocabulary.decode_bytes, end

    def stream(self, pieces: Iterable[list[int]]) -> list[int]:
        """Write the pieces of a sample as they come, and return their ids."""
        ids: list[int] = []

        def texts() -> Iterator[bytes]:
            for piece in pieces:
                ids.extend(piece)
                yield self._decode(piece)

        _write([self._prime], texts(), end=self._end)
        return ids

    def several(self, samples: Sequence[Written]) -> None:
        """Write samples with a line between them."""
        texts = [self._prime + self._decode(sample.ids) for sample in samples]
        _write([(self._end or SEPARATOR).join(texts)], end=self._end)

    def records(
        self, samples: Sequence[Written], seeds: Sequence[int], reports: Sequence[Report]
    ) -> list[dict[str, Any]]:
        """The samples as they stand in the JSON output, with what the reports add."""
        prime, records = self._prime.decode("utf-8", "replace"), []
        for sample, seed in zip(samples, seeds, strict=True):
            text = self._decode(sample.ids).decode("utf-8", "replace")
            records.append({"prime": prime, "text": text, "seed": seed})
            for report in reports:
                records[-1] |= report.record(sample)
        return records


def _write(*parts: Iterable[bytes], end: bytes) -> None:
    """Write these bytes; a terminal gets control characters as escapes.

    Then follows `end`; a terminal always gets a newline.
    """
    terminal = sys.stdout.isatty()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for part in parts:
        for piece in part:
            if terminal:
                sys.stdout.write(printable(decoder.decode(piece)))
                sys.stdout.flush()
            else:
                sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()
    if terminal:
        sys.stdout.write("\n")
    else:
        sys.stdout.buffer.write(end)
        sys.stdout.buffer.flush()
