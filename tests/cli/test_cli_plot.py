"""`charlstm plot`: learning curves in the terminal, as numbers and as a picture."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from command_line import Runner

from charlstm.studies.curves import learning_curves


def test_json_and_files_hold_what_the_metrics_say(
    charlstm: Runner, tiny_run: Path, here: Path
) -> None:
    found = charlstm.ok("plot", tiny_run, tiny_run / "best.npz", "--json", "--save", "a.csv").json
    assert [run["update"] for run in found["runs"]] == [[20.0, 40.0, 60.0]] * 2
    assert len({run["name"] for run in found["runs"]}) == 2
    with (here / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (tiny_run / "metrics.csv").open(encoding="utf-8", newline="") as file:
        metrics = list(csv.DictReader(file))
    assert [float(row["val_nats"]) for row in rows[:3]] == [float(m["val_nats"]) for m in metrics]


def test_a_picture(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    pytest.importorskip("matplotlib")
    charlstm.ok("plot", tiny_run, "--save", "curves.svg")
    assert "learning rate" in (here / "curves.svg").read_text(encoding="utf-8")


def test_a_matplotlibrc_starts_no_programs(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    """One in the current folder is read, and may ask for LaTeX."""
    matplotlib = pytest.importorskip("matplotlib")
    charlstm.ok("plot", tiny_run, "--save=plain.svg")
    with matplotlib.rc_context({"text.usetex": True}):
        charlstm.ok("plot", tiny_run, "--save=asked.svg")
    assert (here / "asked.svg").read_bytes() == (here / "plain.svg").read_bytes()


def test_what_it_refuses(charlstm: Runner, here: Path) -> None:
    assert "no trained run" in charlstm.fails("plot")
    (here / "empty").mkdir()
    (here / "empty" / "config.yaml").write_text("cell: lstm\n", encoding="utf-8")
    assert "has no metrics yet" in charlstm.fails("plot", "empty")


def test_a_file_that_a_spreadsheet_saved_is_plotted_and_goes_on(
    charlstm: Runner, tiny_run: Path, here: Path
) -> None:
    run = Path(shutil.copytree(tiny_run, here / "runs" / "tiny"))
    before = charlstm.ok("plot", "tiny", "--json").json
    text = (run / "metrics.csv").read_text(encoding="utf-8")
    again = text.replace(",", ";").replace(".", ",").replace("\n", "\r\n")
    (run / "metrics.csv").write_text(again, encoding="utf-8-sig", newline="")
    assert charlstm.ok("plot", "tiny", "--json").json == before
    charlstm.ok("train", "--resume", run, "--max-steps=61")
    assert (run / "metrics.csv").read_text(encoding="utf-8").startswith(text)


def test_metrics_that_are_no_numbers_are_refused(
    charlstm: Runner, tiny_run: Path, here: Path
) -> None:
    run = Path(shutil.copytree(tiny_run, here / "runs" / "tiny"))
    for text, message in (
        ("update,characters\nlots,9\n", "line 2: update is 'lots', not a whole number; mend it"),
        ("step,loss\n1,2\n", "its first line names no column 'update'; mend it"),
        ("update,lr\n1,2\n", "has no column of 'characters' to plot over"),
    ):
        (run / "metrics.csv").write_text(text, encoding="utf-8")
        assert message in charlstm.fails("plot", "tiny")
        if "mend" in message:
            assert message in charlstm.fails("train", "--resume", run, "--max-steps=61")
        assert (run / "metrics.csv").read_text(encoding="utf-8") == text


def test_empty_fields_are_gaps(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(
        "update,characters,val_nats\n5,50,\n9,90,1.5\n", encoding="utf-8"
    )
    (run,) = learning_curves([tmp_path]).runs
    np.testing.assert_array_equal(run.columns["val_nats"], [np.nan, 1.5])
    assert np.isnan(run.columns["lr"]).all()
