"""Small untrained models with a vocabulary, for tests of what is seen inside them."""

from collections.abc import Mapping

import numpy as np

from charlstm.nn.parameters import Architecture, Parameters
from charlstm.text.vocabulary import Vocabulary

CHARACTERS = "\n .Tabcdefghnorstw"
VOCABULARY = Vocabulary("char", CHARACTERS)


def wild_model(
    cell: str = "lstm",
    hidden_size: int = 6,
    num_layers: int = 1,
    scale: float = 1.5,
    options: Mapping[str, str] | None = None,
    attention: int = 0,
) -> Parameters:
    """A model in float64 whose every weight is random and large, so that gates move."""
    architecture = Architecture(cell, options or {}, hidden_size, num_layers, attention)
    model = Parameters(architecture, len(CHARACTERS), dtype=np.float64)
    model.flat[:] = np.random.default_rng(3).normal(0.0, scale, model.size)
    return model
