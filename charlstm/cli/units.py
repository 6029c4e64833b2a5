"""How the command line reads the name of a unit, such as `0:78`."""

import re

import click
from click.types import FuncParamType


def _unit_named(name: str) -> tuple[int | None, int]:
    """(0, 78) of `0:78`, and (None, 78) of `78`, a unit of the last layer; for `checked_unit`."""
    match = re.fullmatch(r"(?:([0-9]{1,9}):)?([0-9]{1,9})", name)
    if not match:
        raise click.BadParameter(f"{name!r} names no unit; write layer:unit, such as 0:78.")
    layer, unit = match.groups()
    return None if layer is None else int(layer), int(unit)


UNIT = FuncParamType(_unit_named)
UNIT.name = "layer:unit"  # stands in capitals in the help
