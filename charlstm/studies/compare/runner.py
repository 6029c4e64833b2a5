"""Makes the runs of a comparison one after another; a run that was stopped goes on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from charlstm import checkpoint
from charlstm.config import Config
from charlstm.errors import ConfigError, CorpusError, DivergedError
from charlstm.nn.parameters import Architecture, Parameters
from charlstm.store.runs import prune, text_cache
from charlstm.studies.compare.comparison import Comparison
from charlstm.studies.compare.measure import (
    OnScored,
    PairMakerOf,
    measured,
    pairs_digest,
    unmeasured,
)
from charlstm.studies.compare.outcome import Outcome, claim_for, read_outcome, write_outcome
from charlstm.studies.compare.planned import PlannedRun
from charlstm.text.corpus import ReadProgress
from charlstm.training.events import Event, Finished
from charlstm.training.fit import fit
from charlstm.training.texts import read_texts, read_texts_again


@dataclass(frozen=True)
class NextRun:
    """The run that comes next: its number from 1, how many there are, its name."""

    number: int
    count: int
    name: str
    finished_before: bool


def compare(
    comparison: Comparison,
    maker_of: PairMakerOf,
    *,
    force: bool = False,
    stop: Callable[[], bool] = lambda: False,
    on_read: ReadProgress | None = None,
    on_scored: OnScored = lambda _: None,
) -> Iterator[NextRun | Event | Outcome]:
    """Make every run that is not finished already, and measure it.

    `maker_of` returns what makes minimal pairs for a corpus. A corpus without it is measured on
    `comparison.pairs` alone, and not at all where there are none. With `force`, files of other
    programs that are in the way of a new run are removed.

    Yields a `NextRun` for each run, the events of its training, then its `Outcome`. `stop` is
    called after each update; if it returns true, the run is saved and the iterator ends. An
    exception of `on_scored` ends the measuring; the next call measures this run from the start.

    Raises:
        CharlstmError: if a run cannot be made; finished runs are kept.
    """
    runs = [_sized(comparison, planned, on_read) for planned in comparison.runs]
    texts: dict[object, object] = {}
    for planned in runs:
        run = comparison.out / planned.name
        claim_for(run, _settings(comparison, planned.config), force)
        _same_pairs(comparison, run)
        _same_text(planned.config, run, texts, on_read)
    for number, planned in enumerate(runs, 1):
        if stop():
            return
        run = comparison.out / planned.name
        finished = outcome = read_outcome(run)
        yield NextRun(number, len(runs), planned.name, finished is not None)
        if outcome is None:
            diverged = scale = None
            try:
                for event in _train(run, planned.config, stop, on_read):
                    yield event
                    if isinstance(event, Finished):
                        scale = event.val_scale
                        if event.reason == "stopped":
                            return
            except DivergedError as error:
                diverged = str(error)
            _same_text(planned.config, run, texts, on_read)
            outcome = unmeasured(planned, run, diverged, scale)
        if not outcome.diverged:
            maker = maker_of(planned.config.corpus)
            outcome = measured(outcome, comparison, run, maker, on_scored)
        write_outcome(run, outcome)
        if not finished:  # else a checkpoint along the way is one that the user kept since
            prune(run, 0)
        yield outcome


def hidden_size_for(architecture: Architecture, vocabulary_size: int, parameters: int) -> int:
    """The hidden size whose number of parameters comes nearest to the one wanted.

    With attention it is a multiple of the heads.

    Raises:
        ConfigError: if the smallest network has more than that.
    """
    each = architecture.attention_heads if architecture.attention else 1

    def count(k: int) -> int:
        sized = replace(architecture, hidden_size=k * each)
        return Parameters(sized, vocabulary_size).num_parameters

    if count(1) > parameters:
        raise ConfigError(
            f"{parameters:,} parameters are too few: the smallest network "
            f"of {architecture.cell} has {count(1):,} already; raise `parameters` under budget"
        )
    high = 2
    while count(high) <= parameters:
        high *= 2
    low = high // 2  # count(low) <= parameters < count(high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) <= parameters else (low, middle)
    return each * (low if parameters - count(low) <= count(high) - parameters else high)


def _sized(comparison: Comparison, planned: PlannedRun, on_read: ReadProgress | None) -> PlannedRun:
    """The run with the hidden size that gives its network the wanted number of parameters."""
    if not comparison.parameters:
        return planned
    cache = text_cache(comparison.out / planned.name)
    V = read_texts(planned.config, cache, on_read=on_read).vocabulary.size
    architecture = checkpoint.architecture_of(planned.config)
    H = hidden_size_for(architecture, V, comparison.parameters)
    return replace(planned, config=replace(planned.config, hidden_size=H))


def _settings(comparison: Comparison, config: Config) -> dict[str, Any]:
    """Every setting of a run and of its measurement, by name."""
    paths = [str(path.resolve()) for path in comparison.pairs]
    pairs = paths if len(paths) > 1 else paths[0] if paths else None
    lower = {"lower": True} if comparison.lower else {}
    own = {"pairs": pairs, "per_condition": comparison.per_condition, **lower}
    return config.to_mapping() | own


def _same_text(
    config: Config, run: Path, texts: dict[object, object], on_read: ReadProgress | None
) -> None:
    """Refuse a text that has changed since a run began, or since another run of it began.

    `texts` collects what identifies the texts of all runs, by their names.

    Raises:
        CorpusError: if one has changed.
    """
    if not (run / "last.npz").is_file():
        return
    saved = checkpoint.load(run / "last.npz", weights_only=True)
    order = config.seed if config.lines else None
    sources = config.corpus, config.val, config.tokens, config.encoding, order
    digests = saved.corpus.digest, saved.val and saved.val.digest
    cure = f"choose another --out, or remove the folder {str(run)!r} to train it again"
    is_there = all(Path(name).exists() for name in [*config.corpus, config.val or "."])
    if sources not in texts and is_there:  # where it is gone, finished runs can still be shown
        read_texts_again(config, run, saved, cure=cure, on_read=on_read)
    if texts.setdefault(sources, digests) != digests:
        raise CorpusError(
            f"{', '.join(config.corpus)} has changed since the run was started; {cure}"
        )


def _same_pairs(comparison: Comparison, run: Path) -> None:
    """Refuse pairs that have changed since a run was scored on them."""
    outcome = read_outcome(run)
    before = outcome.pairs_digest if outcome else None
    if before and before != pairs_digest(comparison):
        named = ", ".join(repr(str(path)) for path in comparison.pairs)
        raise CorpusError(
            f"{named} has changed since {str(run)!r} was scored on it; "
            f"choose another --out, or remove that folder to train it again"
        )


def _train(
    run: Path, config: Config, stop: Callable[[], bool], on_read: ReadProgress | None
) -> Iterator[Event]:
    last = run / "last.npz"
    if last.is_file():
        saved = checkpoint.load(last, weights_only=True).config
        saved = replace(saved, threads=config.threads, workers=config.workers)
        yield from fit(saved, resume=run, stop=stop, on_read=on_read)
    else:
        yield from fit(replace(config, out=str(run)), stop=stop, on_read=on_read)
