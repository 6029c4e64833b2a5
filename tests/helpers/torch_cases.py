"""What PyTorch is asked for golden values: which cells, how large, and which small exported models.

`golden/make.py` asks it once, and the tests compare with what it answered.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
from cells_under_test import random_model
from numpy.typing import NDArray
from repository import GOLDEN

from charlstm.config import Config
from charlstm.text.vocabulary import Vocabulary

CELLS: dict[str, dict[str, Any]] = {"rnn": {}, "lstm": {}, "gru": {"gru_reset": "after"}}
V, H, LAYERS, T, B = 4, 3, 2, 5, 2
WEIGHT = 0.7  # of the summed loss
SAVED = GOLDEN / "torch.npz"
VOCABULARY = Vocabulary("char", "\n Taehst")  # but no c, so that "cats" begins with an unknown


def exported_model(cell: str) -> Any:
    """A model of two layers as `charlstm.export.export` takes it; its weights are random."""
    network = random_model(
        cell,
        CELLS[cell],
        hidden_size=H,
        num_layers=LAYERS,
        vocabulary_size=VOCABULARY.size,
        dtype=np.float32,
    )
    config = Config(cell=cell, cell_options=CELLS[cell], hidden_size=H, num_layers=LAYERS)
    return SimpleNamespace(parameters=network, config=config, vocabulary=VOCABULARY)


def golden(prefix: str) -> dict[str, NDArray[Any]]:
    """PyTorch's answers under a prefix, by the rest of their names."""
    with np.load(SAVED, allow_pickle=False) as file:
        return {
            name.removeprefix(f"{prefix}/"): file[name]
            for name in file.files
            if name.startswith(f"{prefix}/")
        }
