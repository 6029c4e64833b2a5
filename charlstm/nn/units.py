"""The name of a unit, `0:78`: its layer and its number there, both counted from 0."""

from operator import index

from charlstm.errors import CharlstmError, ConfigError, shortened
from charlstm.nn.parameters import Architecture


def unit_name(unit: tuple[int, int]) -> str:
    """0:78 for unit 78 of layer 0."""
    return f"{unit[0]}:{unit[1]}"


def checked_unit(architecture: Architecture, unit: tuple[int | None, int]) -> tuple[int, int]:
    """A (layer, unit) that the network has; the layer None stands for the last one.

    Raises:
        ConfigError: if it is no pair of whole numbers.
        CharlstmError: if there is no such layer or unit; it names the ranges.
    """
    layers, H = architecture.num_layers, architecture.hidden_size
    try:
        layer, number = (layers - 1 if place is None else index(place) for place in unit)
    except (TypeError, ValueError):
        shown = shortened(repr(unit))
        raise ConfigError(
            f"a unit is two whole numbers, (layer, unit) such as (0, 78), not {shown}"
        ) from None
    if not (0 <= layer < layers and 0 <= number < H):
        of_this = f"the layers of this model are 0 to {layers - 1} and each has"
        has = of_this if layers > 1 else "this model has layer 0 with"
        raise CharlstmError(f"there is no unit {layer}:{number}; {has} units 0 to {H - 1}")
    return layer, number
