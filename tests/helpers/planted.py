"""A hand-made model that keeps a subject's number in one known unit, and pairs to ask it."""

from pathlib import Path

import numpy as np

from charlstm.checkpoint import Checkpoint, EncodedText, arrays_of, save
from charlstm.config import Config
from charlstm.nn.blocks import rows_of
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.pairs.pair import Pair
from charlstm.progress import Progress
from charlstm.text.vocabulary import Vocabulary

# A is a singular subject and p its verb, B a plural one and q its verb; the rest is filler.
CHARACTERS = "\n .ABpqxyz"
VOCABULARY = Vocabulary("char", CHARACTERS)
H, CARRIER, DECOY = 24, 5, 7


def planted_model() -> Parameters:
    """The unit CARRIER is set to -1 by A and +1 by B, keeps it, and decides between p and q.

    DECOY holds the same but nobody listens to it. The other units are noise.
    """
    model = Parameters(Architecture("lstm", {}, H, 1), len(CHARACTERS), dtype=np.float64)
    rng = np.random.default_rng(1)
    model.flat[:] = rng.normal(0.0, 0.3, model.size)
    params = model.by_name
    W, E, b = (params[f"layers.0.{name}"] for name in ("W", "E", "b"))
    for unit in (CARRIER, DECOY):
        i, f, o, g = (rows_of(model.cell.gates, gate, H).start + unit for gate in "ifog")
        W[[i, f, o, g]] = 0.0
        E[:, [i, f, o, g]] = 0.0
        b[[i, f, o, g], 0] = -9.0, 9.0, 9.0, 0.0
        for character, value in (("A", -9.0), ("B", 9.0)):
            row = CHARACTERS.index(character)
            E[row, i], E[row, f], E[row, g] = 18.0, -18.0, value
    W[:, DECOY] = 0.0
    W[:, CARRIER] = 0.0
    params["W_y"][:, [CARRIER, DECOY]] = 0.0
    verbs = [CHARACTERS.index(verb) for verb in "pq"]
    params["W_y"][verbs] = 0.0
    params["W_y"][verbs, CARRIER] = -4.0, 4.0
    params["b_y"][verbs] = 0.0
    return model


def planted_pairs(count: int = 24) -> list[Pair]:
    """As many items, each in both numbers: half of them long, half of those incongruent."""
    rng = np.random.default_rng(2)
    pairs = []
    for item in range(count):
        length = 30 if item % 2 else 3
        filler = "".join(rng.choice(list("xyz"), length))
        for reading in (0, 1):
            subject, good, bad = ("A", "p", "q") if reading == 0 else ("B", "q", "p")
            start = f"xx {subject} {filler} "
            number = ("singular", "plural")[reading]
            congruent = None if length == 3 else (item // 2 + reading) % 2 == 0
            pairs.append(
                Pair(f"{start}{good}.", f"{start}{bad}.", "planted", str(item), number, congruent)
            )
    return pairs


def write_planted_run(run: Path) -> Path:
    """A run folder whose model is the planted one; its training text is gone."""
    run.mkdir(parents=True)
    save_planted(run / "best.npz")
    return run


def save_planted(path: Path, update: int = 0, *, wrong: bool = False) -> None:
    """A checkpoint of the planted model; one that is `wrong` takes each verb for the other."""
    config = Config(
        corpus=("gone.txt",), hidden_size=H, dropout=0.0, lr=0.01, batch_size=4, seq_length=17
    )
    model = Parameters(Architecture("lstm", {}, H, 1), len(CHARACTERS))
    model.flat[:] = planted_model().flat
    if wrong:
        model.by_name["W_y"][:, CARRIER] *= -1.0
    text = EncodedText("0" * 64, "gone.ids", 1000)
    progress = Progress(update, seconds=update / 4, best_val=1.25, last_val=update + 0.5)
    arrays = arrays_of(model, {}, [])
    save(path, Checkpoint(config, VOCABULARY, progress, text, None, arrays))
