"""One self-contained HTML file from the parts of a page; all given text is escaped."""

import html
from base64 import b64encode
from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np

from charlstm.nn import Array
from charlstm.store.json_text import json_text

SCALE = 127  # a signed byte that stands for 1; look.js has the same


def page(name: str, title: str, about: str, data: Mapping[str, Any]) -> bytes:
    """The page `name` with its style, script and data inside; it needs no network.

    Text enters it as HTML escapes, or as JSON without `<`, `>` and `&`. Its script writes only
    text. So nothing in a text or a file name can become code of the page.
    """
    parts = {
        "look_css": _part("look.css"),
        "look_js": _part("look.js"),
        "model_js": _part("model.js"),
        "trace_css": _part("trace.css"),
        "trace_js": _part("trace.js"),
        "css": _part(f"{name}.css"),
        "js": _part(f"{name}.js"),
        "title": html.escape(title),
        "about": html.escape(about),
        "data": embedded(data),
    }
    return Template(_part(f"{name}.html")).substitute(parts).encode("utf-8", "replace")


def embedded(data: Any) -> str:
    """JSON that may stand in a script element, in ASCII alone."""
    text = json_text(data, separators=(",", ":"), ensure_ascii=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def packed(values: Array) -> str:
    """Numbers from -1 to 1 as signed bytes, 127 for 1, in base64."""
    whole = np.rint(np.clip(np.nan_to_num(values), -1.0, 1.0) * SCALE).astype(np.int8)
    return b64encode(whole.tobytes()).decode("ascii")


def _part(name: str) -> str:
    return (files(__name__) / name).read_text(encoding="utf-8")
