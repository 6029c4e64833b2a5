"""Networks to compare a model with: the same before training, and with larger weights on h."""

from dataclasses import replace

import numpy as np

from charlstm.nn.parameters import Parameters


def untrained(parameters: Parameters, seed: int, cell: str = "") -> Parameters:
    """A fresh network of the same size and vocabulary, of the same cell or of another one.

    With the seed of the run it is the network as it was before training.

    Raises:
        ConfigError: if no cell has this name.
    """
    architecture = parameters.architecture
    if cell:
        architecture = replace(architecture, cell=cell, cell_options={})
    fresh = Parameters(architecture, parameters.vocabulary_size, reset_at=parameters.reset_at)
    fresh.initialise(seed)
    return fresh


def with_gain(parameters: Parameters, gain: float) -> Parameters:
    """A copy in double precision, with the weights on h of every layer multiplied by `gain`.

    These are the products that carry h from step to step. Peepholes, which see c, stay as they are.
    """
    copy = parameters.with_numbers(parameters.flat.astype(np.float64))
    for product in parameters.cell.products:
        if product.operand not in ("c", "c'"):
            for layer in range(parameters.architecture.num_layers):
                copy.by_name[f"layers.{layer}.{product.name}"] *= gain
    return copy
