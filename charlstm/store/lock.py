"""A run's lock: only one training at a time writes into a run folder.

It is the kernel's lock (`flock`) on the file `<run>/.lock`, so it ends with the process that holds
it, however that process ends. The process number in the file is only for the error message.
"""

import errno
import os
import sys
from pathlib import Path
from typing import Self

from charlstm.errors import RunError

if sys.platform != "win32":
    import fcntl

_locked_files: set[int] = set()
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}


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
            self._file = os.open(self.run / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
            _locked_files.add(self._file)
            _lock(self._file)
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{os.getpid()}\n".encode())
        except BlockingIOError as problem:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip()
            self._close()
            raise RunError(
                f"process {holder if holder.isdigit() else 'unknown'} is training in "
                f"{str(self.run)!r}; wait for it, or choose another folder with --out"
            ) from problem
        except OSError as problem:
            self._close()
            raise RunError(
                f"cannot write in the run folder {str(self.run)!r}: {problem.strerror or problem}"
            ) from problem
        return self

    def __exit__(self, *_: object) -> None:
        # The file stays. If it were removed, two processes could lock two files of the same name.
        self._close()

    def _close(self) -> None:
        if self._file in _locked_files:
            _locked_files.remove(self._file)
            os.close(self._file)
        self._file = -1


def _lock(file: int) -> None:
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if problem.errno not in _NO_LOCKS:
                raise


def _forget() -> None:
    for file in _locked_files:
        os.close(file)
    _locked_files.clear()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget)
