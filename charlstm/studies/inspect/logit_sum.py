"""A logit as a sum over the units that the readout reads: y = W_y·h + b_y, term by term.

With attention the readout reads z = h + v⊙u, so a unit has two terms: what it holds now, and what
attention has picked of it from earlier steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.nn.parameters import Parameters
from charlstm.nn.recording import Recording, record
from charlstm.nn.units import unit_name
from charlstm.output.result import Result
from charlstm.output.terminal import table
from charlstm.text.shown import quoted
from charlstm.text.vocabulary import Vocabulary

COUNT = 8  # units named in a terminal


@dataclass(frozen=True, repr=False)
class LogitSum(Result):
    """The logit of `character`, or with `against` its logit less that of the other character.

    Unit k of the top `layer` has `weights[k]` in W_y, `h[k]`, and `picked[k]`, v_k·u_k of
    attention; (H,) each. `bias` is that of b_y.
    """

    character: str
    against: str | None
    layer: int
    weights: Array
    h: Array
    picked: Array
    bias: float

    @property
    def terms(self) -> Array:
        """What each unit brings to the logit, (H,)."""
        return np.asarray(self.weights * (self.h + self.picked))

    @property
    def logit(self) -> float:
        """The sum of the terms and the bias."""
        return float(self.terms.sum() + self.bias)

    @property
    def order(self) -> list[int]:
        """The units by the size of their terms, the largest first."""
        order: list[int] = np.argsort(-np.abs(self.terms), kind="stable").tolist()
        return order

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """One row for each unit, the largest term first."""
        columns = (self.weights, self.h, self.picked, self.terms)
        units = {k: unit_name((self.layer, k)) for k in self.order}
        rows = [[name, *(column[k] for column in columns)] for k, name in units.items()]
        return ["unit", "weight", "h", "picked", "term"], rows

    def to_mapping(self) -> dict[str, Any]:
        """The terms for JSON, the largest first; a unit is [layer, unit]."""
        units = [
            record | {"unit": [self.layer, k]}
            for k, record in zip(self.order, self.to_records(), strict=True)
        ]
        return {
            "character": self.character,
            "against": self.against,
            "sum": self.logit,
            "bias": self.bias,
            "units": units,
        }

    def lines(self, count: int = COUNT) -> Iterator[str]:
        """The `count` largest terms, the rest, the bias and the sum."""
        less = f" less that of {quoted(self.against)}" if self.against else ""
        yield f"the logit of {quoted(self.character)}{less}, as a sum over layer {self.layer}"
        attends = bool(self.picked.any())
        shown = [["unit", "W_y", "h", *["v⊙u"] * attends, "term"]]
        _, rows = self.to_table()
        for name, weight, h, picked, term in rows[:count]:
            values = [weight, h, *[picked] * attends, term]
            shown.append([name, *(f"{value:+.3f}" for value in values)])
        others = sum(float(row[-1]) for row in rows[count:])
        ends = {"others": others} if len(rows) > count else {}
        for name, value in (ends | {"bias": self.bias, "sum": self.logit}).items():
            shown.append([name, *[""] * (2 + attends), f"{value:+.3f}"])
        yield from table(shown, right=range(1, 5))


def logit_sum(
    parameters: Parameters,
    vocabulary: Vocabulary,
    ids: NDArray[np.intp],
    character: int,
    against: int | None = None,
) -> LogitSum:
    """The logit of one id, or its difference to another's, after `ids` (N,) from zero state."""
    recording = record(parameters, ids[:, None])
    W_y, b_y = parameters.by_name["W_y"], parameters.by_name["b_y"][:, 0]
    weights, bias = W_y[character], b_y[character]
    if against is not None:
        weights, bias = weights - W_y[against], bias - b_y[against]
    return LogitSum(
        character=vocabulary.alphabet[character],
        against=None if against is None else vocabulary.alphabet[against],
        layer=parameters.architecture.num_layers - 1,
        weights=weights,
        h=recording.states[-1]["h"][-1, :, 0],
        picked=_picked(parameters, recording),
        bias=float(bias),
    )


def _picked(parameters: Parameters, recording: Recording) -> Array:
    """v⊙u of the last step: each head's weights times the earlier outputs of its own units."""
    h = recording.states[-1]["h"][:, :, 0]
    p = recording.attention[-1, 0]  # (R, M), the nearest output first
    R, M = p.shape
    if not M:
        return np.zeros_like(h[-1])
    earlier = h[:-1][::-1][:M]
    by_head = np.split(earlier, R, axis=1)
    u = [p[r, : len(earlier)] @ outputs for r, outputs in enumerate(by_head)]
    return np.asarray(np.concatenate(u) * parameters.by_name["attention.v"][:, 0])
