"""A real terminal for tests: tmux runs a command in it, presses keys, and says what it shows."""

import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

PATIENCE = 120.0


class Terminal:
    """A window of a tmux of its own, in which a command runs in a folder."""

    def __init__(
        self, socket: Path, folder: Path, command: list[object], environment: Mapping[str, str]
    ) -> None:
        self._socket = socket  # of a server of its own
        settings = [f"{name}={value}" for name, value in environment.items()]
        words = shlex.join(map(str, ["env", *settings, *command]))
        size = ("-x", "100", "-y", "30", "-c", str(folder))
        self._tmux(
            *("-f", "/dev/null", "new-session", "-d", *size, f"{words}; echo status $?; exec cat")
        )

    def _tmux(self, *words: str) -> str:
        command = ["tmux", "-u", "-S", str(self._socket), *words]
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        environment.pop("TMUX", None)
        done = subprocess.run(
            command, check=True, capture_output=True, timeout=PATIENCE, env=environment
        )
        return done.stdout.decode()

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names for them."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._tmux("send-keys", "-l", text)

    def paste(self, text: str) -> None:
        """Paste a text, as a terminal does from its clipboard."""
        self._tmux("set-buffer", text)
        self._tmux("paste-buffer", "-p")

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self, *, colours: bool = False) -> str:
        """What the window shows, without blanks at the ends of lines."""
        text = self._tmux("capture-pane", "-p", *(["-e"] if colours else []))
        return "\n".join(line.rstrip() for line in text.splitlines()).rstrip()

    @property
    def cursor(self) -> tuple[int, int]:
        """The column and the row of the cursor, from 0."""
        column, row = self._tmux("display-message", "-p", "#{cursor_x} #{cursor_y}").split()
        return int(column), int(row)

    def until(self, wanted: str | Callable[[], bool], *, colours: bool = False) -> str:
        """Wait until the window shows a text, or something is true; what it shows then.

        It does not wait for a command that has ended.
        """

        def is_there() -> bool:
            return wanted in self.screen(colours=colours) if isinstance(wanted, str) else wanted()

        def is_over() -> bool:
            return is_there() or re.search(r"^status \d+$", self.screen(), re.MULTILINE) is not None

        comes(is_over)
        assert is_there(), f"the terminal never showed {wanted!r}:\n{self.screen()}"
        return self.screen(colours=colours)

    def close(self) -> None:
        """Close the window, as a user closes a terminal."""
        subprocess.run(
            ["tmux", "-S", self._socket, "kill-server"], check=False, capture_output=True
        )


def comes(condition: Callable[[], bool]) -> bool:
    """Wait for something that comes true, with much patience; False if it does not."""
    last = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > last:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def terminal(
    folder: Path, *command: object, environment: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """A terminal of 100 × 30 whose command runs in a folder; the test is skipped without tmux."""
    if not shutil.which("tmux"):
        pytest.skip("no tmux")
    with TemporaryDirectory() as short:  # the name of a socket has at most 107 bytes
        window = Terminal(Path(short, "tmux"), folder, list(command), environment or {})
        try:
            yield window
        finally:
            window.close()
