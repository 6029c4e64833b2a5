"""A reading as JSON and as a table: what was expected in each place, what the chosen units held."""

from collections.abc import Sequence
from typing import Any

from charlstm.trace import Reading

Unit = tuple[int, int]  # layer, unit


def to_mapping(reading: Reading, units: Sequence[Unit]) -> dict[str, Any]:
    """The reading with these units alone; a page or a call of `read` has them all."""
    places = zip(reading.symbols, reading.bits, reading.expected, reading.shares, strict=True)
    return {
        "text": "".join(reading.symbols),
        "memory": reading.memory_name,
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
                "memory": reading.memory[layer][:, unit],
                "gates": {g: values[:, unit] for g, values in reading.gates[layer].items()},
            }
            for layer, unit in units
        ],
    }


def to_table(reading: Reading, units: Sequence[Unit]) -> tuple[list[str], list[list[Any]]]:
    """Head and rows, one for each character."""
    head = ["character", "bits"]
    columns: list[Any] = [reading.symbols, reading.bits]
    for k in range(reading.likeliest.shape[1]):
        head += [f"guess_{k + 1}", f"probability_{k + 1}"]
        columns += [[row[k] for row in reading.expected], reading.shares[:, k]]
    for layer, unit in units:
        place = f"layer_{layer}_unit_{unit}"
        head.append(f"{place}_{reading.memory_name}")
        columns.append(reading.memory[layer][:, unit])
        for name, values in reading.gates[layer].items():
            head.append(f"{place}_{name}")
            columns.append(values[:, unit])
    return head, [list(row) for row in zip(*columns, strict=True)]
