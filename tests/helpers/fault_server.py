"""Runs `charlstm` in forked children and, where asked, plants a fault in one of them or kills it.

It reads one JSON job a line and answers each with the child's exit status. Forking a process that
has everything imported already costs a hundredth of starting one, so faults can be many.
"""

import errno
import json
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from charlstm.cli import main
from charlstm.cli import sample as _sample
from charlstm.cli import train as _train
from charlstm.store import atomic, lock
from charlstm.text.vocabulary import Vocabulary
from charlstm.training import fit
from charlstm.training.workers import WorkerPool

POINTS: dict[str, tuple[Any, str]] = {
    "create": (atomic, "_create"),
    "fsync": (os, "fsync"),
    "replace": (Path, "replace"),
    "folder": (atomic, "_sync_folder"),
    "lock": (lock, "lock"),
    "mkdir": (Path, "mkdir"),
    "unlink": (Path, "unlink"),
    "encode": (Vocabulary, "encode"),
    "gradient": (WorkerPool, "gradient"),
    "validate": (WorkerPool, "validate"),
    "preview": (fit, "generate"),
}
hits: Counter[str] = Counter()
MEMORY = 4 << 30  # of a command with a limit: asking for more is an error, not a full machine


class Fault:
    """What a job plants: at the `number`-th time that a `point` is passed, before or after it."""

    def __init__(
        self, point: str, number: int, deed: str, *, after: bool = False, lasting: bool = False
    ) -> None:
        self.point, self.number, self.deed = point, number, deed
        self.after, self.lasting = after, lasting

    def pass_by(self, point: str, *, after: bool) -> None:
        """Do the deed if its moment has come."""
        count = hits[point]
        due = count == self.number or (self.lasting and count > self.number)
        if point != self.point or after != self.after or not due:
            return
        if self.deed.startswith("SIG"):
            for name in self.deed.split("+"):
                os.kill(os.getpid(), signal.Signals[name])
                time.sleep(0)
        else:
            number = getattr(errno, self.deed)
            raise OSError(number, os.strerror(number))


class Watched:
    """A file whose writes are counted and may fail."""

    def __init__(self, file: Any, fault: Fault | None) -> None:
        self._file, self._fault = file, fault

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, data: Any) -> int:
        return int(watch("write", self._file.write, self._fault)(data))


def watch(point: str, real: Callable[..., Any], fault: Fault | None) -> Callable[..., Any]:
    """`real`, counted at each call and with the fault planted around it."""

    def watched(*args: Any, **kwargs: Any) -> Any:
        hits[point] += 1
        if fault:
            fault.pass_by(point, after=False)
        result = real(*args, **kwargs)
        if fault:
            fault.pass_by(point, after=True)
        return result

    return watched


def plant(fault: Fault | None) -> None:
    """Watch every point of this process."""
    for point, (owner, name) in POINTS.items():
        setattr(owner, name, watch(point, getattr(owner, name), fault))
    create, open_ = atomic._create, Path.open
    vars(atomic)["_create"] = lambda *paths: Watched(create(*paths), fault)

    def opened(path: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        file = open_(path, mode, *args, **options)
        return Watched(file, fault) if mode == "a" else file

    Path.open = opened  # type: ignore[method-assign, assignment]


def child(job: dict[str, Any]) -> None:
    """Be the command; never returns."""
    status = 1
    try:
        os.chdir(job["folder"])
        if job["limit"]:
            # Both kill a command that hangs; on a busy machine only the first comes in time.
            resource.setrlimit(resource.RLIMIT_CPU, (job["limit"], job["limit"]))
            signal.alarm(20 * job["limit"])
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
        sys.argv = ["charlstm", *job["arguments"]]
        plant(Fault(**job["fault"]) if job["fault"] else None)
        main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # A kill may come at any moment, so the counts appear whole or not at all.
        Path("hits.part").write_text(json.dumps(hits), encoding="utf-8")
        os.replace("hits.part", "hits")  # noqa: PTH105 - Path.replace is watched
        os._exit(status)


def serve() -> None:
    """Answer jobs until there are no more."""
    assert _train and _sample  # imported once for all children
    for line in sys.stdin:
        job = json.loads(line)
        pid = os.fork()
        if not pid:
            child(job)
        if job["seconds"] is not None:
            time.sleep(job["seconds"])
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
