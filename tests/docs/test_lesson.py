"""docs/lesson.ipynb runs from its first cell to its last, and can be read as it is stored."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from notebooks import execute, read
from repository import ROOT

LESSON = ROOT / "docs" / "lesson.ipynb"
STORED = json.loads(LESSON.read_text(encoding="utf-8"))
CODE = [cell for cell in STORED["cells"] if cell["cell_type"] == "code"]


def kinds(cells: list[Any]) -> list[list[str]]:
    """The kinds of output of each cell."""
    return [[output["output_type"] for output in cell["outputs"]] for cell in cells]


@pytest.mark.slow
def test_the_lesson_runs_and_what_it_asserts_is_true(tmp_path: Path) -> None:
    cells = [cell for cell in execute(read(LESSON), tmp_path).cells if cell["cell_type"] == "code"]
    assert kinds(cells) == kinds(CODE)
    for cell in cells:
        assert all(output.get("name") != "stderr" for output in cell["outputs"])


def test_the_lesson_has_the_outputs_of_one_run_from_top_to_bottom() -> None:
    assert [cell["execution_count"] for cell in CODE] == list(range(1, len(CODE) + 1))
    assert all(cell["outputs"] for cell in CODE)
    assert not any(
        "stderr" in str(output.get("name")) for cell in CODE for output in cell["outputs"]
    )


def test_the_lesson_is_small_and_knows_no_machine_and_no_time() -> None:
    assert LESSON.stat().st_size < 500_000
    assert set(STORED["metadata"]) == {"kernelspec", "language_info"}
    assert all(cell["metadata"] == {} for cell in STORED["cells"])
    shown = json.dumps([cell["outputs"] for cell in CODE])
    assert not re.search(r"/(tmp|home|root|Users)/|\\d (s|seconds) |Warning", shown)


def test_the_links_of_the_lesson_lead_somewhere() -> None:
    text = "".join(line for cell in STORED["cells"] for line in cell["source"])
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links
    for link in links:
        assert (LESSON.parent / link).exists(), link
