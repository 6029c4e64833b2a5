"""Options that several commands share, and those made from the table of settings."""

import math
import os
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import Field
from typing import Any, TypeVar, get_args

import click

from charlstm.api import Model, load
from charlstm.api.predicting import Predicting
from charlstm.cli.exclusions import refuse_without_effect
from charlstm.cli.terminal import note, print_json
from charlstm.errors import CharlstmError, ConfigError
from charlstm.exclusions import BYTES
from charlstm.nn.parameters import Architecture
from charlstm.output.terminal import Depth, best_depth, depth
from charlstm.setting import checked
from charlstm.text.shown import printable
from charlstm.text.unknown import unknown_words

Command = TypeVar("Command", bound=Callable[..., Any])

run_option = click.option(
    "--run",
    "-r",
    metavar="PATH",
    help="Run folder or checkpoint.  [default: the newest under runs/]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")

color_option = click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    show_default=True,
    help="Colours; auto heeds NO_COLOR and pipes.",
)


class NumberRange(click.FloatRange):
    """A number in a range, which NaN is not in."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number that a text says."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return number


def color_depth(choice: str) -> Depth:
    """How many colours --color means here."""
    if choice == "never":
        return Depth.NONE
    if choice == "always":
        return best_depth(os.environ)
    return depth(os.environ, sys.stdout.isatty())


def load_model(run: str | None) -> Model:
    """The model that --run names; without --run the newest one, which a note then names."""
    model = load(run)
    if model.vocabulary.tokens == "byte":
        refuse_without_effect(click.get_current_context(), **{BYTES: True})
    if run is None:
        note(f"using {model.path.parent}")
    return model


def setting_options(settings: Iterable[Field[Any]]) -> Callable[[Command], Command]:
    """Add one option for each setting; its value is None where the option is not given."""

    def decorate(command: Command) -> Command:
        for setting in reversed(list(settings)):
            command = _option(setting)(command)
        return command

    return decorate


def _option(setting: Field[Any]) -> Callable[[Command], Command]:
    kind, *_ = (
        get_args(setting.type) if isinstance(setting.type, types.UnionType) else [setting.type]
    )
    choices: Sequence[str] | None = setting.metadata["choices"]
    text: str = setting.metadata["help"]
    name = setting.name.replace("_", "-")
    option = f"--{name}/--no-{name}" if kind is bool else f"--{name}"
    if setting.default is not None and "[default:" not in text:
        text += f"  [default: {f'no-{name}' if setting.default is False else setting.default}]"

    def check(ctx: click.Context, parameter: click.Parameter, value: object) -> object:
        del ctx, parameter
        try:
            return None if value is None else checked(setting, value)
        except ConfigError as error:
            raise click.BadParameter(str(error)) from error

    return click.option(
        option,
        setting.name,
        type=click.Choice(choices) if choices else kind,
        callback=check,
        default=None,
        help=text,
    )


def checked_layer(architecture: Architecture, layer: int | None) -> int:
    """The layer that --layer names, the last one without it.

    Raises:
        CharlstmError: if there is no such layer; it names the range.
    """
    count = architecture.num_layers
    if layer is None:
        return count - 1
    if not 0 <= layer < count:
        raise CharlstmError(f"there is no layer {layer}; this model has layers 0 to {count - 1}")
    return layer


def warn_unseen(model: Predicting, text: str | bytes) -> None:
    """Print a note that names the characters of `text` which the model reads as unknown."""
    unseen = model.vocabulary.unseen(text)
    if unseen:
        note(unknown_words(model.vocabulary, unseen))


def show(as_json: bool, mapping: Mapping[str, Any], lines: Iterable[str]) -> None:
    """Print a result: its mapping as one JSON object, or else its lines."""
    if as_json:
        print_json(mapping)
        return
    for line in lines:
        click.echo(printable(line))
