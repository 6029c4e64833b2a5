"""How likely each of several continuations is after a prime."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from charlstm.output.result import Result
from charlstm.text.shown import printable, quoted, width


@dataclass(frozen=True, repr=False)
class Cloze(Result):
    """The continuations `texts` of `prime`, and the log-likelihood of each in nats.

    `after_newline` is whether the model reads a newline before all else, as it does before a text
    that it scores.
    """

    prime: str
    texts: Sequence[str]
    log_likelihoods: Sequence[float]
    after_newline: bool

    @property
    def shares(self) -> list[float]:
        """Each one's probability among those given."""
        highest = max(self.log_likelihoods)
        weights = [math.exp(score - highest) for score in self.log_likelihoods]
        return [weight / sum(weights) for weight in weights]

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """One row for each continuation."""
        rows = zip(self.texts, self.log_likelihoods, self.shares, strict=True)
        return ["text", "log_likelihood", "share"], [list(row) for row in rows]

    def to_mapping(self) -> dict[str, Any]:
        """The prime and the continuations for JSON."""
        prime = {"prime": self.prime, "after_newline": self.after_newline}
        return prime | {"choices": self.to_records()}

    def lines(self) -> Iterator[str]:
        """The prime, and a row for each continuation."""
        yield printable(self.prime) + " …"
        shown = list(map(quoted, self.texts))
        most = max(map(width, shown))
        yield f"  {'':{most}}  probability  log-likelihood   share"
        for text, score, share in zip(shown, self.log_likelihoods, self.shares, strict=True):
            yield (
                f"  {text}{' ' * (most - width(text))}  {math.exp(score):11.3g}  "
                f"{score:9.3f} nats  {share:6.1%}"
            )
