"""A checkpoint keeps the keys of its format, whatever the code calls what they name."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from repository import GOLDEN

from charlstm.checkpoint import load, save
from charlstm.errors import CheckpointError
from charlstm.progress import Course, Progress, Sums
from charlstm.store import archive

RUN = GOLDEN / "run-format1.npz"  # 20 updates by the first version; never make it anew


def test_a_checkpoint_of_the_first_version_is_written_again_as_it_was(tmp_path: Path) -> None:
    save(tmp_path / "again.npz", load(RUN))
    before, after = archive.load(RUN), archive.load(tmp_path / "again.npz")
    for part in ("vocabulary", "progress", "corpus", "val"):
        assert after.header[part] == before.header[part]
    assert list(after.header["progress"]) == list(before.header["progress"])
    assert list(after.arrays) == list(before.arrays)
    assert all((after.arrays[name] == array).all() for name, array in before.arrays.items())


def test_progress_has_the_keys_of_the_first_version() -> None:
    progress = Progress(20, 1.5, 4.0, 2.0, 2.5, validations_since_best=3, stopped_early=True)
    header = progress.to_header()
    assert header == {
        "update": 20,
        "seconds": 1.5,
        "start_loss": 4.0,
        "best_val": 2.0,
        "last_val": 2.5,
        "worse": 3,
        "early": True,
    }
    assert Progress.from_header(header) == progress


def test_sums_stand_where_earlier_versions_pass_over_them(tmp_path: Path) -> None:
    checkpoint = load(RUN)
    assert checkpoint.progress.since_row == Sums()
    checkpoint.progress.since_row.add(2.0, 0.5, clipped=True)
    save(tmp_path / "new.npz", checkpoint)
    header = archive.load(tmp_path / "new.npz").header
    before = archive.load(RUN).header
    assert header.keys() - before.keys() == {"since_row", "course"}
    assert header["progress"].keys() == before["progress"].keys()
    assert load(tmp_path / "new.npz").progress.since_row == Sums(1, 2.0, 0.5, clipped=1)


@pytest.mark.parametrize("sums", [{"updates": -1}, {"nats": float("nan")}, {"more": 1}, [], 3])
def test_sums_that_cannot_be_are_refused(tmp_path: Path, sums: object) -> None:
    found = archive.load(RUN)
    archive.save(tmp_path / "odd.npz", {**found.header, "since_row": sums}, found.arrays)
    with pytest.raises(CheckpointError, match="its header is not one of a training run"):
        load(tmp_path / "odd.npz")


def test_the_course_of_a_run_is_kept_and_that_of_an_earlier_version_begins(tmp_path: Path) -> None:
    checkpoint = load(RUN)
    assert checkpoint.progress.course == Course()
    course = Course(best_update=5, lowest_train=1.5, fall="apart", flat=True, stuck=2)
    checkpoint.progress.course = course
    save(tmp_path / "new.npz", checkpoint)
    assert load(tmp_path / "new.npz").progress.course == course


@pytest.mark.parametrize(
    "course", [{"best_update": -1}, {"fall": "up"}, {"stuck": 0.5}, {"flat": 1}, {"more": 1}, []]
)
def test_a_course_that_cannot_be_is_refused(tmp_path: Path, course: object) -> None:
    found = archive.load(RUN)
    archive.save(tmp_path / "odd.npz", {**found.header, "course": course}, found.arrays)
    with pytest.raises(CheckpointError, match="its header is not one of a training run"):
        load(tmp_path / "odd.npz")


@pytest.mark.parametrize("change", [{"stopped_early": True}, {"worse": 1.0}, {"early": 1}])
def test_progress_under_other_keys_or_of_other_types_is_refused(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    found = archive.load(RUN)
    header = {**found.header, "progress": {**found.header["progress"], **change}}
    archive.save(tmp_path / "odd.npz", header, found.arrays)
    with pytest.raises(CheckpointError, match="its header is not one of a training run"):
        load(tmp_path / "odd.npz")


def test_what_a_checkpoint_does_not_say_of_its_progress_is_as_at_the_start(tmp_path: Path) -> None:
    found = archive.load(RUN)
    archive.save(tmp_path / "brief.npz", {**found.header, "progress": {"update": 7}}, found.arrays)
    assert load(tmp_path / "brief.npz").progress == replace(Progress(), update=7)
