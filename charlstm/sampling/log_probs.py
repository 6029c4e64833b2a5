"""How likely characters were that have been drawn."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class LogProbs:
    """How likely a character was that has been drawn, in nats.

    `model` is its log-probability under the model, `filtered` that of the draw, after all steps.
    `likeliest` has the same of the likeliest ids under the model, best first: (id, model,
    filtered).
    """

    model: float
    filtered: float
    likeliest: tuple[tuple[int, float, float], ...] = ()


def log_softmax(rows: Rows) -> Rows:
    """The log-probabilities (B, V) of logits (B, V), of which the highest is 0 (−∞ if all are)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: Rows = rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))
    return logs


def log_probs(
    ids: list[int], logits: Rows, changed: Rows, likeliest: int, *, greedy: bool
) -> list[LogProbs]:
    """Those of the ids (B,), from the logits (B, V) before the chain and after it."""
    model, filtered = log_softmax(logits), log_softmax(changed)
    if greedy:
        filtered = np.full_like(model, -np.inf)
        filtered[np.arange(len(ids)), ids] = 0.0
    best: NDArray[Any] = np.argsort(-model, axis=1, kind="stable")[:, :likeliest]
    return [
        LogProbs(
            float(p[id_]),
            float(q[id_]),
            tuple((int(k), float(p[k]), float(q[k])) for k in ranked),
        )
        for id_, p, q, ranked in zip(ids, model, filtered, best, strict=True)
    ]
