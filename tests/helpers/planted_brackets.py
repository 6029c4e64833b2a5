"""A hand-made model that holds in one known unit whether a bracket is open, and a text for it."""

from functools import cache
from pathlib import Path

import numpy as np

from charlstm.checkpoint import Checkpoint, EncodedText, arrays_of, save
from charlstm.config import Config
from charlstm.nn.blocks import rows_of
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.progress import Progress
from charlstm.text.vocabulary import Vocabulary

CHARACTERS = "\n ()abcdefg"
VOCABULARY = Vocabulary("char", CHARACTERS)
H, CARRIER, DECOY = 20, 5, 7


@cache
def bracket_text(size: int = 8000, seed: int = 1) -> str:
    """Words without meaning, some of them in brackets, in lines of many lengths."""
    rng = np.random.default_rng(seed)
    words, inside = [], False
    for _ in range(size // 4):
        word = "".join(rng.choice(list("abcdefg"), rng.integers(1, 7)))
        if inside:
            inside = bool(rng.random() > 0.25)
            words.append(word if inside else f"{word})")
        else:
            inside = bool(rng.random() < 0.1)
            words.append(f"({word}" if inside else word)
        words.append("\n" if rng.random() < 0.12 else " ")
    return "".join(words)[:size]


def bracket_model(seed: int = 1) -> Parameters:
    """The unit CARRIER is set to 1 by ( and to -1 by ), keeps it, and decides about ).

    DECOY holds the same but nobody listens to it. The other units are noise, on top of the
    frequencies of the characters.
    """
    model = Parameters(Architecture("lstm", {}, H, 1), len(CHARACTERS), dtype=np.float64)
    rng = np.random.default_rng(seed)
    model.flat[:] = rng.normal(0.0, 0.3, model.size)
    params = model.by_name
    text = bracket_text()
    params["W_y"] *= 0.1
    params["b_y"][:, 0] = [np.log(1e-3 + text.count(c) / len(text)) for c in CHARACTERS]
    W, E, b = (params[f"layers.0.{name}"] for name in ("W", "E", "b"))
    for unit in (CARRIER, DECOY):
        i, f, o, g = (rows_of(model.cell.gates, gate, H).start + unit for gate in "ifog")
        W[[i, f, o, g]] = 0.0
        E[:, [i, f, o, g]] = 0.0
        b[[i, f, o, g], 0] = -9.0, 9.0, 9.0, 0.0
        for character, value in (("(", 9.0), (")", -9.0)):
            row = CHARACTERS.index(character)
            E[row, i], E[row, f], E[row, g] = 18.0, -18.0, value
    W[:, [CARRIER, DECOY]] = 0.0
    closing = CHARACTERS.index(")")
    params["W_y"][:, [CARRIER, DECOY]] = 0.0
    params["W_y"][closing] = 0.0
    params["W_y"][closing, CARRIER] = 4.0
    params["b_y"][closing] = -5.5
    return model


def write_bracket_run(run: Path) -> Path:
    """A run folder whose model is that of `bracket_model`; its training text is gone."""
    run.mkdir(parents=True)
    config = Config(
        corpus=("gone.txt",), hidden_size=H, dropout=0.0, lr=0.01, batch_size=4, seq_length=17
    )
    model = Parameters(Architecture("lstm", {}, H, 1), len(CHARACTERS))
    model.flat[:] = bracket_model().flat
    text = EncodedText("0" * 64, "gone.ids", 1000)
    progress = Progress(9, seconds=2.0, best_val=1.25, last_val=1.25)
    arrays = arrays_of(model, {}, [])
    save(run / "best.npz", Checkpoint(config, VOCABULARY, progress, text, None, arrays))
    return run
