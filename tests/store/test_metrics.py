"""The rows of `metrics.csv`, as text and as numbers."""

import math
from pathlib import Path

from charlstm.store.metrics import COLUMNS, Metrics, read, read_numbers


def test_numbers_are_those_that_were_added(tmp_path: Path) -> None:
    row: dict[str, float | None] = {name: n + 0.5 for n, name in enumerate(COLUMNS)}
    Metrics(tmp_path, 0).add(row)
    assert read_numbers(tmp_path / "metrics.csv") == [row]


def test_empty_missing_and_damaged_fields_are_nan(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("update,val_nats,lr\n5,,1e-3\n9,1.5,x\n", encoding="utf-8")
    first, second = read_numbers(path)
    assert (first["update"], first["lr"], second["val_nats"]) == (5.0, 1e-3, 1.5)
    gaps = (first["val_nats"], first["seconds"], second["lr"])
    assert all(math.isnan(value) for value in gaps)


def test_rows_that_are_not_whole_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("update,val_nats\n-1,1\ninf,1\nx,1\n5,2\n7", encoding="utf-8")
    assert [row["update"] for row in read(path)] == ["5"]
    assert [row["update"] for row in read_numbers(path)] == [5.0]


def test_no_file_has_no_rows(tmp_path: Path) -> None:
    assert not read(tmp_path / "metrics.csv")
    assert not read_numbers(tmp_path / "metrics.csv")
