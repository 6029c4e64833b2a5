"""A training run in a notebook: a bar, the losses and their curves, in one display that updates."""

import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from html import escape
from typing import Any, Self

from charlstm.output.curves import Point, curves_image
from charlstm.progress import Sums
from charlstm.training.events import Event, Finished, Note, Preview, Started, Updated, Validated
from charlstm.training.summary import clock, done_line, start_lines

SECONDS = 0.3  # between two updates of the display
POINTS = 120  # of the curve of training
Bundle = dict[str, str]  # what is shown, by MIME type


def live_display() -> "Live | None":
    """What shows a run in the cell that starts it; None outside of a notebook."""
    ipython = sys.modules.get("IPython")  # without it this is no notebook
    if ipython is None or not hasattr(ipython.get_ipython(), "kernel"):
        return None
    from IPython.display import display  # noqa: PLC0415 - only notebooks have it

    handle: Any = None

    def show(bundle: Bundle) -> None:
        nonlocal handle
        if handle is None:
            handle = display(bundle, raw=True, display_id=True)
        else:
            handle.update(bundle, raw=True)

    return Live(show)


class Interrupted(KeyboardInterrupt):
    """The user stopped a run that could not save first."""

    def _render_traceback_(self) -> list[str]:
        """The line that Jupyter prints."""
        return [f"Interrupted: {self}"]


class Live:
    """Shows the events of a run: `show` gets all that the notebook shows, each time anew.

    Used in a `with` statement. From the first update on, an interrupt of the kernel is a request
    to save and stop (`stopped`). Before that, and when it comes a second time, it stops at once.
    """

    def __init__(self, show: Callable[[Bundle], None]) -> None:
        self._show = show
        self._above: list[str] = []  # how the run begins, and notes
        self._below: list[str] = []  # how it ended
        self._reading = ""  # how far a long text is read
        self._started: Started | None = None
        self._first = self._update = self._updates = 0
        self._curves: dict[str, list[Point]] = {"training": [], "validation": []}
        self._sums = Sums()  # since the last point of training
        self._began = self._shown = time.monotonic()
        self._interrupted = False
        self._handler: Any = None

    def stopped(self) -> bool:
        """Whether the run should save and stop."""
        return self._interrupted

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)
        if self._above and not self._below:
            self._refresh()
        if kind is KeyboardInterrupt:
            raise Interrupted(
                "stopped at once; what was saved before is kept"
                if self._started
                else "stopped before the first update; nothing was lost"
            ) from None

    def read(self, done: int, total: int | None, phase: str) -> None:
        """Show how much of a long text is read, as `text.corpus.ReadProgress`."""
        if time.monotonic() - self._shown >= SECONDS:
            self._reading = f"{phase} {done / total:.0%}" if total else phase
            self._refresh()

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Note():
                self._above.append(event.text)
            case Started():
                self._start(event)
            case Updated():
                self._count(event)
                if time.monotonic() - self._shown < SECONDS:
                    return
            case Validated(val_nats=float(nats)):
                self._curves["validation"].append((event.update, nats))
            case Preview():
                self._above.append(f"a sample after {event.update:,} updates:\n{event.text}")
            case Finished():
                self._below = [*filter(None, [event.warning]), self._end(event)]
        self._refresh()

    def _start(self, event: Started) -> None:
        self._started = event
        self._above += start_lines(event)
        self._first = self._update = event.update
        self._updates = event.config.max_steps or 0
        self._began = time.monotonic()
        with suppress(ValueError):  # only the main thread hears of an interrupt
            self._handler = signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, *_: object) -> None:
        if self._interrupted:
            raise KeyboardInterrupt
        self._interrupted = True

    def _count(self, event: Updated) -> None:
        self._update, sums = event.update, self._sums
        sums.add(event.loss, 0.0, clipped=False)
        if sums.updates * POINTS >= self._updates - self._first:
            self._curves["training"].append((event.update, sums.nats / sums.updates))
            self._sums = Sums()

    def _end(self, event: Finished) -> str:
        """The line below the curves, which says how to go on where there is something left."""
        again = f"go on with charlstm.train(resume={str(event.run)!r}"
        if event.reason == "stopped":
            done = f"{event.steps:,} of {event.budget:,} updates"
            return f"stopped and saved after {done}; {again})"
        if event.reason == "already done" or self._started is None:
            more = 2 * max(event.steps, event.budget)
            done = f"{event.run} is finished after {event.steps:,} updates"
            return f"{done}; nothing was changed; {again}, max_steps={more})"
        return done_line(event, self._started.config.tokens, timed=False)

    def _refresh(self) -> None:
        status = "" if self._above or self._below else self._reading
        bar = escape(status)
        if self._started and not self._below:
            done, todo = self._update - self._first, self._updates - self._first
            seconds = (time.monotonic() - self._began) * (todo - done) / max(1, done)
            left = f", {clock(seconds)} left" if done else ""
            status = f"update {self._update:,} of {self._updates:,}{left}"
            bar = f'<progress value="{done}" max="{todo}"></progress> {status}'
        picture = curves_image(self._curves, self._first, self._updates)
        above = "\n".join([*map(escape, self._above), *filter(None, [bar])])
        below = escape("\n".join(self._below))
        style = "white-space:pre-wrap"
        self._show(
            {
                "text/plain": "\n".join([*self._above, *filter(None, [status]), *self._below]),
                "text/html": f'<div style="{style}">{above}</div>{picture}'
                f'<div style="{style}">{below}</div>',
            }
        )
        self._shown = time.monotonic()
