"""A file of ids and its sidecar: written whole or not at all, and believed only after a check."""

import json
import threading
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from charlstm.store.atomic import replacing
from charlstm.text.sources import BLOCK
from charlstm.text.vocabulary import Ids

_ONE_AT_A_TIME = threading.Lock()  # temporary files have the number of the process in their names


def write_ids(path: Path, arrays: Iterable[Ids], description: Mapping[str, Any]) -> None:
    """Write the arrays one after another to `path`, and what describes them to a .json beside it.

    Both appear only when complete. Raises OSError, for instance on a full disk.
    """
    checksum = 0
    with _ONE_AT_A_TIME:
        with replacing(path, sync=False) as out:
            for ids in arrays:
                checksum = zlib.crc32(ids.data, checksum)
                out.write(ids.data)
        with replacing(path.with_suffix(".json"), sync=False) as out:
            out.write(_sidecar(description, checksum))


def is_intact(path: Path, description: Mapping[str, Any]) -> bool:
    """Whether `path` is there, whole and unchanged since `write_ids` wrote it as described."""
    try:
        sidecar = path.with_suffix(".json").read_bytes()
        checksum = 0
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                checksum = zlib.crc32(block, checksum)
    except OSError:
        return False
    return sidecar == _sidecar(description, checksum)


def _sidecar(description: Mapping[str, Any], checksum: int) -> bytes:
    return json.dumps({**description, "crc32": checksum}).encode()
