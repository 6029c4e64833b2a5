"""The output of long work in a terminal: the events of a training run, and progress bars."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, Self

from charlstm.cli.run_summary import end_lines
from charlstm.cli.terminal import copied, note
from charlstm.text.corpus import ReadProgress
from charlstm.text.shown import printable
from charlstm.text.vocabulary import unit_of
from charlstm.training.events import Event, Finished, Note, Preview, Started, Updated, Validated
from charlstm.training.summary import clock, start_lines

if TYPE_CHECKING:  # imported when a bar is drawn, as most commands draw none
    from tqdm import tqdm

LINE_SECONDS = 5.0  # between plain lines where there is no terminal
BAR_SECONDS = 1.0  # shorter work gets no bar
SMOOTHING = 0.98


class Display:
    """Shows the events of a run on standard error: a bar in a terminal, plain lines elsewhere.

    `finished` is the run's last event, once it has come.
    """

    def __init__(self) -> None:
        self.finished: Finished | None = None
        self._bar: tqdm[NoReturn] | None = None
        self._loss = math.nan  # smoothed over updates
        self._validation = ""  # the last validation loss, as it is shown
        self._tokens, self._lines = "char", False
        self._first_update = self._updates = self._characters = 0  # characters of one update
        self._began = self._last_line = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Note():
                self._note(event.text)
            case Started():
                self._start(event)
            case Updated():
                self._update(event)
            case Validated():
                self._validated(event)
            case Preview():
                self._note(f"--- preview after {event.update} updates\n{event.text}\n---")
                self._note(copied(event.novelty, event.longest_copy, unit_of(self._tokens)))
            case Finished():
                self.__exit__()
                self.finished = event
                for line in end_lines(event, self._tokens, lines=self._lines):
                    note(line)

    def _start(self, event: Started) -> None:
        config = event.config
        self._tokens, self._lines = config.tokens, config.lines
        self._first_update, self._updates = event.update, config.max_steps or 0
        self._characters = config.batch_size * config.seq_length
        self._began = self._last_line = time.monotonic()
        for line in start_lines(event):
            note(line)
        if sys.stderr.isatty():
            from tqdm import tqdm  # noqa: PLC0415 - slow to import

            self._bar = tqdm(
                total=self._updates * self._characters,
                initial=self._first_update * self._characters,
                unit=self._tokens,
                unit_scale=True,
                dynamic_ncols=True,
                mininterval=0.2,
            )

    def _update(self, event: Updated) -> None:
        loss = event.loss
        self._loss = loss if math.isnan(self._loss) else self._loss
        self._loss = SMOOTHING * self._loss + (1.0 - SMOOTHING) * loss
        self._refresh(event.update)
        if self._bar is not None:
            self._bar.update(self._characters)

    def _validated(self, event: Validated) -> None:
        if event.val_nats is not None:
            self._validation = f"  val {event.val_nats:.4f}"
            self._refresh(event.update)

    def _refresh(self, update: int) -> None:
        """Show the losses beside the bar, or in a plain line if the last one is old enough."""
        losses, now = f"loss {self._loss:.3f}{self._validation}", time.monotonic()
        if self._bar is not None:
            self._bar.set_postfix_str(losses, refresh=False)
        elif now - self._last_line > LINE_SECONDS:
            self._last_line = now
            done = (update - self._first_update) * self._characters
            rate = done / max(1e-9, now - self._began)
            left = (self._updates - update) * self._characters / max(1e-9, rate)
            note(
                f"update {update:,}/{self._updates:,}  {losses}  "
                f"{rate / 1000:,.0f}k {unit_of(self._tokens)}s/s  {clock(left)} left"
            )

    def _note(self, text: str) -> None:
        if self._bar is not None:
            self._bar.write(printable(text), file=sys.stderr)
        else:
            note(text)


@contextmanager
def counting_bar(total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """A progress bar for work of `total` steps; yields a function that adds to the steps done.

    `unit` names a step. Only a terminal shows the bar, once the work has taken a second.
    """
    late, done = _LateBar(unit), 0

    def advance(steps: int) -> None:
        nonlocal done
        done += steps
        late.show(done, total)

    try:
        yield advance
    finally:
        late.close()


@contextmanager
def growing_bar(unit: str) -> Iterator[Callable[[int, int], None]]:
    """The same for work whose length is known late; yields a function of the steps done and all."""
    late = _LateBar(unit)
    try:
        yield late.show
    finally:
        late.close()


def reading_bar(check: Callable[[], None]) -> ReadProgress:
    """A callback that shows how much of a long text has been read.

    It calls `check` each time, which may raise an exception to end the reading.
    """
    late = _LateBar("B", scaled=True)

    def report(done: int, total: int | None, phase: str) -> None:
        check()
        late.show(done, total, printable(phase))

    return report


class _LateBar:
    """Bars that only a terminal shows, and only once the work has taken a second."""

    def __init__(self, unit: str, *, scaled: bool = False) -> None:
        self._unit, self._scaled = unit, scaled  # scaled: 1.2k, not 1200
        self._began = time.monotonic()
        self._label = ""
        self._tqdm: tqdm[NoReturn] | None = None

    def show(self, done: int, total: int | None, label: str = "") -> None:
        """Show that `done` of `total` steps are done; a new label begins a new bar."""
        if not sys.stderr.isatty() or time.monotonic() - self._began < BAR_SECONDS:
            return
        if self._tqdm is None or label != self._label:
            from tqdm import tqdm  # noqa: PLC0415 - slow to import

            self.close()
            self._label = label
            self._tqdm = tqdm(
                total=total, desc=label, unit=self._unit, unit_scale=self._scaled, leave=False
            )
        self._tqdm.update(done - self._tqdm.n)
        if total is not None and done >= total:
            self._tqdm.close()

    def close(self) -> None:
        """Take the bar away."""
        if self._tqdm is not None:
            self._tqdm.close()
