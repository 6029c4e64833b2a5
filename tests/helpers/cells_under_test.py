"""Every cell of the registry with every choice of its options, and small random models of them."""

from collections.abc import Mapping
from dataclasses import Field, fields
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from charlstm.nn import Array
from charlstm.nn.cells import CELLS
from charlstm.nn.parameters import Architecture, Parameters


def variants() -> list[tuple[str, dict[str, Any]]]:
    """(name, options) for all combinations of what the fields of a cell's `Options` may be."""
    found: list[tuple[str, dict[str, Any]]] = []
    for name, kind in CELLS.items():
        options = {f.name: choices(f) for f in fields(kind.Options)}
        found += [
            (name, dict(zip(options, chosen, strict=True))) for chosen in product(*options.values())
        ]
    return found


def choices(f: Field[Any]) -> list[Any]:
    """What a field may be: its choices, or every selection of the letters of a free text."""
    if f.metadata["choices"]:
        return list(f.metadata["choices"])
    letters = str(f.default)
    counts = range(1, len(letters) + 1)
    return ["".join(some) for count in counts for some in combinations(letters, count)]


each_variant = pytest.mark.parametrize(
    ("cell", "options"),
    variants(),
    ids=["-".join([n, *map(str, o.values())]) for n, o in variants()],
)


def random_model(
    cell: str = "lstm",
    options: Mapping[str, Any] | None = None,
    *,
    hidden_size: int = 3,
    num_layers: int = 1,
    vocabulary_size: int = 5,
    dtype: Any = np.float64,
    spread: float = 0.7,
    reset_at: int | None = None,
    attention: int = 0,
    attention_heads: int = 1,
) -> Parameters:
    """A model whose parameters, biases and the unknown's row included, are all random."""
    architecture = Architecture(
        cell, options or {}, hidden_size, num_layers, attention, attention_heads
    )
    model = Parameters(architecture, vocabulary_size, dtype=dtype, reset_at=reset_at)
    rng = np.random.default_rng(1)
    for view in model.by_name.values():
        view[...] = rng.normal(0.0, spread, view.shape)
    return model


def random_ids(model: Parameters, steps: int, batch: int, seed: int = 2) -> NDArray[np.intp]:
    """Ids (steps, batch), now and then the unknown one."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, model.vocabulary_size + 1, (steps, batch))


def randomise(state: Mapping[str, Array], seed: int = 3) -> None:
    """Fill a network's carried state with the same non-zero numbers each time.

    The attention of the columns then has from one output to all M in its memory.
    """
    rng = np.random.default_rng(seed)
    for name, view in state.items():
        view[...] = rng.uniform(-0.9, 0.9, view.shape)
        if name == "attention.n":
            view[...] = rng.integers(1, state["attention.m"].shape[1], view.shape, endpoint=True)
