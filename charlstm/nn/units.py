"""The name of a unit, `0:78`: its layer and its number there, both counted from 0."""

from charlstm.errors import CharlstmError
from charlstm.nn.parameters import Architecture


def unit_name(unit: tuple[int, int]) -> str:
    """0:78 for unit 78 of layer 0."""
    return f"{unit[0]}:{unit[1]}"


def checked_unit(architecture: Architecture, unit: tuple[int | None, int]) -> tuple[int, int]:
    """A (layer, unit) that the network has; the layer None stands for the last one.

    Raises:
        CharlstmError: if there is no such layer or unit; it names the ranges.
    """
    layers, H = architecture.num_layers, architecture.hidden_size
    layer = layers - 1 if unit[0] is None else unit[0]
    if not (0 <= layer < layers and 0 <= unit[1] < H):
        of_this = f"the layers of this model are 0 to {layers - 1} and each has"
        has = of_this if layers > 1 else "this model has layer 0 with"
        raise CharlstmError(f"there is no unit {layer}:{unit[1]}; {has} units 0 to {H - 1}")
    return layer, unit[1]
