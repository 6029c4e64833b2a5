"""One training run: the trainer joined with validation, previews, metrics and checkpoint."""

import math
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from charlstm import checkpoint
from charlstm.checkpoint import Checkpoint
from charlstm.config import Config
from charlstm.novelty import Index
from charlstm.sampler import Filters, generate
from charlstm.store.atomic import atomic_write
from charlstm.store.metrics import Metrics
from charlstm.store.runs import prune, text_cache
from charlstm.text.corpus import ReadProgress
from charlstm.training.defaults import settle_intervals, steps_of, updates_within
from charlstm.training.events import Event, Finished, Note, Preview, Started, Updated, Validated
from charlstm.training.loop import train
from charlstm.training.optim import Schedule
from charlstm.training.start import Training, afresh, resumed
from charlstm.training.texts import index_of
from charlstm.training.world import World
from charlstm.yaml_file import to_yaml

WORST = 3.0  # a loss above this many times the start is a failure
TIMING_SECONDS = 1.0  # how long updates are timed before minutes are turned into updates
VALIDATION_COST = 0.4  # of a character validated, against one trained on
PREVIEW_LENGTH = 200
PREVIEW = Filters(temperature=0.8)


def fit(
    config: Config,
    *,
    resume: Path | None = None,
    init_from: Path | None = None,
    allow_changed_corpus: bool = False,
    root: Path = Path("runs"),
    stop: Callable[[], bool] = lambda: False,
    on_read: ReadProgress | None = None,
    world: World | None = None,
) -> Generator[Event, None, None]:
    """Train as `config` says and tell what happens; the last event is `Finished`.

    `resume` is the run folder or checkpoint to continue: `config` is then the checkpoint's own
    with at most budget and housekeeping changed. `init_from` is a run whose weights a new one
    starts from. `stop` is asked after each update; once true the run is saved and ends. With
    `world`, whose rank 0 this is, all its ranks share the work.

    Raises:
        CharlstmError: for texts, settings or checkpoints that cannot be used, when a file cannot
            be written, and when training diverges.
    """
    began = time.monotonic()
    beginning: AbstractContextManager[Training]
    if resume is not None:
        beginning = resumed(resume, config, allow_changed_corpus, on_read, world)
    else:
        beginning = afresh(config, root, init_from, on_read, world)
    with beginning as training:
        yield from _Run(training, began, stop).go()


