"""What a search gives: a sample, and why it was chosen."""

import math
from dataclasses import dataclass

from charlstm.sampling.samples import Written


@dataclass(frozen=True)
class Placed:
    """A text that was put into a sample: which, where it begins, and its log P there in nats."""

    text: int
    at: int
    log_prob: float


class Chosen(Written):
    """A sample that a search has chosen, drawn with this `seed` if it has one.

    `mean` is its log-probability per character under the model, in nats, with its stop; NaN without
    a character. So many samples were `drawn`. Of the texts that must occur some were `placed`, and
    some may be `missing`.
    """

    def __init__(self, written: Written, seed: int | None = None) -> None:
        super().__init__(**vars(written))
        self.seed, self.drawn, self.mean = seed, 0, math.nan
        self.placed: tuple[Placed, ...] = ()
        self.missing: tuple[int, ...] = ()
