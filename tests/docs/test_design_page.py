"""docs/design.md names files that exist, and its picture shows the package."""

import re

from repository import ROOT

PACKAGE = ROOT / "charlstm"
PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")


def test_every_file_that_the_page_names_exists() -> None:
    names = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]*(?:\.py)?|[a-z_]+\.py)`", PAGE))
    assert len(names) > 15
    for name in names:
        assert (PACKAGE / name).exists() or (ROOT / name).exists(), name


def test_the_picture_shows_every_folder_and_every_file_of_the_core() -> None:
    picture = PAGE.split("```")[1]
    words = set(re.findall(r"[a-z_]+", picture))
    folders = {path.parent.name for path in PACKAGE.rglob("*.py")} - {"charlstm", "page"}
    files = {path.stem for path in PACKAGE.glob("*.py")}
    for folder in ("nn", "training"):
        files |= {path.stem for path in (PACKAGE / folder).glob("*.py")}
    missing = (folders | files) - words - {"__init__", "__main__"}
    assert not missing
