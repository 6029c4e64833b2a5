"""Other processes of this program, each heard and spoken to over the socket that is its stdin.

Such a process imports from where this one does, and from nowhere else. Above all, it imports
nothing from the current folder, where a file of the user's may have the name of a module.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from charlstm.errors import RunError

DONE, FAILED = b".", b"!"  # the answers; the reason follows FAILED
REASON = 400  # bytes of it
SOCKET = 0  # the descriptor of standard input
# The flags that say where Python looks for modules and how it encodes their names, and the options
# that set them.
FLAGS = {
    "isolated": "-I",
    "ignore_environment": "-E",
    "no_user_site": "-s",
    "no_site": "-S",
    "utf8_mode": "-Xutf8",
}
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Process:
    """A process that runs `main()` of `module`, with so many BLAS threads.

    It gets whole numbers as arguments, and shares the open file `descriptor`. A signal that a
    terminal sends to all processes does not reach it: the first one alone decides when to stop.
    """

    def __init__(
        self, name: str, module: str, arguments: Sequence[int], descriptor: int, threads: int
    ) -> None:
        self.name = name
        options = [option for flag, option in FLAGS.items() if getattr(sys.flags, flag)]
        path = [entry for entry in sys.path if isinstance(entry, str)]
        program = f"import sys; sys.path[:] = {path!a}; from {module} import main; main()"
        self._socket, theirs = socket.socketpair()
        # A process keeps the signals blocked that are blocked when it starts.
        stop_signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, our own interpreter
                # With -P, -c adds nothing to the path.
                [sys.executable, *options, "-P", "-c", program, *map(str, arguments)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,  # what other code prints is no answer
                pass_fds=[descriptor],
                env=os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads)),
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()

    def send(self, data: bytes) -> None:
        """Send it what it waits for.

        Raises:
            RunError: if it has ended; the message says why.
        """
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise self._lost() from error

    def wait(self) -> None:
        """Wait until it has done a task.

        Raises:
            RunError: if it has failed; the message says why.
        """
        answer = b""
        with suppress(ConnectionError):
            answer = self._socket.recv(1)
        if answer != DONE:
            raise self._lost()

    def close(self) -> None:
        """Let it end."""
        self._socket.close()
        self._process.wait()

    def _lost(self) -> RunError:
        reason = b""
        with suppress(ConnectionError):
            while piece := self._socket.recv(REASON):
                reason += piece
        code = self._process.wait()
        said = reason.removeprefix(FAILED).decode(errors="replace")
        return RunError(
            f"{self.name} ended unexpectedly ({said or f'exit code {code}'}); "
            f"the last checkpoint is intact, and --resume continues from it."
        )


@contextmanager
def answering() -> Iterator[None]:
    """In such a process: tell the first one, which prints it, the error that ends the block."""
    try:
        yield
    except ConnectionError:  # the first process has closed the socket during a task
        return
    except Exception as error:  # noqa: BLE001 - a traceback from here would help no user
        with suppress(OSError):
            os.write(SOCKET, FAILED + repr(error).encode(errors="replace")[:REASON])
        sys.exit(1)


def answer_done() -> None:
    """In such a process: tell the first one that a task is done."""
    os.write(SOCKET, DONE)
