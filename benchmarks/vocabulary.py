"""What the characters of a window cost, forward and back, with a small and a large vocabulary.

    python benchmarks/vocabulary.py

It measures the input alone: the table of the window, the rows that each step gets, and the gradient
of the rows, without products, optimiser and readout. The frequency of a character is like 1/rank.
"""

import argparse
import json
import statistics
import time

import numpy as np
from threadpoolctl import threadpool_limits

from charlstm.nn.activation import gate_scale
from charlstm.nn.cells import CELLS
from charlstm.nn.inputs import Characters

LENGTH, BATCH, ROUNDS, TIMES = 64, 32, 7, 20


def window_seconds(characters: Characters, ids: np.ndarray, grads: dict[str, np.ndarray]) -> float:
    """The median time of one window, forward and back."""
    rows = grads["E"].shape[1]
    out = np.empty((LENGTH, 4, BATCH, rows // 4), np.float32)
    dA = np.random.default_rng(1).normal(size=(LENGTH * BATCH, rows)).astype(np.float32)
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        characters.refresh()
        characters.set_window(ids)
        for t in range(LENGTH):
            characters.fill(t, out[t])
        characters.backward(dA, grads)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def prepared(
    hidden_size: int, vocabulary_size: int
) -> tuple[Characters, np.ndarray, dict[str, np.ndarray]]:
    """The input of an LSTM with so many characters, a window, and arrays for the gradients."""
    rng, rows = np.random.default_rng(0), 4 * hidden_size
    E = rng.normal(size=(vocabulary_size + 1, rows)).astype(np.float32)
    b = rng.normal(size=(rows, 1)).astype(np.float32)
    cell = CELLS["lstm"]()
    scale = gate_scale(cell.gates, cell.sigmoids, hidden_size, np.float32)
    weights = 1.0 / np.arange(1, vocabulary_size + 1)
    ids = rng.choice(vocabulary_size, size=(LENGTH, BATCH), p=weights / weights.sum())
    grads = {"E": np.empty_like(E), "b": np.empty_like(b)}
    return Characters(E, b, scale, hidden_size, compact=True), ids, grads


def main() -> None:
    """Measure both vocabularies in turns and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hidden-size", type=int, default=256)
    parser.add_argument("--few", type=int, default=65)
    parser.add_argument("--many", type=int, default=4000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    few, many = prepared(args.hidden_size, args.few), prepared(args.hidden_size, args.many)
    with threadpool_limits(1):
        rounds = [(window_seconds(*few), window_seconds(*many)) for _ in range(ROUNDS)]
    ratios = sorted(many_seconds / few_seconds for few_seconds, many_seconds in rounds)
    result = {
        "hidden_size": args.hidden_size,
        "few_ms": 1e3 * statistics.median(few_seconds for few_seconds, _ in rounds),
        "many_ms": 1e3 * statistics.median(many_seconds for _, many_seconds in rounds),
        "ratio": statistics.median(ratios),
        "ratio_range": [ratios[0], ratios[-1]],
    }
    print(json.dumps(result) if args.json else "\n".join(f"{k}: {v}" for k, v in result.items()))


if __name__ == "__main__":
    main()
