"""`charlstm describe`: a network's equations with the shape of every tensor."""

from typing import Any

import click

from charlstm.checkpoint import architecture_of
from charlstm.cli.exclusions import Command
from charlstm.cli.options import json_option, load_model, setting_options, show
from charlstm.config import SETTINGS, from_mapping
from charlstm.errors import ConfigError, CorpusError
from charlstm.nn.cells import CELLS, cell_options
from charlstm.studies.describe.lines import lines
from charlstm.studies.describe.network import Description, describe
from charlstm.text.decoding import read_text
from charlstm.text.vocabulary import unit_of
from charlstm.training.defaults import SHORT, choose

SHAPE = ("hidden_size", "num_layers", "attention", "attention_heads")
NAMES = (*SHAPE, "batch_size", "tokens", "encoding")
VOCABULARY = 65  # Tiny Shakespeare's


@click.command(cls=Command)
@click.option("--run", "-r", metavar="PATH", help="Describe this run's network.")
@click.option("--cell", type=click.Choice(list(CELLS)), help="Recurrent cell.  [default: lstm]")
@setting_options([*(SETTINGS[name] for name in NAMES), *cell_options().values()])
@click.option(
    "--vocabulary",
    type=click.IntRange(1, 0x110000),
    metavar="V",
    help=f"How many characters it knows.  [default: {VOCABULARY}]",
)
@click.option("--corpus", multiple=True, metavar="FILE", help="Count the characters of this text.")
@json_option
def command(
    run: str | None,
    vocabulary: int | None,
    corpus: tuple[str, ...],
    as_json: bool,
    **flags: Any,
) -> None:
    """Show every tensor of one step with its shape and the product that makes it.

    \b
    charlstm describe --cell gru --num-layers 2
    charlstm describe --run runs/corpus

    It also shows the parameters of each gate, bytes, and operations for each character.
    """  # noqa: D301 - click's \b is the character itself
    given = {name: value for name, value in flags.items() if value is not None}
    if run is None:
        description = _from_options(given, vocabulary, corpus)
    else:
        model = load_model(run)
        description = describe(
            model.parameters.architecture,
            model.vocabulary.size,
            model.config.batch_size,
            model.vocabulary.unit,
            lines=model.config.lines,
        )
    show(as_json, description.to_mapping(), lines(description))


def _from_options(
    given: dict[str, Any], vocabulary: int | None, corpus: tuple[str, ...]
) -> Description:
    """The network that the options ask for; the defaults are those for a short text."""
    try:
        config = choose(from_mapping(given, cell_options()), SHORT)
        architecture = architecture_of(config)
        architecture.make_cell()
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    if config.tokens == "byte":
        vocabulary = vocabulary or 256
    elif corpus:
        vocabulary = len(set[str | int]().union(*read_text(corpus, encoding=config.encoding)))
        if not vocabulary:
            raise CorpusError(f"{', '.join(corpus)} is empty; name a text with characters")
    unit = unit_of(config.tokens)
    return describe(architecture, vocabulary or VOCABULARY, config.batch_size, unit)
