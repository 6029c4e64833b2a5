"""What if: options that switch units off, or hold a gate of one, in the model of a command."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from click.types import FuncParamType

from charlstm.api import Model
from charlstm.api.predicting import Predicting
from charlstm.cli.blend import blend_record
from charlstm.cli.terminal import note
from charlstm.cli.units import UNIT
from charlstm.nn.units import checked_unit, unit_name

Command = TypeVar("Command", bound=Callable[..., Any])
Named = tuple[int | None, int]  # a unit as UNIT reads it
Held = tuple[Named, str, float]


def _held_gate(text: str) -> Held:
    """((0, 78), "f", 0.0) of `0:78:f=0`."""
    parts = re.fullmatch(r"([0-9:]+):([^:=]+)=([^=]+)", text)
    try:
        unit, gate, value = parts.groups() if parts else ("", "", "")
        held = float(value)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} holds no gate; write layer:unit:gate=value, such as 0:78:f=0."
        ) from None
    return UNIT.convert(unit, None, None), gate, held


HELD = FuncParamType(_held_gate)
HELD.name = "layer:unit:gate=value"

ablate_option = click.option(
    "--ablate",
    type=UNIT,
    multiple=True,
    help="Let nothing read this unit; repeatable.",
)
hold_option = click.option(
    "--hold",
    type=HELD,
    multiple=True,
    help="Hold a gate of a unit at a value; repeatable.",
)


def what_if(model: Model, ablate: tuple[Named, ...] = (), hold: tuple[Held, ...] = ()) -> Model:
    """The model with these units ablated and these gates held; a note says so.

    Raises:
        CharlstmError: for a unit or gate that is not there, or a value that the gate cannot have.
    """
    shape = model.parameters.architecture
    held: dict[tuple[tuple[int, int], str], float] = {}
    for named, gate, value in hold:
        place = checked_unit(shape, named), gate
        if place in held:
            raise click.UsageError(f"--hold names gate {gate} of {unit_name(place[0])} twice.")
        held[place] = value
    model = model.ablate(*(checked_unit(shape, unit) for unit in ablate))
    for (unit, gate), value in held.items():
        model = model.hold(unit, **{gate: value})
    if model.changes:
        note(f"the model is changed: {', '.join(model.changes)}")
    return model


def with_changes(mapping: Mapping[str, Any], model: Predicting) -> dict[str, Any]:
    """A result for JSON that says how the model was changed, and what was blended, if it was."""
    about = {"changes": list(model.changes), "blend": blend_record(model)}
    return {**mapping, **{name: value for name, value in about.items() if value}, **mapping}
