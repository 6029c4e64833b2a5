"""Which runs a comparison makes, read from a YAML file: common settings, varied ones, a budget."""

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from charlstm.checkpoint import architecture_of
from charlstm.config import SETTINGS, Config, from_mapping
from charlstm.config_file import read_yaml, relative_to
from charlstm.errors import ConfigError
from charlstm.exclusions import broken
from charlstm.hints import did_you_mean
from charlstm.nn.cells import CELLS, cell_options
from charlstm.pairs.files import PER_CONDITION, SWEEPS
from charlstm.setting import brief
from charlstm.text.sources import is_pipe
from charlstm.training.defaults import with_memory_penalty
from charlstm.training.texts import absolute

KEYS = ("base", "vary", "budget", "pairs", "per_condition", "sweeps", "out")
BUDGET = ("parameters", "characters", "minutes")
DECIDED = {  # settings that the comparison decides, and what the user can do instead
    "epochs": "write `characters` or `minutes` under budget",
    "max_steps": "write `characters` or `minutes` under budget",
    "max_minutes": "write `minutes` under budget",
    "patience": "every run gets the whole budget",
    "keep": "every checkpoint is kept until it is measured",
    "out": "write it beside base, not in it",
}
MOST_RUNS = 1000  # in a comparison


@dataclass(frozen=True)
class PlannedRun:
    """A run to make: its name, the values chosen from `vary`, and its config."""

    name: str
    chosen: Mapping[str, Any]
    config: Config


@dataclass(frozen=True)
class Comparison:
    """All runs to make, in folders of their names under `out`.

    With `parameters`, each network gets the hidden size that comes nearest to so many. Agreement
    is measured on the file `pairs`. Without one it is measured on `per_condition` pairs of each
    condition, where the corpus has a grammar. `sweeps` are measured at the end of each run.
    """

    runs: tuple[PlannedRun, ...]
    out: Path
    parameters: int | None
    pairs: Path | None
    per_condition: int
    sweeps: tuple[str, ...]


def read_comparison(path: Path, out: Path | None = None) -> Comparison:
    """The comparison that a YAML file describes.

    Its runs go to `out`; without that, where the file says, or else to runs/<its name>.

    Raises:
        ConfigError: one line that names the file and the mistake.
    """
    mapping = read_yaml(path)
    try:
        return _comparison(path, mapping, out)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _comparison(path: Path, mapping: dict[str, Any], out: Path | None) -> Comparison:
    _known(mapping, KEYS, "key")
    for rule in broken("compare", mapping):
        raise ConfigError(rule.message())
    base = relative_to(path, _mapping(mapping, "base"))
    vary = _varied(_mapping(mapping, "vary"), base)
    parameters, budget = _budget(_mapping(mapping, "budget"))
    if parameters and "hidden_size" in {**base, **vary}:
        raise ConfigError(
            "hidden_size follows from `parameters` under budget; give one of the two."
        )
    pairs = _path(relative_to(path, mapping, ("pairs",)), "pairs")
    per_condition = mapping.get("per_condition", PER_CONDITION)
    if type(per_condition) is not int or per_condition < 2:
        raise ConfigError(
            f"per_condition must be a whole number from 2, not {brief(per_condition)}."
        )
    folder = out or _path(mapping, "out") or Path("runs") / path.stem
    runs = tuple(_runs(path, base, vary, budget))
    sweeps = _sweeps(mapping.get("sweeps"))
    return Comparison(runs, folder, parameters, pairs, per_condition, sweeps)


def _path(mapping: Mapping[str, Any], name: str) -> Path | None:
    value = mapping.get(name)
    if not isinstance(value, str | None) or value == "":
        raise ConfigError(f"{name} must be a path, not {brief(value)}.")
    return Path(value) if value else None


def _known(mapping: Mapping[str, Any], keys: Iterable[str], kind: str) -> None:
    for name in mapping:
        if name not in keys:
            raise ConfigError(f"unknown {kind} {brief(name)}{did_you_mean(name, keys)}")


