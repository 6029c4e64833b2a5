"""A cache of encoded texts: each a file of ids under the hash of its content and vocabulary."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from charlstm.store.atomic import replacing
from charlstm.text.slices import mapped
from charlstm.text.sources import BLOCK
from charlstm.text.vocabulary import Ids, Vocabulary


def is_cached(path: Path, digest: str, vocabulary: Vocabulary, count: int) -> bool:
    """Whether `path` holds the text of `count` characters with this `digest`, undamaged."""
    return _is_intact(path, _describe(digest, vocabulary, count))


def stored(
    pieces: Iterable[Ids], count: int, cache: Path, digest: str, vocabulary: Vocabulary
) -> tuple[Ids, Path]:
    """So many ids, mapped from a file in `cache`, and its path; it is made of `pieces` if need be.

    `digest` and `vocabulary` tell the file from all others. Raises OSError, if the disk is full.
    """
    description = _describe(digest, vocabulary, count)
    key = hashlib.sha256(json.dumps(description).encode()).hexdigest()
    path = cache / f"{key[:32]}.ids"
    if not _is_intact(path, description):
        _write(path, pieces, description)
    return mapped(path, vocabulary.dtype, count), path


def _describe(digest: str, vocabulary: Vocabulary, count: int) -> dict[str, Any]:
    header = vocabulary.to_header()
    return {"text": digest, "vocabulary": header, "dtype": vocabulary.dtype.str, "count": count}


def _write(path: Path, arrays: Iterable[Ids], description: Mapping[str, Any]) -> None:
    """Write the arrays one after another to `path`, and their description to a .json beside it.

    Each file appears only when it is complete. Raises OSError, for instance on a full disk.
    """
    checksum = 0
    with replacing(path, sync=False) as out:
        for ids in arrays:
            checksum = zlib.crc32(ids.data, checksum)
            out.write(ids.data)
    with replacing(path.with_suffix(".json"), sync=False) as out:
        out.write(_sidecar(description, checksum))


def _is_intact(path: Path, description: Mapping[str, Any]) -> bool:
    """Whether `path` is as `_write` left it, with this description."""
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
