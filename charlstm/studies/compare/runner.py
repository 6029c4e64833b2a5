"""Makes the runs of a plan one after another, each where it left off, and measures each."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from charlstm import checkpoint
from charlstm.api import Model, load
from charlstm.config import Config
from charlstm.errors import DivergedError
from charlstm.pairs.files import PairSet, read_pairs
from charlstm.pairs.report import Report, measure
from charlstm.store.metrics import read as read_metrics
from charlstm.store.runs import prune
from charlstm.studies.agreement.pair_sets import default_set, settings_of, sweep
from charlstm.studies.compare.outcome import Outcome, claim_for, read_outcome, write_outcome
from charlstm.studies.compare.comparison import Comparison, Setting
from charlstm.studies.compare.size import hidden_size_for
from charlstm.text.corpus import ReadProgress
from charlstm.training.events import Event, Finished
from charlstm.training.fit import fit
from charlstm.training.texts import read_texts

ALONG_THE_WAY = 4  # the checkpoints along the way get a quarter of the pairs


@dataclass(frozen=True)
class Turn:
    """The next run: its number, how many there are, and its name."""

    number: int
    runs: int
    name: str
    kept: bool  # it was finished before


def compare(
    plan: Comparison,
    *,
    stop: Callable[[], bool] = lambda: False,
    on_read: ReadProgress | None = None,
    scoring: Callable[[int], object] = lambda _: None,
) -> Iterator[Turn | Event | Outcome]:
    """Make every run of the plan; what is finished already is not made again.

    Yields a `Turn` for each run, the events of its training, then its `Outcome`. `stop` is asked
    after each update; once true the run is saved and nothing more comes. `scoring` is told how
    many more pairs are scored; what it raises ends the measuring, which is begun anew next time.

    Raises:
        CharlstmError: for whatever makes a run impossible; finished runs are kept.
    """
    configs = [_sized(plan, setting, on_read) for setting in plan.settings]
    for setting, config in zip(plan.settings, configs, strict=True):
        claim_for(plan.out / setting.name, _asked(plan, config))
    for number, (setting, config) in enumerate(zip(plan.settings, configs, strict=True), 1):
        if stop():
            return
        run = plan.out / setting.name
        outcome = read_outcome(run)
        yield Turn(number, len(configs), setting.name, outcome is not None)
        diverged = outcome.diverged if outcome else None
        if outcome is None:
            try:
                for event in _trained(run, config, stop, on_read):
                    yield event
                    if isinstance(event, Finished) and event.reason == "stopped":
                        return
            except DivergedError as error:
                diverged = str(error)
        outcome = _measured(plan, setting, run, outcome, diverged, scoring)
        write_outcome(run, outcome)
        prune(run, 0)
        yield outcome


def _sized(plan: Comparison, setting: Setting, on_read: ReadProgress | None) -> Config:
    config = setting.config
    if not plan.parameters:
        return config
    texts = read_texts(config, plan.out / ".cache", on_read=on_read)
    architecture = checkpoint.architecture_of(config)
    H = hidden_size_for(architecture, texts.vocabulary.size, plan.parameters)
    return replace(config, hidden_size=H)


def _asked(plan: Comparison, config: Config) -> dict[str, Any]:
    pairs = str(plan.pairs.resolve()) if plan.pairs else None
    return config.to_mapping() | {"pairs": pairs, "per_condition": plan.per_condition}


def _trained(
    run: Path, config: Config, stop: Callable[[], bool], on_read: ReadProgress | None
) -> Iterator[Event]:
    last = run / "last.npz"
    if last.is_file():
        own = checkpoint.load(last, weights_only=True).config
        own = replace(own, threads=config.threads, workers=config.workers)
        yield from fit(own, resume=run, stop=stop, on_read=on_read)
    else:
        yield from fit(replace(config, out=str(run)), stop=stop, on_read=on_read)


def _measured(
    plan: Comparison,
    setting: Setting,
    run: Path,
    before: Outcome | None,
    diverged: str | None,
    scoring: Callable[[int], object],
) -> Outcome:
    model = load(run)
    outcome = before or _of_run(setting, run, model, diverged)
    if diverged:
        return outcome
    found = settings_of(setting.config.corpus)
    asked, fewer = PairSet(read_pairs(plan.pairs)) if plan.pairs else None, None
    if found and not asked:
        asked = default_set(found[0], plan.per_condition)
        fewer = default_set(found[0], max(2, plan.per_condition // ALONG_THE_WAY))
    if asked and not outcome.agreement:
        report = _report(model, asked, scoring).to_mapping()
        learning = _learning(run, fewer or asked, scoring)
        outcome = replace(outcome, agreement=report, learning=learning)
    missing = [axis for axis in plan.sweeps if found and axis not in outcome.sweeps]
    sweeps = {
        axis: _report(model, sweep(axis, found[0], plan.per_condition), scoring).to_mapping()
        for axis in missing
        if found
    }
    return replace(outcome, sweeps={**outcome.sweeps, **sweeps})


def _of_run(setting: Setting, run: Path, model: Model, diverged: str | None) -> Outcome:
    last = checkpoint.load(run / "last.npz", weights_only=True)
    rows = read_metrics(run / "metrics.csv")
    config, progress = last.config, last.progress
    return Outcome(
        name=setting.name,
        chosen=setting.chosen,
        hidden_size=config.hidden_size,
        parameters=model.parameters.num_parameters,
        steps=progress.update,
        characters=progress.update * config.batch_size * config.seq_length,
        seconds=progress.seconds,
        best_val_nats=progress.best_val,
        last_val_nats=progress.last_val,
        losses=[
            (int(float(row["characters"])), float(row["val_nats"]))
            for row in rows
            if row["val_nats"]
        ],
        diverged=diverged,
    )


def _report(model: Model, asked: PairSet, scoring: Callable[[int], object]) -> Report:
    return measure(model.parameters, model.vocabulary, asked, progress=scoring)


def _learning(
    run: Path, asked: PairSet, scoring: Callable[[int], object]
) -> Mapping[str, list[tuple[int, float]]]:
    """Accuracies by condition at each checkpoint that was kept along the way."""
    steps = [
        (int(m[1]), p) for p in run.iterdir() if (m := re.fullmatch(r"step-(\d+).npz", p.name))
    ]
    curves: dict[str, list[tuple[int, float]]] = {}
    for update, path in sorted(steps):
        model = load(path)
        characters = update * model.config.batch_size * model.config.seq_length
        report = _report(model, asked, scoring)
        results = {**report.conditions, "overall": report.overall or report.unseen}
        for name, result in results.items():
            accuracy = result.shares["accuracy"].value if result else None
            if accuracy is not None:
                curves.setdefault(name, []).append((characters, accuracy))
    return curves
