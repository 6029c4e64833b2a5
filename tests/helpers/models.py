"""Small untrained models with a vocabulary, for tests of what is seen inside them."""

from collections.abc import Mapping

import numpy as np

from charlstm.nn import Array, reference
from charlstm.nn.parameters import Architecture, Parameters, parameters_at
from charlstm.output.page.fixed_point import rounded
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
    attention_heads: int = 1,
) -> Parameters:
    """A model in float64 whose every weight is random and large, so that gates move."""
    architecture = Architecture(
        cell, options or {}, hidden_size, num_layers, attention, attention_heads
    )
    model = Parameters(architecture, len(CHARACTERS), dtype=np.float64)
    model.flat[:] = np.random.default_rng(3).normal(0.0, scale, model.size)
    return model


def looked_at(model: Parameters, text: str, head: int | None = None) -> list[Array]:
    """What each step looks at, by the reference: for each character of a text after a newline.

    The weights of the step that predicts it, oldest place first, the newline's among them; those of
    one head, or the mean.
    """
    state: dict[str, Array] | None = None
    H, M = model.architecture.hidden_size, model.architecture.attention
    memory = {"m": np.zeros((1, M, H)), "n": np.zeros(1)}
    found = []
    for k in VOCABULARY.encode("\n" + text)[:-1]:
        _, state = reference.run(model, np.array([[k]], np.intp), state)
        h = state["attention.m"][:, -1].T  # its own output, the newest that is carried on
        seen = int(memory["n"][0])
        _, p, memory = reference.look_back(parameters_at(model.by_name, "attention"), h, memory)
        p = p[:, 0, M - seen :]
        found.append(p.mean(axis=0) if head is None else p[head])
    return found


def as_exported(model: Parameters) -> Parameters:
    """The model as a page has it, with weights of 16 bits."""
    copy = Parameters(
        model.architecture, model.vocabulary_size, dtype=np.float64, reset_at=model.reset_at
    )
    for name, value in model.by_name.items():
        copy.by_name[name][...] = rounded(value)
    return copy
