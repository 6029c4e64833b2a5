"""Runs `charlstm` as a user would: in this process for speed, or in one of its own."""

import io
import json
import os
import signal
import subprocess
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from charlstm.cli import main

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BIDI = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
TINY = ("--hidden-size=8", "--batch-size=8", "--seq-length=12", "--shards=2", "--workers=1")


def sentences(count: int, seed: int = 0) -> str:
    """A text with something to learn: one sentence a line, whose verb agrees with its subject."""
    random = Random(seed)
    nouns, verbs = ("cat", "dog", "bird"), (("is", "are"), ("was", "were"))
    lines = []
    for _ in range(count):
        plural = random.randrange(2)
        noun, verb = random.choice(nouns) + "s" * plural, random.choice(verbs)[plural]
        lines.append(f"The {noun} {verb} {random.choice(('wet', 'here', 'gone'))}.\n")
    return "".join(lines)


TEXT = sentences(150)  # about 2,800 characters


def harmless(shown: str) -> bool:
    """Whether a terminal shows the text without being commanded, reordered or broken by it."""
    return not any(
        (unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c not in "\n\t")
        or unicodedata.bidirectional(c) in BIDI
        or 0xE0000 <= ord(c) < 0xE0080
        for c in shown
    )


@dataclass(frozen=True)
class Outcome:
    """What a command left behind: its exit status and what it wrote."""

    status: int
    output: bytes
    stderr: str

    @property
    def stdout(self) -> str:
        return self.output.decode()

    @property
    def json(self) -> dict[str, Any]:
        """Standard output, which must be exactly one JSON object on one line."""
        assert self.stdout.count("\n") == 1
        value = json.loads(self.stdout, parse_constant=pytest.fail)  # NaN and Infinity
        assert isinstance(value, dict)
        return value

    @property
    def error(self) -> str:
        """The message of an expected failure: the last and only line that says Error."""
        lines = self.stderr.splitlines()
        assert lines and lines[-1].startswith("Error: "), self.stderr
        assert "Traceback" not in self.stderr
        assert "please report it" not in lines[-1], self.stderr
        assert lines[-1].isprintable()
        assert sum(line.startswith("Error: ") for line in lines) == 1
        return lines[-1].removeprefix("Error: ")


class Runner:
    """Call it with arguments to run the command in this process."""

    def __call__(self, *arguments: object, stdin: bytes = b"") -> Outcome:
        output, errors = io.BytesIO(), io.BytesIO()
        handlers = {number: signal.getsignal(number) for number in SIGNALS}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["charlstm", *map(str, arguments)])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="ascii"))
            patch.setattr(sys, "stdout", out := io.TextIOWrapper(output, encoding="ascii"))
            patch.setattr(sys, "stderr", err := io.TextIOWrapper(errors, encoding="ascii"))
            status = 0
            try:
                main()
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else int(end.code is not None)
            finally:
                for number, handler in handlers.items():
                    signal.signal(number, handler)
            # Flushed by this too; detached, they do not close the buffers that are read below.
            out.detach()
            err.detach()
        return Outcome(status, output.getvalue(), errors.getvalue().decode())

    def ok(self, *arguments: object, stdin: bytes = b"") -> Outcome:
        """The same, for a command that must succeed."""
        outcome = self(*arguments, stdin=stdin)
        assert outcome.status == 0, outcome.stderr
        return outcome

    def fails(self, *arguments: object, status: int = 1, stdin: bytes = b"") -> str:
        """The message of a command that must end with `status` and print no result."""
        outcome = self(*arguments, stdin=stdin)
        assert outcome.status == status, (outcome.status, outcome.stderr)
        assert outcome.output == b""
        return outcome.error


def start(
    *arguments: object, environment: Mapping[str, str] | None = None, **options: Any
) -> "subprocess.Popen[bytes]":
    """`charlstm` in a process of its own, with pipes unless `options` say otherwise."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        [sys.executable, "-m", "charlstm", *map(str, arguments)],
        env={**os.environ, **(environment or {})},
        **{**pipes, **options},
    )


def read_all(terminal: int) -> bytes:
    """What comes out of our side of a terminal until the other one is closed; closes ours."""
    seen = b""
    try:
        while piece := os.read(terminal, 65536):
            seen += piece
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(terminal)
    return seen
