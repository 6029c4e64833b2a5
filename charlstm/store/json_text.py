"""The one way to write JSON for people and other programs: null for what JSON does not know."""

import json
import math
from collections.abc import Mapping
from typing import Any


def json_text(value: Any, **form: Any) -> str:
    """A value as JSON text, which any reader of JSON takes; `form` goes to `json.dumps`."""
    return json.dumps(plain(value), allow_nan=False, **{"ensure_ascii": False, **form})


def plain(value: Any) -> Any:
    """A value as JSON knows it: NumPy's numbers as Python's, and None for NaN and the infinite."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
