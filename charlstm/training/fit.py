"""One training run from its beginning to its last save: `fit`, read from top to bottom."""

import math
import time
from collections.abc import Callable, Generator, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from charlstm import checkpoint
from charlstm.config import Config
from charlstm.config_file import to_yaml
from charlstm.novelty import Index
from charlstm.sampling import Filters, generate
from charlstm.store.atomic import atomic_write
from charlstm.store.metrics import Metrics
from charlstm.store.runs import prune, text_cache
from charlstm.text.corpus import ReadProgress
from charlstm.training.defaults import settle_budget, updates_in_budget
from charlstm.training.early import early_updates
from charlstm.training.events import Event, Finished, Note, Preview, Started, Updated, Validated
from charlstm.training.indexes import index_of
from charlstm.training.loop import train
from charlstm.training.minutes import states_kept, updates_in_minutes
from charlstm.training.notes import notes_on
from charlstm.training.optim import Schedule
from charlstm.training.start import Training, fresh_run, resumed_run
from charlstm.training.validation import validate, warning
from charlstm.training.world import World

WORST = 3.0  # a loss above this many times the start is a failure
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
    force: bool = False,
) -> Generator[Event, None, None]:
    """Train as `config` says and yield what happens; the last event is `Finished`.

    `resume` is the run folder or checkpoint to continue: `config` is then the checkpoint's own
    with at most budget and housekeeping changed. `init_from` is a run whose weights a new one
    starts from. `fit` asks `stop` after each update; once true, it saves the run and ends. With
    `world`, whose rank 0 this is, all its ranks share the work. With `force`, files of other
    programs that are in the way in `config.out` are removed.

    Raises:
        CharlstmError: for texts, settings or checkpoints that cannot be used, when a file cannot
            be written, and when training diverges.
    """
    began = time.monotonic()
    with (
        resumed_run(resume, config, allow_changed_corpus, on_read, world)
        if resume is not None
        else fresh_run(config, root, init_from, on_read, world, force)
    ) as training:
        run, config, progress = _Run(training, began), training.config, training.progress
        yield from map(Note, [*training.texts.notes, *training.notes])
        budget = updates_in_budget(config, training.texts.train.size)
        if progress.stopped_early or (budget is not None and progress.update >= budget):
            yield run.finished("already done")
            return

        if budget is None:
            budget = updates_in_minutes(training, began)
        train, val = training.texts.train.size, training.texts.val
        config = settle_budget(config, budget, train, val.size if val else 0)
        training.config = config
        training.pool.dropout, training.pool.weight_drop = config.dropout, config.weight_drop
        yield from map(Note, [*notes_on(training), *filter(None, [warning(training)])])
        if not progress.update:
            run.save("last")
        with atomic_write(training.folder / "config.yaml") as file:
            file.write(to_yaml(config))
        metrics = Metrics(training.folder, progress.update)
        yield run.started()

        for updated in run.updates():
            update = progress.update = updated.update
            progress.since_row.add(updated.loss, updated.grad_norm, clipped=updated.clipped)
            yield updated
            reason = "done" if update >= budget else "stopped" if stop() else ""
            if update % (config.eval_every or budget) == 0 or reason == "done":
                yield from run.validate(metrics, updated.lr)
                if not reason and progress.validations_since_best >= (config.patience or math.inf):
                    progress.stopped_early, reason = True, "patience"
            if config.sample_every and update % config.sample_every == 0:
                yield run.preview()
            run.save_when_due(at_once=bool(reason))
            if reason:
                yield run.finished(reason)
                return


