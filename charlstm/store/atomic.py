"""Files that are replaced whole or not at all, whatever happens while they are written.

The bytes go to a temporary file in the same folder, are forced to the disk, and only then take
the name of the old file, in one step of the file system (`rename` of POSIX.1).
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
# What file systems and Windows answer when a folder cannot be opened or flushed at all.
_CANNOT_SYNC = {errno.EINVAL, errno.EACCES, errno.EPERM, errno.EBADF, errno.ENOSYS, errno.ENOTSUP}


@contextmanager
def atomic_write(path: Path, error: type[CharlstmError] = RunError) -> Iterator[BinaryIO]:
    """Yield a new binary file; when the block ends without an error it becomes `path`.

    Until then, and after any error, `path` is what it was and the temporary file
    `.<name>.<pid>.tmp` is gone. Only being killed leaves that behind, for `clean_stray`.

    Raises:
        CharlstmError: of the kind `error`, one line, for any OSError, the block's own included.
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
    """The same with OSErrors as they come, and forced to the disk only if `sync`.

    Without that it is twice as fast, for what can be made again if a crash damages it.
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

    A file whose process lives is left alone, except this process's own number: a number comes
    round again, in a container even at once. So call this before writing, and hold the run's lock.
    In a folder without a lock, where a process of another machine may be writing, ask for files
    that nobody has written to for `idle` seconds.
    What cannot be listed or removed is passed over, because the next write will say why.
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
        if path.exists() and not path.is_file():  # root could replace even /dev/null
            raise OSError(errno.EINVAL, "it is not a regular file")
        temporary.unlink(missing_ok=True)
        return temporary.open("xb")  # "x": never through a link that someone put there
    except ValueError as problem:  # a NUL character in the path
        raise OSError(errno.EINVAL, str(problem)) from problem


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut, where the system offers that."""
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
    except PermissionError:  # alive, and somebody else's
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return pid != os.getpid()
