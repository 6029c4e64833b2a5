"""A local worker process: reads update numbers on standard input, answers when its share is done.

It ends when its input does, so it never outlives the process that started it. Ctrl-C and SIGTERM
never reach it, from its first moment on: that process decides when to stop.
"""

import mmap
import os
import sys
from contextlib import suppress

from charlstm.training.workers import DONE, FAILED, MESSAGE, Job, Worker


def main() -> None:
    """Serve one job; the first process hears, and says, what goes wrong."""
    try:
        _serve()
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody wants a traceback from here
        with suppress(OSError):
            os.write(sys.stdout.fileno(), FAILED + repr(error).encode(errors="replace")[:400])
        sys.exit(1)


def _serve() -> None:
    """The arguments are the memory's descriptor and size, rank and team size."""
    descriptor, size, rank, team = (int(argument) for argument in sys.argv[1:])
    job = Job.from_json(sys.stdin.buffer.readline().decode())
    member = Worker(job, mmap.mmap(descriptor, size), job.scorer(), rank, team)
    while len(message := sys.stdin.buffer.read(MESSAGE.size)) == MESSAGE.size:
        member.run(*MESSAGE.unpack(message))
        try:
            os.write(sys.stdout.fileno(), DONE)
        except BrokenPipeError:  # the first process has closed the team in the middle of an update
            return


if __name__ == "__main__":
    main()