class _Run:
    """The parts of `fit`."""

    def __init__(self, training: Training, began: float) -> None:
        self.training = training
        self.began = began  # so that reading the texts counts
        self.seconds_before = training.progress.seconds
        self.val_scale = training.texts.val_scale  # now, as the file of the text may vanish
        self.saved = time.monotonic()

    def updates(self) -> Iterator[Updated]:
        """The further updates of the run, without end."""
        t, config = self.training, self.training.config
        if t.progress.start_loss is None:
            with states_kept(t.pool):
                nats, _ = t.pool.gradient(0)
            t.progress.start_loss = nats / t.characters_per_update
        return train(
            t.pool,
            Schedule(config.schedule, config.lr, config.warmup_steps, config.max_steps or 1),
            characters=t.characters_per_update,
            clip_norm=config.clip_norm,
            worst_loss=WORST * max(t.progress.start_loss, math.log(t.texts.vocabulary.size)),
            done=t.progress.update,
        )

    def validate(self, metrics: Metrics, lr: float) -> Iterator[Event]:
        """Score the validation text, save the model if it is the best, and write a row."""
        progress = self.training.progress
        row, best, notes = validate(self.training, lr)
        progress.seconds = self.seconds()
        if best:
            self.save("best")
        metrics.add(row | {"seconds": progress.seconds})
        train_nats = row["train_nats"] or 0.0
        yield Validated(progress.update, train_nats, progress.last_val, best)
        yield from map(Note, notes)

    def preview(self) -> Preview:
        """A sample, and its longest passage that is also in the training text."""
        t = self.training
        newline = t.texts.vocabulary.encode("\n")
        seeds = [t.config.seed + t.progress.update]
        drawn = list(generate(t.pool.parameters, newline, PREVIEW_LENGTH, PREVIEW, seeds))
        ids = np.concatenate(drawn)
        novelty = self._index.novelty(ids, t.pool.parameters.reset_at)
        decode = t.texts.vocabulary.decode
        copy = decode(ids[novelty.begin :][: novelty.longest])
        return Preview(t.progress.update, decode(ids), novelty, copy)

    @cached_property
    def _index(self) -> Index:
        return index_of(self.training.texts.train, text_cache(self.training.folder))

    def save_when_due(self, *, at_once: bool) -> None:
        """Save `last.npz`, and the checkpoints that `config.keep` and `keep_early` ask for."""
        t, config, update = self.training, self.training.config, self.training.progress.update
        periodic = update % (config.checkpoint_every or config.max_steps or 1) == 0
        late = time.monotonic() - self.saved > 60.0 * config.checkpoint_minutes
        if update in self._early:
            self.save(f"early-{update:06d}", weights_only=True)
        if periodic and config.keep:
            self.save(f"step-{update}")
            prune(t.folder, config.keep)
        if periodic or late or at_once:
            self.save("last")

    @cached_property
    def _early(self) -> frozenset[int]:
        return early_updates(self.training.config.keep_early, self.training.config.max_steps or 0)

    def save(self, name: str, *, weights_only: bool = False) -> None:
        """Write the checkpoint `name`; a run cannot go on from one with `weights_only`."""
        t, texts = self.training, self.training.texts
        arrays = checkpoint.weights_of(t.pool.parameters) if weights_only else t.arrays
        t.progress.seconds = self.seconds()
        header = t.config, texts.vocabulary, t.progress, texts.corpus, texts.val_corpus
        checkpoint.save(t.folder / f"{name}.npz", checkpoint.Checkpoint(*header, arrays))
        self.saved = self.saved if weights_only else time.monotonic()

    def started(self) -> Started:
        """The event of the beginning."""
        t = self.training
        return Started(
            t.folder,
            t.config,
            t.pool.parameters.num_parameters,
            t.texts.train.size,
            t.texts.val.size if t.texts.val else 0,
            t.progress.update,
            t.workers,
        )

    def finished(self, reason: str) -> Finished:
        """The event of the end."""
        t, progress = self.training, self.training.progress
        return Finished(
            t.folder,
            reason,
            progress.update,
            t.config.max_steps or progress.update,
            progress.update * t.characters_per_update,
            progress.seconds,
            progress.best_val,
            progress.last_val,
            self.val_scale,
            warning(t),
        )

    def seconds(self) -> float:
        """Seconds spent on the run, over all resumptions."""
        return self.seconds_before + (time.monotonic() - self.began)
