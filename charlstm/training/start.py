"""The three ways to begin a run: anew, anew from old weights, or where a run stopped."""

import math
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from charlstm import checkpoint
from charlstm.config import Config
from charlstm.errors import CheckpointError, ConfigError
from charlstm.hints import command
from charlstm.nn import Array
from charlstm.nn.parameters import flat_size, state_sizes
from charlstm.progress import Progress
from charlstm.store.atomic import clean_stray
from charlstm.store.lock import RunLock
from charlstm.store.npz import MAX_BYTES
from charlstm.store.runs import checkpoint_path, claim, new_run, text_cache
from charlstm.text.corpus import ReadProgress
from charlstm.text.lines import count_lines
from charlstm.text.sources import find_files, is_pipe
from charlstm.training.defaults import (
    DROPOUT_TIMED,
    WEIGHT_DROP,
    choose,
    fit_to_text,
    settle_shards,
    workers_for,
)
from charlstm.training.loop import Pool
from charlstm.training.old_weights import copy_weights
from charlstm.training.optim import OPTIMISERS
from charlstm.training.shards import Plan
from charlstm.training.texts import Texts, absolute, read_texts, read_texts_again
from charlstm.training.workers import Job, WorkerPool
from charlstm.training.world import World


@dataclass
class Training:
    """A run that is ready for its next update, in a run folder that is locked."""

    folder: Path
    config: Config
    texts: Texts
    pool: Pool
    progress: Progress
    workers: int
    ranks: int  # of MPI; 0 without it
    notes: list[str]  # for the user
    open_before: Collection[str] = ()  # the settings that the user left to the rules

    @property
    def characters_per_update(self) -> int:
        """How many characters one update reads, and predicts."""
        return self.config.batch_size * self.config.seq_length

    @property
    def arrays(self) -> dict[str, Array]:
        """The arrays that a checkpoint saves and restores, by their names in it."""
        return checkpoint.arrays_of(self.pool.parameters, self.pool.moments, self.pool.states)


@contextmanager
def resumed_run(
    run: Path,
    config: Config,
    allow_changed_corpus: bool,
    on_read: ReadProgress | None,
    world: World | None = None,
) -> Iterator[Training]:
    """The run as its checkpoint left it; `config` may change the budget and housekeeping alone."""
    path = checkpoint_path(run, prefer="last")
    folder = path.parent
    with RunLock(folder):
        clean_stray(folder)
        old = checkpoint.load(path)
        if all(name.startswith("weights/") for name in old.arrays):
            raise CheckpointError(
                f"{str(path)!r} holds weights alone, and no run can go on from it; continue with "
                f"{command('train', '--resume', folder)}, or start a new one with --init-from"
            )
        progress = old.progress
        if _allows_more(config, old.config):
            progress.stopped_early, progress.validations_since_best = False, 0
        texts = read_texts_again(
            config, folder, old, allow_changed=allow_changed_corpus, on_read=on_read
        )
        with _training(folder, config, texts, progress, [], world) as training:
            checkpoint.restore(old, path, training.arrays)
            yield training


@contextmanager
def fresh_run(
    config: Config,
    root: Path,
    init_from: Path | None,
    on_read: ReadProgress | None,
    world: World | None = None,
    force: bool = False,
) -> Iterator[Training]:
    """A new run in a new folder, with random weights or with those of `init_from`."""
    if not config.corpus:
        raise ConfigError("no text to train on; name a file, a folder, or - for standard input.")
    checkpoint.architecture_of(config).make_cell()  # a wrong option is an error at once
    path = checkpoint_path(init_from) if init_from else None
    old = checkpoint.load(path, weights_only=True) if path else None
    if old and old.vocabulary.tokens != config.tokens:
        raise ConfigError(
            f"tokens is {config.tokens}, but {str(path)!r} knows {old.vocabulary.tokens}s; "
            f"leave out the setting tokens."
        )
    with _new_folder(config, root, force) as folder:
        vocabulary = old.vocabulary if old else None
        texts = read_texts(config, text_cache(folder), vocabulary=vocabulary, on_read=on_read)
        if old and "hidden_size" in config.undecided:
            config = replace(config, hidden_size=old.config.hidden_size)
        ids, newline = texts.train.open(), texts.prime
        lines = count_lines(ids, newline, config.batch_size) if config.lines else None
        config, shrunk = fit_to_text(config, ids.size, lines)
        open_before, config = config.undecided, choose(config, texts.train.size)
        config = replace(
            settle_shards(config, world.size if world else None),
            corpus=tuple(absolute(name) for name in config.corpus),
            val=absolute(config.val) if config.val else None,
            out=None,
        )
        with _training(folder, config, texts, Progress(), shrunk, world) as training:
            training.open_before = open_before
            training.pool.parameters.initialise(config.seed)
            if old and path:
                copy_weights(old, path, training.pool.parameters)
            yield training


