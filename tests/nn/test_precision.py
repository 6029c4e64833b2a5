"""Single precision is enough: 500 updates of each cell end where those in double precision end."""

import numpy as np
import pytest
from brief_training import trained
from repository import ROOT

from charlstm.evaluate import score_text
from charlstm.nn.cells import CELLS
from charlstm.text.vocabulary import Vocabulary

pytestmark = pytest.mark.slow

TRAIN, VALIDATE = 50_000, 10_000  # characters


@pytest.mark.parametrize("cell", CELLS)
def test_float32_learns_what_float64_learns(cell: str) -> None:
    corpus = ROOT / "data" / "agreement.txt"
    with corpus.open(encoding="utf-8") as file:
        text = file.read(TRAIN + VALIDATE)
    vocabulary = Vocabulary("char", "".join(sorted(set(text))))
    ids = vocabulary.encode(text).astype(np.intp)
    newline = int(vocabulary.encode("\n")[0])
    losses = {}
    for dtype in (np.float32, np.float64):
        model = trained(
            cell, {}, ids[:TRAIN], 500, hidden_size=32, batch=8, steps=20, lr=0.01, dtype=dtype
        )
        assert model.flat.dtype == dtype
        losses[dtype] = score_text(model, ids[TRAIN:], newline).nats_per_char
    assert losses[np.float64] < 2.0, "it has learnt nothing worth comparing"
    assert losses[np.float32] == pytest.approx(losses[np.float64], rel=0.02)
    assert losses[np.float32] != losses[np.float64]
