"""The default settings beside a grid of others that take the same time on the same text.

    python benchmarks/default_grid.py tinyshakespeare.txt --units 256 512 --dropouts 0 0.5

The first run has the settings that the rules choose. Every other one has so many updates as take
its time, by the characters/s of each number of units, which are measured in turns just before.
So other work on the machine during the training changes nothing. Each run has one process, and
there are as many at once as cores. Every run is printed as one line of JSON.
"""

import argparse
import itertools
import json
import os
import statistics
import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sides import Record, named, options, ours

import charlstm
from charlstm.config import Config
from charlstm.threads import cores
from charlstm.training.defaults import MEMORY_PENALTY, WEIGHT_DROP, learning_rate
from charlstm.training.events import Event, Finished, Started
from charlstm.training.fit import fit
from charlstm.training.settings import settings_of

BATCH, LENGTH, SHARDS = 32, 50, 2  # the defaults on two cores


def settings_by_rule(text: Path) -> Config:
    """The settings that the rules choose for a text, the number of updates among them."""
    with tempfile.TemporaryDirectory() as folder:
        given = settings_of({"corpus": [str(text)], "shards": SHARDS, "workers": 1})
        for event in fit(given, root=Path(folder)):
            if isinstance(event, Started):
                return event.config
    raise AssertionError("a run begins with Started")


def trained(text: Path, settings: Mapping[str, Any]) -> Record:
    """The settings that one run of its own has in the end, and its validation loss."""
    result: Record = {}

    def watch(event: Event) -> None:
        if isinstance(event, Started):
            updates = event.config.max_steps
            assert updates is not None
            names = ("hidden_size", "lr", "dropout", "weight_drop", "max_steps")
            result.update({name: getattr(event.config, name) for name in names})
            result["passes"] = updates * BATCH * LENGTH / event.characters
        if isinstance(event, Finished):
            result["best"], result["last"] = event.best_val_nats, event.last_val_nats

    with tempfile.TemporaryDirectory() as folder:
        how = {"shards": SHARDS, "workers": 1, **settings}
        charlstm.train(text, watch=watch, root=folder, **how)
    return result


def measured_rates(units: list[int], rounds: int, seconds: float) -> dict[int, float]:
    """Characters/s of each number of units with one worker for each core, medians, in turns."""
    words = ["--seconds", seconds, "--workers", cores(), "--memory_penalty", MEMORY_PENALTY]
    rates: dict[int, list[float]] = {hidden: [] for hidden in units}
    for _, hidden in itertools.product(range(rounds), units):
        size = named("lstm", hidden, 1, BATCH, LENGTH)
        rates[hidden].append(ours("train", *options(size), *words)["rate"])
    return {hidden: statistics.median(found) for hidden, found in rates.items()}


def main() -> None:
    """Train with the default and with every setting of the grid."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("text", type=Path)
    parser.add_argument("--units", type=int, nargs="+", default=[128, 256, 512])
    parser.add_argument("--times", type=float, nargs="+", default=[0.5, 1, 2], help="of the rate")
    parser.add_argument("--dropouts", type=float, nargs="+", default=[0, 0.25, 0.5])
    parser.add_argument("--speeds", type=float, nargs="+", help="characters/s, measured before")
    parser.add_argument("--share", type=float, default=1.0, help="of the default's time")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    args = parser.parse_args()

    config = settings_by_rule(args.text)
    assert config.max_steps is not None
    units = sorted({*args.units, config.hidden_size})
    if args.speeds:
        speeds = dict(zip(units, args.speeds, strict=True))
    else:
        speeds = measured_rates(units, args.rounds, args.seconds)
    print(json.dumps({"characters_per_second": speeds}), flush=True)
    runs: list[Record] = []
    if args.share == 1:
        runs = [{"seed": seed} for seed in args.seeds]
    for hidden, seed in itertools.product(args.units, args.seeds):
        share = args.share * speeds[hidden] / speeds[config.hidden_size]
        steps = round(config.max_steps * share)
        rate = learning_rate(replace(config, hidden_size=hidden), steps)
        runs += [
            {
                "hidden_size": hidden,
                "max_steps": steps,
                "lr": float(f"{rate * times:.2g}"),
                "dropout": dropout,
                "weight_drop": WEIGHT_DROP if dropout == 0.5 else 0.0,
                "seed": seed,
            }
            for times, dropout in itertools.product(args.times, args.dropouts)
        ]
    with ProcessPoolExecutor(cores(), get_context("spawn")) as pool:
        for settings, result in zip(runs, pool.map(partial(trained, args.text), runs), strict=True):
            chosen = {"default": len(settings) == 1, "seed": settings["seed"]}
            print(json.dumps(chosen | result), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
