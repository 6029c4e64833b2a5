"""A result is written in the form that the ending of its file names."""

import json
from pathlib import Path

import numpy as np
import pytest

from charlstm.output.write import save


class Everything:
    def to_table(self) -> tuple[list[str], list[list[object]]]:
        return ["name", "value"], [["a", np.float32(0.5)], ["b", float("nan")]]

    def to_mapping(self) -> dict[str, object]:
        return {"a": np.array([0.5, np.inf])}

    def to_page(self) -> bytes:
        return b"<!DOCTYPE html>"


def test_the_ending_decides_about_the_form(tmp_path: Path) -> None:
    for name in ("r.csv", "r.json", "r.HTML"):
        save(tmp_path / name, Everything())
    assert (tmp_path / "r.csv").read_text() == "name,value\na,0.5\nb,\n"
    assert json.loads((tmp_path / "r.json").read_text()) == {"a": [0.5, None]}
    assert (tmp_path / "r.HTML").read_bytes() == b"<!DOCTYPE html>"


@pytest.mark.parametrize("name", ["r.svg", "r.txt"])
def test_a_form_that_the_result_does_not_have_is_a_mistake_of_ours(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(TypeError, match="Everything has no form"):
        save(tmp_path / name, Everything())
    assert list(tmp_path.iterdir()) == []
