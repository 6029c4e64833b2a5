"""What `sample --avoid-copying` says: how often it forbade characters, and what it took back."""

from typing import Any

import numpy as np

from charlstm.api.predicting import Predicting
from charlstm.cli.samples import Report
from charlstm.cli.terminal import note
from charlstm.sampling.samples import Written
from charlstm.sampling.writer import SampleWriter


class Avoided(Report):
    """How often the step acted on a sample. A note says if the prime is a copy itself."""

    def __init__(self, model: Predicting, writer: SampleWriter) -> None:
        from charlstm.sampling.steps.avoid_copying import AvoidCopying  # noqa: PLC0415 - if asked for

        super().__init__(model, writer)
        (step,) = (step for step in writer.chain.steps if isinstance(step, AvoidCopying))
        self._passages, prime = step.passages, writer.prime
        self._copied = self._passages.completed(prime)
        if self._copied:
            unit = model.vocabulary.unit
            note(
                f"the prime itself has a run of {self._passages.n:,} {unit}s of the training text; "
                "--avoid-copying leaves it as it is"
            )
        places = np.flatnonzero(self._passages.folding.kept(prime))
        self._before = prime[places[-self._passages.n :][0] :]  # all that a run can begin in

    def record(self, sample: Written) -> dict[str, Any]:
        """The numbers, and whether the prime is a copy."""
        return {
            "avoid_copying": {
                "forbidden": self._forbidden(sample),
                "taken_back": sample.taken_back,
                "prime_copied": self._copied,
            }
        }

    def line(self, sample: Written) -> str:
        """The numbers."""
        return (
            f"--avoid-copying {self._passages.n} forbade characters at "
            f"{self._forbidden(sample):,} of {len(sample.ids):,} places, and took back "
            f"{sample.taken_back:,} {self._model.vocabulary.unit}{'s' * (sample.taken_back != 1)}"
        )

    def _forbidden(self, sample: Written) -> int:
        ids = np.concatenate([self._before, np.array(sample.ids, np.intp)])
        return self._passages.avoided(ids, self._before.size)
