"""Two small networks that differ in all, and mixtures of them over seven characters."""

import numpy as np
from cells_under_test import random_model

from charlstm.nn.mixture import Mixture, Part
from charlstm.nn.parameters import Parameters

SIZES = (5, 4)  # characters that each of two networks knows, of seven
OWN_IDS = (np.array([0, 1, 2, 3, 4, 5, 5, 5]), np.array([3, 4, 1, 4, 4, 2, 0, 4]))


def two_models(attention: int = 0, *, lines: bool = False) -> tuple[Parameters, Parameters]:
    """Two networks that differ in all; those of lines begin them with what is 2 in a mixture."""
    one = random_model(
        num_layers=2, vocabulary_size=SIZES[0], attention=attention, reset_at=2 if lines else None
    )
    other = random_model(
        "gru", hidden_size=4, vocabulary_size=SIZES[1], reset_at=1 if lines else None
    )
    other.flat *= -1.3
    return one, other


def mixture_of(
    one: Parameters, other: Parameters, share: float = 0.3, *, lines: bool = False
) -> Mixture:
    parts = (Part(one, 1.0 - share, OWN_IDS[0]), Part(other, share, OWN_IDS[1]))
    return Mixture(parts, reset_at=2 if lines else None)
