"""A trace as JSON and as a table: what was expected in each place, what the chosen units held."""

from collections.abc import Sequence
from typing import Any

from charlstm.trace import Trace

Unit = tuple[int, int]  # layer, unit


def to_mapping(trace: Trace, units: Sequence[Unit]) -> dict[str, Any]:
    """The trace with these units alone; a page or a call of `read` has them all."""
    places = zip(trace.symbols, trace.surprisal, trace.expected, trace.probabilities, strict=True)
    return {
        "text": "".join(trace.symbols),
        "memory": trace.memory_label,
        "characters": [
            {
                "character": symbol,
                "bits": bits,
                "expected": [
                    {"character": character, "probability": share}
                    for character, share in zip(expected, shares, strict=True)
                ],
            }
            for symbol, bits, expected, shares in places
        ],
        "units": [
            {
                "layer": layer,
                "unit": unit,
                "memory": trace.memory[layer][:, unit],
                "gates": {g: values[:, unit] for g, values in trace.gates[layer].items()},
            }
            for layer, unit in units
        ],
    }


def to_table(trace: Trace, units: Sequence[Unit]) -> tuple[list[str], list[list[Any]]]:
    """Head and rows, one for each character."""
    head = ["character", "bits"]
    columns: list[Any] = [trace.symbols, trace.surprisal]
    for k in range(trace.likeliest.shape[1]):
        head += [f"guess_{k + 1}", f"probability_{k + 1}"]
        columns += [[row[k] for row in trace.expected], trace.probabilities[:, k]]
    for layer, unit in units:
        place = f"layer_{layer}_unit_{unit}"
        head.append(f"{place}_{trace.memory_label}")
        columns.append(trace.memory[layer][:, unit])
        for name, values in trace.gates[layer].items():
            head.append(f"{place}_{name}")
            columns.append(values[:, unit])
    return head, [list(row) for row in zip(*columns, strict=True)]
