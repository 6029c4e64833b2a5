"""What a training run shows while it goes on: a bar in a terminal, plain lines elsewhere."""

import math
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from charlstm.cli.terminal import copied, note, printable
from charlstm.text.corpus import ReadProgress
from charlstm.training.events import Event, Finished, Note, Preview, Started, Updated, Validated

LINE_SECONDS = 5.0  # between plain lines where there is no terminal
BAR_SECONDS = 1.0  # what is done sooner than this gets no bar
SMOOTHING = 0.98


class Display:
    """Shows the events of a run on standard error and keeps its result."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._terminal = sys.stderr.isatty()
        self._bar: Any = None
        self._loss = math.nan
        self._val = ""
        self._line = self._began = 0.0
        self._first = self._total = self._each = 0
        self.result: dict[str, Any] | None = None

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
                self._note(copied(event.novelty, event.longest_copy))
            case Finished():
                self.__exit__()
                self._finish(event)

    def _start(self, event: Started) -> None:
        config = event.config
        self._first, self._total = event.update, config.max_steps or 0
        self._each = config.batch_size * config.seq_length
        self._began = self._line = time.monotonic()
        options = "".join(f" {name}={value}" for name, value in config.cell_options.items())
        note(
            f"{event.run}: {config.cell}{options} {config.num_layers}×{config.hidden_size}, "
            f"{event.num_parameters:,} parameters, {event.characters:,} characters to train on, "
            f"{event.val_characters:,} to validate on"
        )
        passes = self._total * self._each / event.characters
        note(
            f"{self._total:,} updates of {config.batch_size}×{config.seq_length} characters "
            f"({passes:.3g} passes), {event.workers} worker{'s' * (event.workers != 1)}"
            + (f", going on after update {event.update:,}" if event.update else "")
        )
        if self._terminal:
            from tqdm import tqdm

            self._bar = tqdm(
                total=self._total * self._each,
                initial=self._first * self._each,
                unit="char",
                unit_scale=True,
                dynamic_ncols=True,
                mininterval=0.2,
            )

    def _update(self, event: Updated) -> None:
        loss = event.loss
        self._loss = loss if math.isnan(self._loss) else self._loss
        self._loss = SMOOTHING * self._loss + (1.0 - SMOOTHING) * loss
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss {self._loss:.3f}{self._val}", refresh=False)
            self._bar.update(self._each)
        elif time.monotonic() - self._line > LINE_SECONDS:
            self._plain(event.update)

    def _plain(self, update: int) -> None:
        now = time.monotonic()
        self._line = now
        rate = (update - self._first) * self._each / max(1e-9, now - self._began)
        left = (self._total - update) * self._each / max(1e-9, rate)
        note(
            f"update {update:,}/{self._total:,}  loss {self._loss:.3f}{self._val}  "
            f"{rate / 1000:,.0f}k characters/s  {_clock(left)} left"
        )

    def _validated(self, event: Validated) -> None:
        if event.val_nats is None:
            return
        self._val = f"  val {event.val_nats:.4f}"
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss {self._loss:.3f}{self._val}", refresh=False)
        elif time.monotonic() - self._line > LINE_SECONDS:
            self._plain(event.update)

    def _finish(self, event: Finished) -> None:
        self.result = {
            "run": str(event.run),
            "steps": event.steps,
            "characters": event.characters,
            "seconds": event.seconds,
            "best_val_nats": event.best_val_nats,
            "last_val_nats": event.last_val_nats,
            "reason": event.reason,
        }
        run = shlex.quote(str(event.run))
        if event.reason == "already done":
            more = 2 * max(event.steps, event.budget)
            note(
                f"{event.run} is finished after {event.steps:,} updates; nothing was changed. "
                f"To go on: charlstm train --resume {run} --max-steps {more}"
            )
            return
        if event.reason == "stopped":
            note(f"saved after {event.steps:,} updates; resume: charlstm train --resume {run}")
            return
        best, last = event.best_val_nats, event.last_val_nats
        scores = ""
        if best is not None and last is not None:
            scores = (
                f"; validation {last:.4f} nats/char ({last / math.log(2):.4f} bits), "
                f"best {best:.4f}"
            )
        early = " (no better validation for a while)" if event.reason == "patience" else ""
        note(
            f"done after {event.steps:,} updates, {event.characters:,} characters in "
            f"{event.seconds:.1f} s{early}{scores}"
        )
        note(f'sample from it: charlstm sample --run {run} --prime "The "')

    def _note(self, text: str) -> None:
        if self._bar is not None:
            self._bar.write(printable(text), file=sys.stderr)
        else:
            note(text)


def reading_bar(check: Callable[[], None]) -> ReadProgress:
    """A callback that shows how far a long text has been read; `check` may interrupt it."""
    state: dict[str, Any] = {"bar": None, "phase": "", "began": time.monotonic()}

    def report(done: int, total: int | None, phase: str) -> None:
        check()
        if not sys.stderr.isatty() or time.monotonic() - state["began"] < BAR_SECONDS:
            return
        bar = state["bar"]
        if phase != state["phase"]:
            from tqdm import tqdm

            if bar is not None:
                bar.close()
            bar = tqdm(total=total, unit="B", unit_scale=True, desc=printable(phase), leave=False)
            state.update(bar=bar, phase=phase)
        bar.update(done - bar.n)
        if total is not None and done >= total:
            bar.close()

    return report


@contextmanager
def counting_bar(total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Yield a callback that adds to a count; a terminal shows the count if it takes a while."""
    began, count = time.monotonic(), 0
    bar: Any = None

    def add(more: int) -> None:
        nonlocal bar, count
        count += more
        if bar is None and sys.stderr.isatty() and time.monotonic() - began >= BAR_SECONDS:
            from tqdm import tqdm

            bar = tqdm(total=total, unit=unit, leave=False)
        if bar is not None:
            bar.update(count - bar.n)

    try:
        yield add
    finally:
        if bar is not None:
            bar.close()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
