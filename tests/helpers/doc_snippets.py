"""The Python of docs/export.md, run as it stands there."""

from typing import Any

from repository import ROOT

DOCUMENT = ROOT / "docs" / "export.md"


def run_snippet(word: str) -> dict[str, Any]:
    """Run the only block that has `word`, on the files of the working folder; return its names."""
    pieces = DOCUMENT.read_text(encoding="utf-8").split("```python\n")[1:]
    blocks = [piece.partition("```")[0] for piece in pieces]
    (code,) = [block for block in blocks if word in block]
    names: dict[str, Any] = {}
    exec(compile(code, str(DOCUMENT), "exec"), names)
    return names
