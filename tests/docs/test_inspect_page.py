"""The Python of docs/inspect.md, run as it stands there."""

import re
from pathlib import Path
from typing import Any

from command_line import Runner
from repository import ROOT

PAGE = ROOT / "docs" / "inspect.md"


def test_the_python_of_the_page_runs(charlstm: Runner, here: Path) -> None:
    size = ("--hidden-size=128", "--max-steps=1", "--workers=1")
    charlstm.ok("train", here / "text.txt", *size, "--out=runs/demo")
    section = PAGE.read_text(encoding="utf-8").partition("## From Python\n")[2]
    code = "\n".join(re.findall(r"^    (.*)$", section, re.MULTILINE))
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    assert len(names["trace"].surprisal) == len("The cats were full.")
    assert len(names["salient_units"](names["trace"].memory[0], 3)) == 3
