"""Files that are replaced whole or not at all, whatever happens while they are written.

The bytes go to a temporary file in the same folder, which is forced to the disk. Only then does it
take the name of the old file, in one step of the file system (`rename` of POSIX.1).

A temporary file has a random name, so that no process of any machine has the same one. While it is
written it is locked. So a lock that is free says that its process is dead.
"""

import errno
import math
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from charlstm.errors import CharlstmError, RunError, shortened
from charlstm.store.lock import lock

_STRAY = re.compile(
    r"\..+\.[0-9a-f]{16}\.tmp"
    r"|\..+\.(npz|yaml|csv|json|ids|pieces)\.[1-9][0-9]{0,9}\.tmp"  # of older versions
)
BLOCK = 2**20  # bytes written at once
# The errors of file systems, and of Windows, that cannot open or flush a folder at all.
_CANNOT_SYNC = {errno.EINVAL, errno.EACCES, errno.EPERM, errno.EBADF, errno.ENOSYS, errno.ENOTSUP}


@contextmanager
def atomic_write(
    path: Path, error: type[CharlstmError] = RunError, *, new: bool = False
) -> Iterator[BinaryIO]:
    """Yield a new binary file. It becomes `path` when the block ends without an error.

    If `path` has to be `new`, a file that is there by then stays, and that is an error.

    After an error, `path` is what it was, and the temporary file `.<name>.<random>.tmp` is gone. A
    process that is killed leaves that file behind; `clean_stray` removes it.

    Raises:
        CharlstmError: of the type `error`, in one line, for any OSError, also one of the block.
    """
    try:
        with replacing(path, new=new) as file:
            yield file
    except OSError as problem:
        intact = f"; the {path.name!r} of before is intact" if os.path.lexists(path) else ""
        reason = problem.strerror or problem
        raise error(f"cannot write {shortened(str(path))!r}: {reason}{intact}") from problem
    try:
        _sync_folder(path.parent)
    except OSError as problem:
        reason = problem.strerror or problem
        raise error(
            f"wrote {str(path)!r}, but its folder could not be forced to the disk: {reason}; "
            "check the disk before relying on it"
        ) from problem


@contextmanager
def replacing(path: Path, *, sync: bool = True, new: bool = False) -> Iterator[BinaryIO]:
    """Like `atomic_write`, but it raises an OSError as it is, and syncs only with `sync`.

    `sync` forces the bytes to the disk. Without it the write is twice as fast: use that for files
    that can be made again after a crash.
    """
    with temporary(path) as file:
        yield file
        file.flush()
        if sync:
            os.fsync(file.fileno())
        os.close(os.dup(file.fileno()))  # here NFS says whether it has room for all
        if os.name == "nt":  # Windows renames no open file
            file.close()
        if new:
            _take_new_name(Path(file.name), path)
        else:
            Path(file.name).replace(path)


@contextmanager
def temporary(path: Path) -> Iterator[BinaryIO]:
    """A new file beside `path` under a name that nobody else has; at the end that name is gone."""
    file = _create(path)
    try:
        with file:
            yield file
    finally:
        with suppress(OSError):
            Path(file.name).unlink(missing_ok=True)


def lengthen(file: BinaryIO, size: int) -> None:
    """Append zeros to a file until it has `size` bytes.

    `truncate` would leave a hole, which takes no room. If the disk is full when a hole of a mapped
    file is filled, the process dies of SIGBUS.

    Raises:
        OSError: if the disk has no room for them.
    """
    missing = size - file.seek(0, os.SEEK_END)
    file.writelines(bytes(min(left, BLOCK)) for left in range(missing, 0, -BLOCK))
    file.flush()


def clean_stray(folder: Path, idle: float = 0.0) -> list[Path]:
    """Remove the temporary files that killed processes left in `folder`; return their paths.

    It leaves the files of live processes alone, on whatever machine they are. Where the file system
    has no locks it cannot tell: there, `idle` spares the files that somebody has written to within
    so many seconds. It skips files that it cannot list or remove: the next write fails too, and
    says why.
    """
    latest = time.time() - idle if idle else math.inf
    removed = []
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if _STRAY.fullmatch(path.name):
                with suppress(OSError), path.open("r+b") as file:
                    status = path.lstat()
                    regular = stat.S_ISREG(status.st_mode)
                    if regular and status.st_mtime <= latest and lock(file.fileno()):
                        path.unlink()
                        removed.append(path)
    return removed


def _create(path: Path) -> BinaryIO:
    """A locked, empty file beside `path`; its name is short enough however long that of `path`."""
    try:
        if path.exists() and not path.is_file():  # else root would replace even /dev/null
            raise OSError(errno.EINVAL, "it is not a regular file")
        while True:
            name = path.parent / f".{path.name[:50]}.{os.urandom(8).hex()}.tmp"
            file = name.open("xb")  # "x": never through a link that someone put there
            free = True
            with suppress(OSError):  # what the file system says of locks is no reason not to write
                free = lock(file.fileno())
            if free and name.exists():
                return file
            file.close()  # a `clean_stray` has seen it before it was locked, and removed it
    except ValueError as problem:  # a NUL character in the path
        raise OSError(errno.EINVAL, str(problem)) from problem


def _take_new_name(temporary: Path, path: Path) -> None:
    """Give the file a name that nobody has yet, in one step where there are hard links."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        path.open("xb").close()
        temporary.replace(path)


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where the system offers that."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as problem:
        if problem.errno not in _CANNOT_SYNC:
            raise
