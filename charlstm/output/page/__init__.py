"""One self-contained HTML file from the parts of a page; all given text is escaped."""

import html
import re
from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any

from charlstm.store.json_text import json_text

COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)  # a line of its own in a script


def page(name: str, title: str, about: str, data: Mapping[str, Any], **given: str) -> bytes:
    """The page `name` with its style, script and data inside; it needs no network.

    `given` is HTML for places of this page, such as a drawing in SVG.

    Text enters it as HTML escapes, or as JSON without `<`, `>` and `&`. Its script writes only
    text. So nothing in a text or a file name can become code of the page. The comments of the
    scripts stay behind.
    """
    parts = {
        part.name.replace(".", "_"): COMMENT.sub("", part.read_text(encoding="utf-8"))
        for part in files(__name__).iterdir()
        if part.name.endswith((".css", ".js"))
    }
    known = {"title": html.escape(title), "about": html.escape(about), "data": embedded(data)}
    text = (files(__name__) / f"{name}.html").read_text(encoding="utf-8")
    return Template(text).substitute(parts | known | given).encode("utf-8", "replace")


def embedded(data: Any) -> str:
    """JSON that may stand in a script element, in ASCII alone."""
    text = json_text(data, separators=(",", ":"), ensure_ascii=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