@contextmanager
def _training(
    folder: Path,
    config: Config,
    texts: Texts,
    progress: Progress,
    notes: list[str],
    world: World | None,
) -> Iterator[Training]:
    """A run whose weights, moments and states are all zero."""
    V, newline = texts.vocabulary.size, texts.prime if config.lines else None
    sizes = V, config.batch_size, config.seq_length, config.shards or 1, config.seed
    plan = Plan(
        checkpoint.architecture_of(config),
        *sizes,
        memory_penalty=config.memory_penalty,
        reset_at=newline,
        optimizer=config.optimizer,
    )
    _check_size(plan, config)
    job = Job(plan, texts.train, texts.val, texts.prime)
    ranks = world.size if world else 0
    workers = min(ranks, plan.shards) if ranks else workers_for(config)
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(config.threads))
        pool: Pool
        if world:
            from charlstm.training.mpi import RankPool  # noqa: PLC0415 - only under mpiexec

            pool = stack.enter_context(RankPool(world, job, config.threads))
        else:
            pool = stack.enter_context(WorkerPool(job, workers, config.threads))
        pool.dropout, pool.weight_drop = config.dropout, config.weight_drop
        if "dropout" in config.undecided:
            pool.dropout = DROPOUT_TIMED
        if "weight_drop" in config.undecided:
            pool.weight_drop = WEIGHT_DROP if "dropout" in config.undecided else 0.0
        yield Training(folder, config, texts, pool, progress, workers, ranks, notes)


def _check_size(plan: Plan, config: Config) -> None:
    """Refuse a run whose checkpoint would not fit into its file, before any work and memory."""
    copies = 1 + len(OPTIMISERS[config.optimizer].names)  # the weights and their moments
    numbers = copies * flat_size(plan.architecture, plan.vocabulary_size)
    numbers += plan.batch_size * sum(state_sizes(plan.architecture))
    if 4 * numbers > MAX_BYTES:
        raise ConfigError(
            f"a checkpoint of this run would take {4 * numbers / 2**30:,.1f} GiB, and it can hold "
            f"4; use a smaller --hidden-size, --attention or --batch-size."
        )


@contextmanager
def _new_folder(config: Config, root: Path, force: bool) -> Iterator[Path]:
    """A locked folder for a new run; it is removed if the run ends before its first save."""
    find_files([*config.corpus, *([config.val] if config.val else [])])  # or no folder is made
    out = Path(config.out) if config.out else None
    was_there = bool(out and out.exists())
    folder = claim(out, force) if out else new_run(root, _stem(config.corpus[0]))
    with RunLock(folder):
        clean_stray(folder)
        try:
            yield folder
        except BaseException:
            with suppress(OSError):  # somebody has removed it
                if not was_there and [path.name for path in folder.iterdir()] == [".lock"]:
                    (folder / ".lock").unlink()
                    folder.rmdir()
            raise


def _stem(corpus: str) -> str:
    name = "stdin" if is_pipe(corpus) else Path(corpus).resolve().name
    return name.removesuffix(".gz").removesuffix(".txt")


def _allows_more(config: Config, old: Config) -> bool:
    """Whether a run that --patience stopped may go on: with other patience or a larger budget."""
    patience, budget = config.patience != old.patience, config.max_steps != old.max_steps
    return patience or (budget and (config.max_steps or math.inf) > (old.max_steps or 0))
