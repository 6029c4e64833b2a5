"""The name of a unit on the command line."""

import click
import pytest

from charlstm.cli.units import UNIT
from charlstm.errors import CharlstmError
from charlstm.nn.parameters import Architecture
from charlstm.nn.units import checked_unit

DEEP = Architecture(num_layers=2, hidden_size=128)


@pytest.mark.parametrize(
    ("name", "unit"), [("0:78", (0, 78)), ("1:0", (1, 0)), ("78", (1, 78)), ("0:007", (0, 7))]
)
def test_a_name_says_layer_and_unit_and_a_number_alone_is_of_the_last_layer(
    name: str, unit: tuple[int, int]
) -> None:
    assert checked_unit(DEEP, UNIT.convert(name, None, None)) == unit


@pytest.mark.parametrize(
    "name", ["0.78", "-1", "0:-1", ":3", "3:", "0:1:2", "cat", "", "²", "9" * 5000]
)
def test_what_names_no_unit_is_told_how_to_write_one(name: str) -> None:
    with pytest.raises(click.BadParameter, match="write layer:unit, such as 0:78"):
        UNIT.convert(name, None, None)


@pytest.mark.parametrize("unit", [(0, 500), (2, 0), (-1, 0), (0, -1), (None, 128)])
def test_a_unit_that_is_not_there_is_refused_with_the_ranges(unit: tuple[int | None, int]) -> None:
    name = f"{1 if unit[0] is None else unit[0]}:{unit[1]}"
    has = "the layers of this model are 0 to 1 and each has units 0 to 127"
    with pytest.raises(CharlstmError, match=f"^there is no unit {name}; {has}$"):
        checked_unit(DEEP, unit)
