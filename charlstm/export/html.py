"""A page that holds a model and runs it: it writes as one types, and shows its units at work."""

import json
from collections.abc import Mapping

import numpy as np

from charlstm.nn.parameters import Parameters
from charlstm.nn.recording import record
from charlstm.output.page.network import network_page
from charlstm.sampler import Filters, generate
from charlstm.studies.inspect.salience import salient_units
from charlstm.text.vocabulary import Vocabulary

SAMPLE = 300  # characters that the model writes to choose the unit shown first
SALIENT = 64  # units of a layer in order of salience


def encode(parameters: Parameters, about: Mapping[str, str]) -> bytes:
    """The page, in UTF-8.

    Raises:
        ExportError: as `network_page`.
    """
    vocabulary = Vocabulary.from_header(json.loads(about["vocabulary"]))
    shape = parameters.architecture
    salient = _salient_units(parameters, vocabulary)
    return network_page(
        parameters,
        vocabulary,
        title=f"A {vocabulary.unit} model at work",
        about=(
            f"{shape.cell}, {shape.num_layers} × {shape.hidden_size} units"
            f"{shape.looks_back}, {parameters.num_parameters:,} parameters, "
            f"{vocabulary.size} {vocabulary.unit}s"
        ),
        text="",
        start=(shape.num_layers - 1, salient[-1][0]),
        salient=salient,
    )


def _salient_units(parameters: Parameters, vocabulary: Vocabulary) -> list[list[int]]:
    """The most salient units of each layer on a text of the model's own."""
    prime = vocabulary.encode("\n").astype(np.intp)
    drawn = generate(parameters, prime, SAMPLE, Filters(temperature=0.7), [1])
    ids = np.array([prime[0], *(ids[0] for ids in drawn)], np.intp)
    cell, states = parameters.cell, record(parameters, ids[:, None]).states
    return [
        salient_units(cell.shown_memory(layer[cell.memory][:, :, 0]), SALIENT) for layer in states
    ]
