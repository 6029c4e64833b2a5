"""How samples are shown: as they come, several with a line between them, or as JSON."""

import codecs
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from charlstm.api import Model
from charlstm.cli.terminal import copied, note
from charlstm.text.shown import printable

if TYPE_CHECKING:  # sampling starts faster without it
    from charlstm.novelty import Novelty

SEPARATOR = b"\n----------\n"


class Report(Protocol):
    """What an option says about each sample, besides its text."""

    def record(self, sample: bytes) -> dict[str, Any]:
        """What it adds to the sample's JSON."""

    def line(self, sample: bytes) -> str:
        """What it says on standard error."""


class Copied:
    """`--novelty`: how much of a sample stands in the training text."""

    def __init__(self, model: Model) -> None:
        """Raise an error, before anything is written, if the training text is gone."""
        self._model = model
        model.novelty("")

    def record(self, sample: bytes) -> dict[str, Any]:
        """The measures, and the longest run."""
        novelty, run = self.measure(sample)
        return {"novelty": {"copied": novelty.copied, "longest": novelty.longest, "text": run}}

    def line(self, sample: bytes) -> str:
        """The same in words."""
        return copied(*self.measure(sample), self._model.vocabulary.unit)

    def measure(self, sample: bytes) -> tuple["Novelty", str]:
        """What a sample shares with the training text, and the longest run that is there too."""
        novelty = self._model.novelty(sample)
        run = slice(novelty.begin, novelty.begin + novelty.longest)
        if self._model.vocabulary.tokens == "byte":
            return novelty, sample[run].decode("utf-8", "replace")
        return novelty, sample.decode()[run]


def records(
    prime: bytes, samples: Sequence[bytes], seeds: Sequence[int], reports: Sequence[Report]
) -> list[dict[str, Any]]:
    """The samples as they stand in the JSON output."""
    result = []
    for sample, seed in zip(samples, seeds, strict=True):
        texts = {
            "prime": prime.decode("utf-8", "replace"),
            "text": sample.decode("utf-8", "replace"),
        }
        result.append({**texts, "seed": seed})
        for report in reports:
            result[-1] |= report.record(sample)
    return result


def say(samples: Sequence[bytes], reports: Sequence[Report]) -> None:
    """Print what the reports say of each sample, on standard error."""
    for sample in samples:
        for report in reports:
            note(report.line(sample))


def write_stream(prime: bytes, pieces: Iterable[bytes], end: bytes) -> bytes:
    """Write the prime and the pieces of a sample as they come, and return the sample."""
    return _write([prime], pieces, end=end)[len(prime) :]


def write_several(prime: bytes, samples: Sequence[bytes], end: bytes) -> None:
    """Write samples, each after the prime, with `end` between them or else `SEPARATOR`."""
    _write([(end or SEPARATOR).join(prime + sample for sample in samples)], end=end)


def _write(*parts: Iterable[bytes], end: bytes) -> bytes:
    """Write these bytes, and return them; a terminal gets control characters as escapes.

    Then follows `end`; a terminal always gets a newline.
    """
    written = bytearray()
    terminal = sys.stdout.isatty()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for part in parts:
        for piece in part:
            written += piece
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
    return bytes(written)