def _mapping(mapping: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = mapping.get(name)
    if not isinstance(value, dict) or not value:
        raise ConfigError(f"{name} must be there, with `name: value` lines below it.")
    return value


def _varied(vary: dict[str, Any], base: Mapping[str, Any]) -> dict[str, list[Any]]:
    known = [*SETTINGS, *cell_options()]
    for name, values in {**{name: [] for name in base}, **vary}.items():
        if name not in known:
            raise ConfigError(f"unknown setting {brief(name)}{did_you_mean(name, known)}")
        if name in DECIDED:
            raise ConfigError(f"{name} is not for base or vary: {DECIDED[name]}.")
        if name in vary and name in base:
            raise ConfigError(f"{name} is both in base and in vary; leave one out.")
        if name in vary and (not isinstance(values, list) or not values):
            raise ConfigError(f"vary: {name} must be a list such as [1, 2], not {brief(values)}.")
    return vary


def _budget(budget: Mapping[str, Any]) -> tuple[int | None, dict[str, float]]:
    """The parameters of each network, if they shall be equal, and how long each run may take."""
    _known(budget, BUDGET, "budget")
    for name, value in budget.items():
        kind = float | int if name == "minutes" else int
        is_number = isinstance(value, kind) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or value <= 0:
            noun = "number" if name == "minutes" else "whole number"
            raise ConfigError(f"budget: {name} must be a {noun} above 0, not {brief(value)}.")
    given = {name: budget[name] for name in ("characters", "minutes") if name in budget}
    if len(given) != 1:
        raise ConfigError("budget needs one of characters and minutes.")
    return budget.get("parameters"), given


def _runs(
    path: Path,
    base: Mapping[str, Any],
    vary: Mapping[str, list[Any]],
    budget: Mapping[str, float],
) -> Iterable[PlannedRun]:
    """Every combination; its name has the paths as the plan at `path` writes them."""
    count = math.prod(map(len, vary.values()))
    if count > MOST_RUNS:
        raise ConfigError(
            f"{count:,} runs are more than the {MOST_RUNS:,} that one comparison takes."
        )
    names: set[str] = set()
    for values in itertools.product(*vary.values()):
        chosen = dict(zip(vary, values, strict=True))
        common = _fitting(base, vary.get("cell", []), chosen.get("cell"))
        settings = {**common, **relative_to(path, chosen), "keep": MOST_RUNS}
        config = from_mapping(with_memory_penalty(settings, settings), cell_options())
        if not config.corpus or any(map(is_pipe, [*config.corpus, config.val or "."])):
            raise ConfigError("name a corpus of files in base; a pipe is read only once.")
        architecture_of(config).make_cell()
        name = _name(chosen)
        if name in names:
            raise ConfigError(f"vary asks for {name!r} twice; leave one out.")
        names.add(name)
        yield PlannedRun(name, chosen, _with_budget(config, budget))


def _fitting(base: Mapping[str, Any], cells: list[Any], cell: Any) -> dict[str, Any]:
    """`base` for one of several cells, without the options that only the other cells have."""

    def has(kind: Any, option: str) -> bool:
        return kind in CELLS and option in {f.name for f in fields(CELLS[kind].Options)}

    foreign = {o for o in cell_options() if not has(cell, o) and any(has(c, o) for c in cells)}
    return {name: value for name, value in base.items() if name not in foreign}


def _with_budget(config: Config, budget: Mapping[str, float]) -> Config:
    settings = config.to_mapping()
    settings["corpus"] = [absolute(name) for name in config.corpus]
    settings["val"] = absolute(config.val) if config.val else None
    if "minutes" in budget:
        settings["max_minutes"] = budget["minutes"]
    else:
        window = config.batch_size * config.seq_length
        settings["max_steps"] = max(1, math.ceil(budget["characters"] / window))
    return from_mapping(settings, cell_options())


def _name(chosen: Mapping[str, Any]) -> str:
    """A folder's name, such as `lstm_seed-1`. The cell needs no name of its setting before it."""
    words = (f"{v}" if k == "cell" else f"{k}-{v}" for k, v in chosen.items())
    name = re.sub(r"[^\w.+-]+", "-", "_".join(words))[:150].strip(".-")
    return name or "run"


def _sweeps(value: Any) -> tuple[str, ...]:
    sweeps = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(sweeps, list) or not all(isinstance(name, str) for name in sweeps):
        raise ConfigError(f"sweeps must be a list of {' and '.join(SWEEPS)}, not {brief(value)}.")
    _known(dict.fromkeys(sweeps), SWEEPS, "sweep")
    return tuple(dict.fromkeys(sweeps))
