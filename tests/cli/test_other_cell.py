"""The checkpoint of one cell is not taken up as another's: one line says which cell it is of."""

from dataclasses import replace
from pathlib import Path

import pytest
from command_line import TINY, Runner

from charlstm.checkpoint import load
from charlstm.store import archive

TRAIN = ("train", "text.txt", *TINY[1:], "--max-steps=2")


@pytest.fixture
def gru(charlstm: Runner, here: Path) -> Path:
    charlstm.ok(*TRAIN, "--hidden-size=8", "--cell=gru", "--out=gru")
    return here / "gru"


@pytest.fixture
def peephole(charlstm: Runner, here: Path) -> Path:
    charlstm.ok(*TRAIN, "--hidden-size=8", "--cell=peephole", "--peepholes=if", "--out=peephole")
    return here / "peephole"


@pytest.mark.parametrize(
    "flag", ["--cell=lstm", "--gru-reset=after", "--num-layers=2", "--attention=3"]
)
def test_resume(charlstm: Runner, gru: Path, flag: str) -> None:
    before = (gru / "last.npz").read_bytes()
    message = charlstm.fails("train", "--resume", gru, "--max-steps=4", flag, status=2)
    name, _, _ = flag.partition("=")
    assert message == (
        f"{name} cannot change when a run is resumed; it is a network of another shape (gru, 1 "
        f"layer of 8 units, char tokens), so start a new one without --resume."
    )
    assert (gru / "last.npz").read_bytes() == before


def test_resume_as_what_it_is(charlstm: Runner, gru: Path) -> None:
    same = ("--cell=gru", "--gru-reset=before", "--hidden-size=8")
    charlstm.ok("train", "--resume", gru, "--max-steps=4", *same)
    assert load(gru / "last.npz").progress.update == 4


def test_a_config_takes_the_cell_of_old_weights(charlstm: Runner, gru: Path) -> None:
    Path("my.yaml").write_text("max_steps: 1", encoding="utf-8")
    flags = ("text.txt", "--workers=1", "--out=new", "--init-from", gru, "--config=my.yaml")
    charlstm.ok("train", *flags)
    assert load(Path("new/last.npz")).config.cell == "gru"


@pytest.mark.parametrize(
    ("flags", "asked"),
    [
        (["--cell=lstm"], "lstm, 1 layer of 8 units"),
        (["--gru-reset=after"], "gru gru_reset=after, 1 layer of 8 units"),
        (["--attention=3"], "gru, 1 layer of 8 units, attention of 4 heads over 3 outputs"),
    ],
)
def test_init_from(charlstm: Runner, gru: Path, flags: list[str], asked: str) -> None:
    message = charlstm.fails(*TRAIN, "--init-from", gru, "--out=new", *flags)
    assert message == (
        f"'{gru}/best.npz' is a network of another shape (gru, 1 layer of 8 units) than asked "
        f"for ({asked}); ask for its shape, or leave out --init-from."
    )
    assert not Path("new").exists()


def test_init_from_does_not_speak_of_options_that_nobody_gave(
    charlstm: Runner, peephole: Path
) -> None:
    message = charlstm.fails(*TRAIN, "--init-from", peephole, "--cell=lstm", "--out=new")
    assert "another shape (peephole peepholes=if, 1 layer of 8 units)" in message
    assert "than asked for (lstm, 1 layer of 8 units)" in message
    charlstm.ok(*TRAIN, "--init-from", peephole, "--out=same")
    assert load(Path("same/best.npz")).config.cell_options == {"peepholes": "if"}


@pytest.mark.usefixtures("here")
def test_attention_is_part_of_the_shape(charlstm: Runner) -> None:
    charlstm.ok(*TRAIN, "--hidden-size=8", "--attention=6", "--out=old")
    again = ("train", "--resume=old", "--max-steps=4")
    for other in ("--attention=7", "--attention=0", "--attention-heads=2"):
        message = charlstm.fails(*again, other, status=2)
        assert "1 layer of 8 units, attention of 4 heads over 6 outputs, char tokens" in message
        message = charlstm.fails(*TRAIN, "--init-from=old", "--out=new", other)
        assert (
            "another shape (lstm, 1 layer of 8 units, attention of 4 heads over 6 outputs)"
            in message
        )
    charlstm.ok(*again, "--attention=6")
    charlstm.ok(*TRAIN, "--init-from=old", "--out=new")
    assert load(Path("new/best.npz")).config.attention == 6


def test_init_from_with_a_default_given(charlstm: Runner, gru: Path) -> None:
    charlstm.ok(*TRAIN, "--init-from", gru, "--gru-reset=before", "--out=new")


def test_a_header_that_names_another_cell(charlstm: Runner, gru: Path) -> None:
    for name in ("best.npz", "last.npz"):
        found = archive.load(gru / name)
        config = found.header["config"] | {"cell": "lstm"}
        changed = replace(found, header=found.header | {"config": config})
        archive.save(gru / name, changed.header, changed.arrays)
    for arguments in (
        ("train", "--resume", gru, "--max-steps=4"),
        ("sample", "--run", gru),
        (*TRAIN, "--init-from", gru, "--out=new"),
    ):
        message = charlstm.fails(*arguments)
        assert "it was made by another network or program" in message
