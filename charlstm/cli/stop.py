"""A signal asks a training to stop after its update; a second signal ends the process at once."""

import os
import signal
from contextlib import suppress
from types import FrameType

from charlstm.text.corpus import copy_pipe
from charlstm.training.world import World


class Stop:
    """Waits for Ctrl-C, SIGTERM or a closed terminal (SIGHUP).

    The first signal is a request to save and stop after this update; `status` is then the exit
    status. It may come from another rank of `world`. A second signal ends this process at once.
    While a pipe is read, which may wait for ever and has nothing to save, the first one raises a
    KeyboardInterrupt.
    Under `nohup`, which ignores SIGHUP, that signal stays ignored.
    """

    def __init__(self, world: World | None) -> None:
        self.status = 0
        self._signalled = False
        self._world = world
        numbers = [signal.SIGINT, signal.SIGTERM]
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        for number in numbers:
            signal.signal(number, self._handle)

    def requested(self) -> bool:
        """Whether a signal has come, here or on another rank."""
        if self._world and self._world.signal and not self.status:
            self.status = 128 + self._world.signal
        return self.status != 0

    def raise_if_requested(self) -> None:
        """Interrupt work that has no update to finish.

        Raises:
            KeyboardInterrupt: if a signal has come.
        """
        if self.requested():
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._signalled:  # a signal of another rank does not count: Ctrl-C goes to all of them
            os._exit(128 + number)  # the last checkpoint is intact, workers end by themselves
        self._signalled, self.status = True, 128 + number
        if _waits_for_text(frame):
            raise KeyboardInterrupt
        with suppress(OSError):  # the terminal is gone
            os.write(2, b"\nfinishing this update, then saving; once more to leave at once\n")


def _waits_for_text(frame: FrameType | None) -> bool:
    """Whether `frame`, which a signal has interrupted, is part of reading a pipe."""
    while frame and frame.f_code is not copy_pipe.__code__:
        frame = frame.f_back
    return frame is not None
