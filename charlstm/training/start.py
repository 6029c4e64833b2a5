"""The three ways to begin a training: afresh, from old weights, or where a run left off."""

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from charlstm import checkpoint
from charlstm.checkpoint import Progress, architecture_of
from charlstm.config import Config
from charlstm.errors import ConfigError
from charlstm.store.atomic import clean_stray
from charlstm.store.lock import RunLock
from charlstm.store.runs import checkpoint_path, claim, new_run, text_cache
from charlstm.text.corpus import ReadProgress
from charlstm.text.sources import find_files
from charlstm.training.defaults import choose, fit_to_text, share_out, workers_for
from charlstm.training.loop import GradientSource
from charlstm.training.optim import OPTIMISERS, Optimiser
from charlstm.training.shards import Plan
from charlstm.training.texts import Texts, absolute, read_texts
from charlstm.training.workers import Job, WorkerPool
from charlstm.training.world import World


@dataclass
class Training:
    """A training ready for its next update, in a run folder that is locked."""

    folder: Path
    config: Config
    texts: Texts
    team: GradientSource
    optimiser: Optimiser
    progress: Progress
    workers: int
    notes: list[str]


@contextmanager
def afresh(
    config: Config,
    root: Path,
    init_from: Path | None,
    on_read: ReadProgress | None,
    world: World | None = None,
) -> Iterator[Training]:
    """A new run in a new folder, with fresh weights or with those of `init_from`."""
    if not config.corpus:
        raise ConfigError("no text to train on; name a file, a folder, or - for standard input.")
    architecture_of(config).make_cell()  # its mistakes are found before a long text is read
    path = checkpoint_path(init_from) if init_from else None
    old = checkpoint.load(path, weights_only=True) if path else None
    if old and old.vocabulary.tokens != config.tokens:
        raise ConfigError(
            f"tokens is {config.tokens}, but {str(path)!r} knows {old.vocabulary.tokens}s; "
            f"leave out --tokens."
        )
    with _new_folder(config, root) as folder:
        texts = read_texts(config, text_cache(folder), old=old, extend=True, on_read=on_read)
        characters = texts.train.size
        if old and "hidden_size" in config.undecided:
            config = replace(config, hidden_size=old.config.hidden_size)
        config, shrunk = fit_to_text(config, characters)
        config, chosen = choose(config, characters)
        config = replace(
            share_out(config, world.size if world else None),
            corpus=tuple(absolute(name) for name in config.corpus),
            val=absolute(config.val) if config.val else None,
            out=None,
        )
        with _training(folder, config, texts, Progress(), [*shrunk, *chosen], world) as training:
            training.team.parameters.initialise(config.seed)
            if old and path:
                checkpoint.adopt(training.team.parameters, old, path)
            yield training


@contextmanager
def _new_folder(config: Config, root: Path) -> Iterator[Path]:
    """A locked folder for a new run, gone again if the run ends before its first save."""
    find_files([*config.corpus, *([config.val] if config.val else [])])  # or nothing is made
    was_there = bool(config.out) and Path(config.out or "").exists()
    folder = claim(Path(config.out)) if config.out else new_run(root, _stem(config.corpus[0]))
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


@contextmanager
def resumed(
    run: Path,
    config: Config,
    allow_changed_corpus: bool,
    on_read: ReadProgress | None,
    world: World | None = None,
) -> Iterator[Training]:
    """The run as its checkpoint left it; `config` is its own but for budget and housekeeping."""
    path = checkpoint_path(run, prefer="last")
    folder = path.parent
    with RunLock(folder):
        clean_stray(folder)
        old = checkpoint.load(path)
        if _asks_for_more(config, old.config):
            old.progress.early, old.progress.worse = False, 0
        texts = read_texts(
            config,
            text_cache(folder),
            old=old,
            allow_changed=allow_changed_corpus,
            on_read=on_read,
        )
        with _training(folder, config, texts, old.progress, [], world) as training:
            team = training.team
            checkpoint.restore(old, path, team.parameters, training.optimiser, team.states)
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
    plan = Plan(
        architecture_of(config),
        texts.vocabulary.size,
        config.batch_size,
        config.seq_length,
        config.shards or 1,
        config.dropout,
        config.seed,
    )
    job = Job(plan, texts.train, texts.val, texts.prime)
    workers = min(world.size, plan.shards) if world else workers_for(config)
    if world and world.size > plan.shards:
        notes.append(
            f"only {plan.shards} of {world.size} ranks have work: the batch is cut into "
            f"{plan.shards} shards; a new run may be given more of them with --shards"
        )
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(config.threads))
        team: GradientSource
        if world:
            from charlstm.training.mpi import RankPool  # noqa: PLC0415 - only under mpiexec

            team = stack.enter_context(RankPool(world, job, config.threads))
        else:
            team = stack.enter_context(WorkerPool(job, workers, config.threads))
        optimiser = OPTIMISERS[config.optimizer](team.parameters.size, team.parameters.flat.dtype)
        yield Training(folder, config, texts, team, optimiser, progress, workers, notes)


def _asks_for_more(config: Config, old: Config) -> bool:
    """Whether a run that --patience ended is to go on: it got more patience or a larger budget."""
    patience, budget = config.patience != old.patience, config.max_steps != old.max_steps
    return patience or (budget and (config.max_steps or math.inf) > (old.max_steps or 0))


def _stem(corpus: str) -> str:
    name = "stdin" if corpus == "-" else Path(corpus).resolve().name
    return name.removesuffix(".gz").removesuffix(".txt")
