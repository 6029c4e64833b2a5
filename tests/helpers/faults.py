"""What the tests of the `faults` group share: how many faults to try, and a way to plant them.

`CHARLSTM_FAULTS` is how much of the full count to run, from 0 (as in `make test`) to 100 percent.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from command_line import TEXT

from charlstm.store.archive import load

PERCENT = float(os.environ.get("CHARLSTM_FAULTS", "0"))
KILLED = -9


def count(small: int, full: int) -> int:
    """How many to try: `small` in the normal suite, `full` where CHARLSTM_FAULTS is 100."""
    return round(small + (full - small) * PERCENT / 100)


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status (negative: the signal that killed it) and what it said."""

    status: int
    stdout: str
    stderr: str
    hits: dict[str, int]

    @property
    def error(self) -> str:
        """The one line that a command which failed must say, and nothing unforeseen."""
        lines = [line for line in self.stderr.splitlines() if line.startswith("Error: ")]
        assert self.status == 1 and len(lines) == 1, (self.status, self.stderr)
        assert self.stderr.splitlines()[-1] == lines[0]
        assert "Traceback" not in self.stderr and "please report it" not in self.stderr, self.stderr
        return lines[0].removeprefix("Error: ")


class Server:
    """Runs commands in `folder`, each in a forked process, with at most one fault each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("fault_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(
        self,
        *arguments: object,
        folder: Path | None = None,
        seconds: float | None = None,
        limit: int = 0,
        **fault: Any,
    ) -> Ended:
        """`charlstm arguments`, killed after so many `seconds`, or with a planted `fault`.

        With a `limit` in seconds of CPU, a command that takes longer is killed; memory is short.
        """
        folder = folder or self.folder
        job = {
            "arguments": [str(argument) for argument in arguments],
            "folder": str(folder),
            "seconds": seconds,
            "limit": limit,
            "fault": fault,
        }
        assert self._process.stdin and self._process.stdout
        (folder / "hits").unlink(missing_ok=True)
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        output, stderr = ((folder / name).read_text("utf-8") for name in ("stdout", "stderr"))
        hits = folder / "hits"
        counts = json.loads(hits.read_text(encoding="utf-8")) if hits.exists() else {}
        return Ended(status, output, stderr, counts)

    def ok(self, *arguments: object, **options: Any) -> Ended:
        """The same for a command that must succeed."""
        ended = self(*arguments, **options)
        assert ended.status == 0, (ended.status, ended.stderr)
        return ended

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """A folder with `text.txt`; what is tested with it is the order of steps, not the disk."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(dir=memory) as name:
        (Path(name) / "text.txt").write_text(TEXT, encoding="utf-8")
        yield Path(name)


def content(run: Path, name: str = "last") -> dict[str, Any]:
    """Every bit of a checkpoint that a resumed run must agree on, the clock's seconds left out."""
    found = load(run / f"{name}.npz")
    progress = {**found.header["progress"], "seconds": 0}
    arrays = {name: (a.shape, a.tobytes()) for name, a in found.arrays.items()}
    return {"progress": progress, **arrays}
