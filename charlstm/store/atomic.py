"""Files that are replaced whole or not at all, whatever happens while they are written.

The bytes go to a temporary file in the same folder, which is forced to the disk. Only then does it
take the name of the old file, in one step of the file system (`rename` of POSIX.1).
"""

import errno
import math
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from charlstm.errors import CharlstmError, RunError

_STRAY = re.compile(r"\..+\.([1-9][0-9]{0,9})\.tmp")
# The errors of file systems, and of Windows, that cannot open or flush a folder at all.
_CANNOT_SYNC = {errno.EINVAL, errno.EACCES, errno.EPERM, errno.EBADF, errno.ENOSYS, errno.ENOTSUP}


@contextmanager
def atomic_write(path: Path, error: type[CharlstmError] = RunError) -> Iterator[BinaryIO]:
    """Yield a new binary file. It becomes `path` when the block ends without an error.

    After an error, `path` is what it was, and the temporary file `.<name>.<pid>.tmp` is gone. A
    process that is killed leaves that file behind; `clean_stray` removes it.

    Raises:
        CharlstmError: of the type `error`, in one line, for any OSError, also one of the block.
    """
    try:
        with replacing(path) as file:
            yield file
    except OSError as problem:
        intact = f"; the {path.name!r} of before is intact" if os.path.lexists(path) else ""
        reason = problem.strerror or problem
        raise error(f"cannot write {str(path)!r}: {reason}{intact}") from problem
    try:
        _sync_folder(path.parent)
    except OSError as problem:
        reason = problem.strerror or problem
        raise error(
            f"wrote {str(path)!r}, but its folder could not be forced to the disk: {reason}; "
            "check the disk before relying on it"
        ) from problem


@contextmanager
def replacing(path: Path, *, sync: bool = True) -> Iterator[BinaryIO]:
    """Like `atomic_write`, but it raises an OSError as it is, and syncs only with `sync`.

    `sync` forces the bytes to the disk. Without it the write is twice as fast: use that for files
    that can be made again after a crash.
    """
    temporary = path.parent / f".{path.name}.{os.getpid()}.tmp"
    try:
        with _create(temporary, path) as file:
            yield file
            file.flush()
            if sync:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError, ValueError):
            temporary.unlink(missing_ok=True)
        raise


def clean_stray(folder: Path, idle: float = 0.0) -> list[Path]:
    """Remove the temporary files that killed processes left in `folder`; return their paths.

    It leaves the files of other live processes alone. It removes those with this process's own
    number, because numbers are used again, in a container at once. So call it before writing, and
    hold the run's lock. In a folder without a lock a process of another machine may be writing:
    there, `idle` spares the files that somebody has written to within so many seconds.
    It skips files that it cannot list or remove: the next write fails too, and says why.
    """
    latest = time.time() - idle if idle else math.inf
    removed = []
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            match = _STRAY.fullmatch(path.name)
            if match and not _is_another_alive(int(match[1])):
                with suppress(OSError):
                    if path.stat().st_mtime <= latest:
                        path.unlink()
                        removed.append(path)
    return removed


def _create(temporary: Path, path: Path) -> BinaryIO:
    try:
        if path.exists() and not path.is_file():  # else root would replace even /dev/null
            raise OSError(errno.EINVAL, "it is not a regular file")
        temporary.unlink(missing_ok=True)
        return temporary.open("xb")  # "x": never through a link that someone put there
    except ValueError as problem:  # a NUL character in the path
        raise OSError(errno.EINVAL, str(problem)) from problem


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


def _is_another_alive(pid: int) -> bool:
    if os.name == "nt":  # there, os.kill(pid, 0) would interrupt the process instead of asking
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:  # alive, and of another user
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return pid != os.getpid()
