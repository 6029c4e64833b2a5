"""Locks of open files, and a run's lock: only one training at a time writes into a run folder.

They are the kernel's locks (`flock`), so they end with the process that holds them, however that
process ends. A run's is on the file `<run>/.lock`. What stands in it is only for the error message:
the number of the process, and its host and its container, without which the number says nothing.
"""

import errno
import os
import re
import sys
from pathlib import Path
from typing import Self

from charlstm.errors import RunError

if sys.platform != "win32":
    import fcntl

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # else a link named .lock would empty what it points to
LOCK = ".lock"
_locked_files: set[int] = set()
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}
_HOLDER = re.compile(
    r"([0-9]{1,20})(?: (\S{1,300}) (\S{1,50}))?\n"
)  # older ones hold the number only


def lock(file: int) -> bool:
    """Lock an open file; False if another holds its lock. Where there are no locks it is True.

    Raises:
        OSError: if the file system fails.
    """
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as problem:
            if problem.errno not in _NO_LOCKS:
                raise
    return True


def is_lock(path: Path) -> bool:
    """Whether a file can be the lock of a run: it is empty, or says which process holds it."""
    try:
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b"no"
    except OSError:
        return False
    return not content or _HOLDER.fullmatch(content.decode("ascii", "replace")) is not None


class RunLock:
    """Holds the lock of the folder `run` inside a `with` block.

    Forked children do not keep it: when their parent is killed, the lock is free at once. On
    Windows, and on file systems that have no locks, it locks nothing.

    Raises:
        RunError: on entering, if a live process holds the lock or the folder cannot be written.
    """

    def __init__(self, run: Path) -> None:
        self.run = run
        self._file = -1

    def __enter__(self) -> Self:
        try:
            self._file = os.open(self.run / LOCK, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o666)
            _locked_files.add(self._file)
            free = lock(self._file)
            if free:
                os.ftruncate(self._file, 0)
                os.write(self._file, f"{os.getpid()} {' '.join(_place())}\n".encode())
            else:
                holder = os.read(self._file, 400)
        except OSError as problem:
            self._close()
            raise RunError(
                f"cannot write in the run folder {str(self.run)!r}: {problem.strerror or problem}"
            ) from problem
        if not free:
            self._close()
            raise RunError(
                f"{_described(holder)} is training in {str(self.run)!r}; wait for it, "
                "or choose another folder with --out"
            )
        return self

    def __exit__(self, *_: object) -> None:
        # The file stays. If it were removed, two processes could lock two files of the same name.
        self._close()

    def _close(self) -> None:
        if self._file in _locked_files:
            _locked_files.remove(self._file)
            os.close(self._file)
        self._file = -1


def _place() -> tuple[str, str]:
    """The host's name, and what counts its processes: a container has numbers of its own."""
    host = os.uname().nodename if sys.platform != "win32" else ""
    try:
        numbers = str(Path("/proc/self/ns/pid").readlink())
    except OSError:  # only Linux has it
        numbers = ""
    return "".join(host.split()) or "-", numbers or "-"


def _described(content: bytes) -> str:
    """The process that wrote this into a lock file, as it is known from here."""
    match = _HOLDER.fullmatch(content.decode("ascii", "replace"))
    if not match:
        return "another process"
    number, host, numbers = match.groups()
    if host is None or (host, numbers) == _place():
        return f"process {number}"
    if host == _place()[0]:
        return f"process {number} of another container on {host}"
    return f"process {number} on host {host}"


def _forget() -> None:
    for file in _locked_files:
        os.close(file)
    _locked_files.clear()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget)
