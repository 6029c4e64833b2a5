"""The rows of `metrics.csv`, as text and as numbers, also where a spreadsheet has saved them."""

import math
import os
from pathlib import Path

import pytest

from charlstm.errors import RunError
from charlstm.nn.cells import CELLS
from charlstm.progress import Sums
from charlstm.store.metrics import COLUMNS, SATURATED, Metrics, read, read_numbers

OURS = """update,characters,epoch,seconds,train_nats,val_nats,lr,grad_norm,clipped
5,480,0.2,1.25,2.5,2.25,0.02,0.75,0
10,960,0.4,2.5,2.125,,1e-05,0.5,0.2
"""
OLD = len(OURS.splitlines()[0].split(","))  # columns of the earlier versions, which wrote this
WITH_COMMAS = OURS.replace(",", ";").replace(".", ",")
SAVED_AGAIN = {
    "as it was": OURS.encode(),
    "a byte order mark": OURS.encode("utf-8-sig"),
    "lines of Windows": OURS.replace("\n", "\r\n").encode("utf-8-sig"),
    "lines of an old Mac": OURS.replace("\n", "\r").encode(),
    "semicolons": WITH_COMMAS.encode("utf-8-sig"),
    "tabs in UTF-16": WITH_COMMAS.replace(";", "\t").replace("\n", "\r\n").encode("utf-16"),
    "UTF-16, the high byte first": b"\xfe\xff" + OURS.encode("utf-16-be"),
    "quotes": "".join(
        ",".join(f'"{field}"' for field in line.split(",")) + "\n" for line in OURS.splitlines()
    ).encode(),
    "decimal commas in quotes": "".join(
        ",".join(f'"{field}"' for field in line.split(";")) + "\n"
        for line in WITH_COMMAS.splitlines()
    ).encode(),
    "columns turned round": "".join(
        ",".join(reversed(line.split(","))) + "\n" for line in OURS.splitlines()
    ).encode(),
    "empty rows and columns": OURS.replace("\n", ",,\n").encode() + b",,,,,,,,,,\n\n",
    "no end of the last line": OURS.removesuffix("\n").encode(),
    "blanks": OURS.replace(",", ", ").encode(),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.csv"


def test_numbers_are_those_that_were_added(path: Path) -> None:
    row: dict[str, float | None] = {name: n + 0.5 for n, name in enumerate(COLUMNS)}
    row |= {"update": 3, "characters": 40}
    Metrics(path.parent, 0).add(row)
    assert read_numbers(path) == [row]


@pytest.mark.parametrize("how", SAVED_AGAIN)
def test_what_a_spreadsheet_saves_is_read_and_kept(path: Path, how: str) -> None:
    path.write_bytes(SAVED_AGAIN[how])
    first, second = read_numbers(path)
    assert list(first.values())[:OLD] == [5, 480, 0.2, 1.25, 2.5, 2.25, 0.02, 0.75, 0]
    assert (second["update"], second["lr"], second["clipped"]) == (10, 1e-5, 0.2)
    assert math.isnan(second["val_nats"])
    Metrics(path.parent, 10).add(dict.fromkeys(COLUMNS, 11))
    head, *rows = OURS.splitlines()
    kept = [",".join([head, *COLUMNS[OLD:]]), *(row + "," * len(COLUMNS[OLD:]) for row in rows)]
    new = ",".join(["11"] * len(COLUMNS))
    assert path.read_text(encoding="utf-8") == "\n".join([*kept, new, ""])


def test_the_columns_of_earlier_versions_come_first_in_their_order() -> None:
    assert ",".join(COLUMNS[:OLD]) == OURS.splitlines()[0]


def test_every_gate_has_a_column_of_its_saturation() -> None:
    gates = {gate for cell in CELLS.values() for gate in cell().sigmoids}
    assert {SATURATED + gate for gate in gates} == {c for c in COLUMNS if c.startswith(SATURATED)}


def test_a_column_that_a_row_does_not_have_stays_empty(path: Path) -> None:
    Metrics(path.parent, 0).add({"update": 3, "lr": 0.5})
    assert read(path) == [{**dict.fromkeys(COLUMNS, ""), "update": "3", "lr": "0.5"}]


def test_further_columns_stay(path: Path) -> None:
    head, first, second = OURS.splitlines()
    noted = f'{head},note,\n{first},"a, b\nc",\n{second},,\n'
    path.write_text(noted, encoding="utf-8")
    Metrics(path.parent, 10).add(dict.fromkeys(COLUMNS, 11))
    assert [row["note"] for row in read(path)] == ["a, b\nc", "", ""]
    assert [row["update"] for row in read(path)] == ["5", "10", "11"]


def test_empty_and_missing_fields_are_nan(path: Path) -> None:
    path.write_text("update,val_nats,lr\n5,,1e-3\n9,nan,\n", encoding="utf-8")
    first, second = read_numbers(path)
    assert (first["update"], first["lr"]) == (5.0, 1e-3)
    gaps = (first["val_nats"], first["seconds"], second["val_nats"], second["lr"])
    assert all(math.isnan(value) for value in gaps)


@pytest.mark.parametrize("last", ["7", "7,", "7,a", "7,1,2", "x,1"])
def test_a_last_row_that_was_cut_off_does_not_count(path: Path, last: str) -> None:
    path.write_text(f"update,val_nats\n5,2\n{last}", encoding="utf-8")
    assert [row["update"] for row in read(path)] == (["5", "7"] if last == "7," else ["5"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\0\n", "its first line names no column 'update'"),
        ("a,b\n1,2\n", "its first line names no column 'update'"),
        ("update\ninf\n5\n", "line 2: update is 'inf', not a whole number"),
        ("update\n5\n-1\n", "line 3: update is '-1', not a whole number"),
        ("update,lr\n1,2\n,2\n", "line 3: update is '', not a whole number"),
        ('update,lr\n"1,234",2\n', "line 2: update is '1,234', not a whole number"),
        ("update,lr\n5,x\n6,1\n", "line 2: lr is 'x', not a number"),
        ("update;lr\n5;01. Mai\n", "line 2: lr is '01. Mai', not a number"),
        ("update,lr\n5\n6,1\n", "line 2: it has 1 fields, not 2"),
        ("update,lr\n5,1,2\n", "line 2: it has 3 fields, not 2"),
        ("update,lr\n5,1.5,2\n6,1", "line 2: it has 3 fields, not 2"),
        ('update,lr\n5,"1\n6,1\n', "unexpected end of data"),
        ("update,note\n5,\udcfc\n", "it is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_refused_and_stays(path: Path, text: str, reason: str) -> None:
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    for use in (read, read_numbers, lambda path: Metrics(path.parent, 9)):
        with pytest.raises(RunError) as error:
            use(path)
        assert f"{str(path)!r}: {reason}; mend it and save it as CSV" in str(error.value)
    assert path.read_text(encoding="utf-8", errors="surrogateescape") == text


def test_a_file_that_cannot_be_opened_is_named(path: Path) -> None:
    path.mkdir()
    with pytest.raises(RunError, match="cannot read"):
        Metrics(path.parent, 5)


@pytest.mark.parametrize("text", [None, "", "\n", ",,\n", "update,lr\n"])
def test_no_file_and_an_empty_one_have_no_rows(path: Path, text: str | None) -> None:
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert not read(path)
    assert not read_numbers(path)


def test_means_are_over_the_updates_that_were_counted() -> None:
    sums = Sums()
    sums.add(2.0, 0.5, clipped=True)
    sums.add(1.0, 1.0, clipped=False)
    assert sums.means() == {"train_nats": 1.5, "grad_norm": 0.75, "clipped": 0.5}


def test_only_rows_up_to_the_checkpoint_stay(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path, 0)
    for update in (1, 2, 3, 4):
        metrics.add(dict.fromkeys(COLUMNS, update))
    Metrics(tmp_path, 2).add(dict.fromkeys(COLUMNS, 9.0))
    assert [row["update"] for row in read_numbers(tmp_path / "metrics.csv")] == [1, 2, 9]


def test_a_pipe_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "metrics.csv")
    with pytest.raises(RunError, match=r"it is no regular file; .* or move it away"):
        read(tmp_path / "metrics.csv")