class _Run:
    """The flow of one run after its beginning."""

    def __init__(self, training: Training, began: float, stop: Callable[[], bool]) -> None:
        self.t, self.stop = training, stop
        self.began = self.saved = time.monotonic()
        self.seconds_reading = self.began - began  # seconds until the texts were read
        self.before = training.progress.seconds + self.seconds_reading
        self.since: list[Updated] = []  # steps since the last validation

    def go(self) -> Iterator[Event]:
        t, progress = self.t, self.t.progress
        yield from map(Note, t.notes)
        steps = steps_of(t.config, t.texts.train.size)
        if progress.early or (steps is not None and progress.update >= steps):
            yield self._finished("already done")
            return
        self._settle(steps)
        config = t.config
        total = config.max_steps
        assert total is not None
        if not progress.update:
            self._save("last")
        with atomic_write(t.folder / "config.yaml") as file:
            file.write(to_yaml(config))
        metrics = Metrics(t.folder, progress.update)
        yield self._started()
        for step in self._steps():
            progress.update, progress.seconds = step.update, self._seconds()
            self.since.append(step)
            yield step
            reason = "done" if step.update >= total else "stopped" if self.stop() else ""
            if step.update % (config.eval_every or total) == 0 or reason == "done":
                yield self._validate(metrics)
                if config.patience and progress.worse >= config.patience and not reason:
                    progress.early, reason = True, "patience"
            if config.sample_every and step.update % config.sample_every == 0:
                yield self._preview()
            self._save_when_due(step, at_once=bool(reason))
            if reason:
                yield self._finished(reason)
                return

    def _settle(self, steps: int | None) -> None:
        """Settle the budget, timing updates where it is in minutes, and what follows from it."""
        t, eval_every = self.t, self.t.config.eval_every
        if steps is None:
            steps, eval_every = self._steps_in(60.0 * (t.config.max_minutes or 0.0))
        t.config = replace(t.config, max_steps=steps, epochs=None, max_minutes=None)
        t.config = settle_intervals(replace(t.config, eval_every=eval_every))

    def _steps_in(self, seconds: float) -> tuple[int, int]:
        """The last update that `seconds` leave time for, and how many lie between validations.

        Some updates are timed without effect.
        """
        t = self.t
        states = [state.copy() for state in t.team.states]
        began, count = time.monotonic(), 0
        while count < 3 or time.monotonic() - began < min(TIMING_SECONDS, 0.1 * seconds):
            t.team.gradient(t.progress.update)
            if count == 0:
                began = time.monotonic()  # the first one allocates
            count += 1
        for state, copy in zip(t.team.states, states, strict=True):
            state[...] = copy
        each = (time.monotonic() - began) / (count - 1)
        predicted = t.config.batch_size * t.config.seq_length
        val = t.texts.val.size if t.texts.val else 0
        validation = val * VALIDATION_COST * each / predicted
        left = seconds - (time.monotonic() - self.began) - self.seconds_reading
        updates, eval_every = updates_within(left, 1.02 * each, validation, t.config.eval_every)
        return t.progress.update + updates, eval_every

    def _steps(self) -> Iterator[Updated]:
        t, config = self.t, self.t.config
        if t.progress.start_loss is None:
            states = [state.copy() for state in t.team.states]
            nats, _ = t.team.gradient(0)
            t.progress.start_loss = nats / (config.batch_size * config.seq_length)
            for state, copy in zip(t.team.states, states, strict=True):
                state[...] = copy
        return train(
            t.team,
            t.optimiser,
            Schedule(config.schedule, config.lr, config.warmup_steps, config.max_steps or 1),
            characters=config.batch_size * config.seq_length,
            clip_norm=config.clip_norm,
            worst_loss=WORST * max(t.progress.start_loss, math.log(t.texts.vocabulary.size)),
            done=t.progress.update,
        )

    def _validate(self, metrics: Metrics) -> Validated:
        t, progress, since = self.t, self.t.progress, self.since
        train_nats = sum(step.loss for step in since) / len(since)
        val_nats = t.team.validate().nats_per_char if t.texts.val else None
        best = val_nats is not None and (progress.best_val is None or val_nats < progress.best_val)
        progress.last_val, progress.seconds = val_nats, self._seconds()
        if best:
            progress.best_val, progress.worse = val_nats, 0
            self._save("best")
        elif val_nats is not None:
            progress.worse += 1
        characters = self._characters()
        metrics.add(
            {
                "update": progress.update,
                "characters": characters,
                "epoch": characters / (t.texts.train.size),
                "seconds": progress.seconds,
                "train_nats": train_nats,
                "val_nats": val_nats,
                "lr": since[-1].lr,
                "grad_norm": sum(step.grad_norm for step in since) / len(since),
                "clipped": sum(step.clipped for step in since) / len(since),
            }
        )
        since.clear()
        return Validated(progress.update, train_nats, val_nats, best)

    def _save_when_due(self, step: Updated, *, at_once: bool) -> None:
        config = self.t.config
        periodic = step.update % (config.checkpoint_every or config.max_steps or 1) == 0
        late = time.monotonic() - self.saved > 60.0 * config.checkpoint_minutes
        if periodic and config.keep:
            self._save(f"step-{step.update}")
            prune(self.t.folder, config.keep)
        if periodic or late or at_once:
            self._save("last")

    def _save(self, name: str) -> None:
        t = self.t
        arrays = {f"state/{k}": state for k, state in enumerate(t.team.states)}
        texts = t.texts
        snapshot = Checkpoint(
            t.config, texts.vocabulary, t.progress, texts.corpus, texts.val_corpus, arrays
        )
        checkpoint.save(t.folder / f"{name}.npz", snapshot, t.team.parameters, t.optimiser)
        self.saved = time.monotonic()

    def _preview(self) -> Preview:
        t = self.t
        newline = t.texts.vocabulary.encode("\n")
        seeds = [t.config.seed + t.progress.update]
        drawn = list(generate(t.team.parameters, newline, PREVIEW_LENGTH, PREVIEW, seeds))
        ids = np.concatenate(drawn)
        novelty, decode = self._index.novelty(ids), t.texts.vocabulary.decode
        run = decode(ids[novelty.begin :][: novelty.longest])
        return Preview(t.progress.update, decode(ids), novelty, run)

    @cached_property
    def _index(self) -> Index:
        """What finds copies of the training text."""
        return index_of(self.t.texts.train, text_cache(self.t.folder))

    def _started(self) -> Started:
        t = self.t
        train_part, val = t.texts.train, t.texts.val
        return Started(
            t.folder,
            t.config,
            t.team.parameters.num_parameters,
            train_part.size,
            val.size if val else 0,
            t.progress.update,
            t.workers,
        )

    def _finished(self, reason: str) -> Finished:
        progress = self.t.progress
        return Finished(
            self.t.folder,
            reason,
            progress.update,
            self.t.config.max_steps or progress.update,
            self._characters(),
            progress.seconds,
            progress.best_val,
            progress.last_val,
        )

    def _characters(self) -> int:
        config = self.t.config
        return self.t.progress.update * config.batch_size * config.seq_length

    def _seconds(self) -> float:
        return self.before + (time.monotonic() - self.began)
