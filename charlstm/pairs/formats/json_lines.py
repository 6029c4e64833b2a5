"""JSON Lines: an object in each line, as charlstm and BLiMP (Warstadt et al. 2020) write them."""

import json
import sys
from collections.abc import Iterator
from typing import Any

from charlstm.pairs.formats.base import Fields, Format
from charlstm.pairs.pair import FIELDS, SENTENCES
from charlstm.pairs.source import Head, Source
from charlstm.store.json_text import json_text


def _knows(head: Head) -> bool:
    try:
        return set(SENTENCES) <= json_object(head.first).keys()
    except ValueError:
        return False


def _read(source: Source) -> Iterator[Fields]:
    for line in source.lines():
        given = json_object(line)
        condition = "condition" if given.get("condition") else "UID"
        own = {name: given.get(name) for name in FIELDS} | {"condition": given.get(condition)}
        others = given.keys() - {*FIELDS, condition}  # their names are kept once for all lines
        labels = {sys.intern(name): _scalar(given[name]) for name in given if name in others}
        yield own | {"labels": labels}


def json_object(line: str) -> dict[str, Any]:
    """The JSON object in a line; a ValueError says why there is none."""
    try:
        fields = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"not JSON ({error.msg} at column {error.colno}); each line holds a whole object"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON that can be read") from error
    if not isinstance(fields, dict):
        raise ValueError("expected a JSON object with sentence_good and sentence_bad")  # noqa: TRY004
    return fields


def _scalar(value: Any) -> Any:
    return json_text(value) if isinstance(value, dict | list) else value


FORMAT = Format(_knows, _read, group_by=("linguistics_term", "field"))
