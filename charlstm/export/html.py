"""A page that holds a model and runs it: it reads, writes as one types, and shows its units."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from charlstm.api import Model
from charlstm.errors import CharlstmError, ExportError
from charlstm.nn.parameters import Parameters
from charlstm.nn.recording import record
from charlstm.nn.units import checked_unit
from charlstm.output.page.network import early_limit, network_page, page_limit
from charlstm.sampling import Filters, generate
from charlstm.studies.describe.equations import one_step
from charlstm.studies.inspect.salience import salient_units
from charlstm.text.shown import printable
from charlstm.text.vocabulary import Ids, Vocabulary

READ = 2000  # characters of the validation text that choose the unit shown first
SAMPLE = 300  # characters that the model writes instead where there is no such text
SALIENT = 64  # units of a layer in order of salience
PRIME = 120  # characters of a line of the text that the page begins with


@dataclass(frozen=True)
class PageOptions:
    """What a page begins with: None is what the model suggests.

    `settings` are values of its fields: `temperature`, `top-k`, `top-p`, `min-p`, `length`. Without
    `early` it has no weights that the run left on its way.
    """

    title: str | None = None
    prime: str | None = None
    unit: tuple[int | None, int] | None = None
    settings: Mapping[str, float] = field(default_factory=dict)
    early: bool = True


def model_page(model: Model, about: Mapping[str, str], options: PageOptions) -> bytes:
    """The page of a model, which begins with a line of its validation text.

    The unit in view first is the most salient one on that text.

    Raises:
        CharlstmError: if there is no such unit.
        ExportError: as `encode`, or if the prime is too long.
    """
    try:
        text = model.validation_ids()[:READ]
    except CharlstmError:  # the run has no validation text, or it is not there any more
        text = None
    validation = model.checkpoint.progress.last_val
    words = f", trained on {_names(model)}" * bool(model.config.corpus)
    if validation is not None:
        words += f"; validation {validation:.4f} nats/{model.config.tokens}"
    limit = early_limit(model.parameters) if options.early else 0
    return encode(model.parameters, about, options, text, words, model.on_the_way(limit))


def _names(model: Model) -> str:
    """The names of the training texts, without their folders."""
    names = [printable(Path(name).name) for name in model.config.corpus]
    return ", ".join(names[:3]) + ", …" * (len(names) > 3)


def encode(
    parameters: Parameters,
    about: Mapping[str, str],
    options: PageOptions | None = None,
    text: Ids | None = None,
    words: str = "",
    on_the_way: Sequence[tuple[int, Parameters]] = (),
) -> bytes:
    """The page, in UTF-8. It chooses what it begins with from the ids `text` (N,).

    `words` end the line about the model; `on_the_way` is as for `network_page`.

    Raises:
        CharlstmError: if there is no unit such as that of the options.
        ExportError: as `network_page`, or if the prime is too long.
    """
    options = options or PageOptions()
    vocabulary = Vocabulary.from_header(json.loads(about["vocabulary"]))
    shape, limit = parameters.architecture, page_limit(parameters)
    prime = _line(vocabulary, text) if options.prime is None else options.prime
    if vocabulary.encode(prime).size > limit:
        raise ExportError(
            f"the prime has {len(prime):,} characters, and a page of this network reads {limit:,}"
        )
    salient = _salient_units(parameters, vocabulary, text)
    unit = (None, salient[-1][0]) if options.unit is None else options.unit
    return network_page(
        parameters,
        vocabulary,
        title=options.title or f"A {vocabulary.unit} model at work",
        about=(
            f"{shape.cell}, {shape.num_layers} × {shape.hidden_size} units"
            f"{shape.looks_back}, {parameters.num_parameters:,} parameters, "
            f"{vocabulary.size} {vocabulary.unit}s{words}"
        ),
        text=prime,
        start=checked_unit(shape, unit),
        salient=salient,
        written=one_step(parameters.cell).written,
        settings=options.settings,
        on_the_way=on_the_way,
    )


def _line(vocabulary: Vocabulary, text: Ids | None) -> str:
    """The first line of a text with something in it, or as much of it as ends with a word."""
    lines = vocabulary.decode(text).split("\n")[1:] if text is not None else []
    line = next((line for line in lines if line.strip()), "")
    return line if len(line) <= PRIME else line[:PRIME].rpartition(" ")[0] or line[:PRIME]


def _salient_units(
    parameters: Parameters, vocabulary: Vocabulary, text: Ids | None
) -> list[list[int]]:
    """The most salient units of each layer on a text, or on one of the model's own."""
    prime = vocabulary.encode("\n").astype(np.intp)
    if text is None or not text.size:
        drawn = generate(parameters, prime, SAMPLE, Filters(temperature=0.7), [1])
        text = np.array([ids[0] for ids in drawn], np.intp)
    cell = parameters.cell
    states = record(parameters, np.concatenate([prime, text])[:, None]).states
    return [
        salient_units(cell.shown_memory(layer[cell.memory][:, :, 0]), SALIENT) for layer in states
    ]
