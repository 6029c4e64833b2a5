"""What PyTorch is asked for golden values: which cells, how large, and which small exported models.

`golden/make.py` asks it once, and the tests compare with what it answered.
"""

from collections.abc import Iterable, Mapping
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


def exported_model(
    cell: str, options: Mapping[str, Any] | None = None, *, attention: int = 0
) -> Any:
    """A model of two layers as `charlstm.export.export` takes it; its weights are random.

    Without `options` it is one that PyTorch has. With attention it has three heads of two units.
    """
    options = CELLS[cell] if options is None else options
    size: dict[str, Any] = {"hidden_size": H, "num_layers": LAYERS}
    if attention:
        size |= {"hidden_size": 6, "attention": attention, "attention_heads": 3}
    network = random_model(cell, options, **size, vocabulary_size=VOCABULARY.size, dtype=np.float32)
    config = Config(cell=cell, cell_options=options, **size)
    return SimpleNamespace(parameters=network, config=config, vocabulary=VOCABULARY)


def answers(module: str, tensors: Mapping[str, NDArray[Any]], ids: Iterable[int]) -> NDArray[Any]:
    """What the module of PyTorch with this name answers to `ids`: logits (characters, V).

    It is written from the documentation of torch.nn.RNN, LSTM and GRU, so no torch is needed.
    Attention, which no module has, is as docs/export.md says.
    """
    layers = sum(name.startswith("weight_ih") for name in tensors)
    size = tensors["weight_hh_l0"].shape[1]
    h, c = np.zeros((2, layers, size))
    logits, outputs = [], np.empty((0, size))
    for number in ids:
        x = np.eye(tensors["weight_ih_l0"].shape[1])[number]
        for k in range(layers):
            ih, hh, b_ih, b_hh = (
                tensors[f"{name}_l{k}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            of_x, of_h = (np.split(a, len(a) // size) for a in (ih @ x + b_ih, hh @ h[k] + b_hh))
            if module == "RNN":
                h[k] = np.tanh(of_x[0] + of_h[0])
            elif module == "LSTM":
                i, f, g, o = (a + b for a, b in zip(of_x, of_h, strict=True))
                c[k] = sigmoid(f) * c[k] + sigmoid(i) * np.tanh(g)
                h[k] = sigmoid(o) * np.tanh(c[k])
            else:
                r, z = (sigmoid(a + b) for a, b in zip(of_x[:2], of_h[:2], strict=True))
                h[k] = (1.0 - z) * np.tanh(of_x[2] + r * of_h[2]) + z * h[k]
            x = h[k]
        if "attention.d" in tensors:
            W_a, b_a, d, v = (tensors[f"attention.{name}"] for name in ("W_a", "b_a", "d", "v"))
            m, q, z = outputs[: d.shape[1]], W_a @ x + b_a, x.copy()  # the newest first
            for own, d_r in zip(np.split(np.arange(size), len(d)), d, strict=True):
                odds = np.exp(m[:, own] @ q[own] / np.sqrt(len(own)) + d_r[: len(m)])
                z[own] += v[own] * (odds @ m[:, own]) / max(odds.sum(), 1e-9)
            outputs, x = np.stack([x, *outputs]), z
        logits.append(tensors["readout.weight"] @ x + tensors["readout.bias"])
    return np.array(logits)


def sigmoid(a: NDArray[Any]) -> NDArray[Any]:
    """1 / (1 + e^-a)."""
    return np.asarray(1.0 / (1.0 + np.exp(-a)))


def golden(prefix: str) -> dict[str, NDArray[Any]]:
    """PyTorch's answers under a prefix, by the rest of their names."""
    with np.load(SAVED, allow_pickle=False) as file:
        return {
            name.removeprefix(f"{prefix}/"): file[name]
            for name in file.files
            if name.startswith(f"{prefix}/")
        }
