"""The option --dynamic of `charlstm eval`: the weights follow the text, and how that is said."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

import click

from charlstm.api.moving import dynamic_score
from charlstm.api.predicting import Predicting
from charlstm.cli.options import setting_options
from charlstm.cli.progress import counting_bar
from charlstm.dynamic import SEGMENT, Dynamic
from charlstm.score import TextScore
from charlstm.text.vocabulary import Ids

Command = TypeVar("Command", bound=Callable[..., Any])


def dynamic_options(command: Command) -> Command:
    """The options --dynamic, a flag, and its settings, which are None where they are not given."""
    flag = click.option(
        "--dynamic",
        is_flag=True,
        help="Score once more, with weights that follow the text while it is read.",
    )
    return flag(setting_options(fields(Dynamic))(command))


def settings_of(given: Mapping[str, Any]) -> Dynamic:
    """The settings that are `given`, and the defaults of the others."""
    return Dynamic(**{name: value for name, value in given.items() if value is not None})


def scored_dynamically(model: Predicting, ids: Ids, settings: Dynamic, *, cut: bool) -> TextScore:
    """The score by weights that follow the text, under a progress bar.

    Raises:
        CharlstmError: if the weights cannot follow it.
    """
    with counting_bar(ids.size, model.vocabulary.unit) as progress:
        return dynamic_score(model, ids, settings, cut=cut, progress=progress)


def dynamic_line(score: TextScore, before: TextScore, settings: Dynamic, unit: str) -> str:
    """The score, what it is less than that of `before`, and the settings, in a line."""
    if unit == "byte":
        nats, bits, was = score.nats_per_byte, score.bits_per_byte, before.nats_per_byte
    else:
        nats, bits, was = score.nats_per_char, score.bits_per_char, before.nats_per_char
    short = {"character": "char"}.get(unit, unit)
    return (
        f"with --dynamic: {nats:.4f} nats/{short}, {bits:.4f} bits/{short}, "
        f"{score.perplexity:.4f} perplexity; {abs(was - nats):.4f} nats "
        f"{'less' if nats <= was else 'more'} (rate {settings.dynamic_rate:g}, decay "
        f"{settings.dynamic_decay:g}, a step each {SEGMENT} {unit}s)"
    )


def dynamic_mapping(settings: Dynamic) -> dict[str, Any]:
    """The settings for --json."""
    names = {name.removeprefix("dynamic_"): value for name, value in asdict(settings).items()}
    return {**names, "segment": SEGMENT}
