"""The one rule for files that a command writes under a name that the user chose.

What exists is not replaced, unless the user says so (`force`) or the file is ours: a picture
(.png), a page (.html) or a model (.onnx, .safetensors) that says that charlstm wrote it. People
edit tables, JSON, .svg and texts by hand, so an old one needs `force`, whoever wrote it. So does a
link, and a file that its owner made read-only. An input of the same call is never replaced.
"""

import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from charlstm.errors import CharlstmError, OutputError
from charlstm.store.atomic import atomic_write

HEAD = 4096  # bytes of a file in which our mark stands
MARKS = {
    ".png": b"tEXtSoftware\0charlstm",
    ".html": b'<meta name="generator" content="charlstm">',
    ".onnx": b"\x12\x08charlstm",  # the field `producer_name`
}
METADATA = {"vocabulary", "settings", "version"}  # of our .safetensors
MOST_METADATA = 2**26  # bytes


def check_target(path: Path, *, force: bool = False, inputs: Iterable[str | Path] = ()) -> None:
    """Refuse a file that may not be written, as the rule above has it; `inputs` are files.

    Raises:
        OutputError: one line that says why, and what to do.
    """
    shown = repr(str(path))
    for source in inputs:
        with suppress(OSError, ValueError):  # one of them is no file
            if path.samefile(source):
                raise OutputError(f"{shown} is an input of this command; choose another place")
    if not os.path.lexists(path):
        return
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "no regular file"
        raise OutputError(f"{shown} is {what}; choose another place")
    if not force and not is_ours(path):
        raise OutputError(f"{shown} exists; choose another place, or replace it with --force")


@contextmanager
def target_file(
    path: Path, error: type[CharlstmError] = OutputError, *, force: bool = False
) -> Iterator[BinaryIO]:
    """Yield a file that becomes `path` when the block ends without an error, if the rule lets it.

    A file that somebody makes there meanwhile is not replaced, unless with `force`.

    Raises:
        OutputError: if the rule refuses it.
        CharlstmError: of the type `error`, if it cannot be written.
    """
    check_target(path, force=force)
    with atomic_write(path, error, new=not force and not os.path.lexists(path)) as file:
        yield file


def is_ours(path: Path) -> bool:
    """Whether an existing file says that charlstm wrote it, and may be written by its owner."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or not status.st_mode & stat.S_IWUSR:
            return False
        with path.open("rb") as file:
            head = file.read(HEAD)
            if path.suffix.lower() != ".safetensors":
                mark = MARKS.get(path.suffix.lower())
                return mark is not None and mark in head
            size = int.from_bytes(head[:8], "little")
            if size > MOST_METADATA:
                return False
            file.seek(8)
            return set(json.loads(file.read(size))["__metadata__"]) >= METADATA
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False
