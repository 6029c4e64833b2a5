"""Which runs a comparison makes, read from a YAML file: common settings, varied ones, a budget."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charlstm.config import SETTINGS
from charlstm.config_file import read_yaml, relative_to
from charlstm.errors import ConfigError
from charlstm.exclusions import broken
from charlstm.hints import did_you_mean
from charlstm.nn.cells import cell_options
from charlstm.pairs.pair import PER_CONDITION, SWEEPS
from charlstm.setting import brief
from charlstm.studies.compare.planned import DECIDED, PlannedRun, planned_runs

KEYS = ("base", "vary", "budget", "pairs", "lower", "per_condition", "sweeps", "out")
BUDGET = ("parameters", "characters", "minutes")


@dataclass(frozen=True)
class Comparison:
    """All runs to make, in folders of their names under `out`.

    With `parameters`, each network gets the hidden size that comes nearest to so many. Agreement
    is measured on the `pairs` of files and folders, if `lower` in small letters. Without them it is
    measured on `per_condition` pairs of each condition, where the corpus has a grammar. `sweeps`
    are measured at the end of each run.
    """

    runs: tuple[PlannedRun, ...]
    out: Path
    parameters: int | None
    pairs: tuple[Path, ...]
    per_condition: int
    sweeps: tuple[str, ...]
    lower: bool = False


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
    pairs = _pairs(relative_to(path, mapping, ("pairs",)).get("pairs"))
    lower = mapping.get("lower", False)
    if not isinstance(lower, bool):
        raise ConfigError(f"lower must be true or false, not {brief(lower)}.")
    per_condition = mapping.get("per_condition", PER_CONDITION)
    if type(per_condition) is not int or per_condition < 2:
        raise ConfigError(
            f"per_condition must be a whole number from 2, not {brief(per_condition)}."
        )
    folder = out or _path(mapping, "out") or Path("runs") / path.stem
    runs = tuple(planned_runs(path, base, vary, budget))
    sweeps = _sweeps(mapping.get("sweeps"))
    return Comparison(runs, folder, parameters, pairs, per_condition, sweeps, lower)


def _path(mapping: Mapping[str, Any], name: str) -> Path | None:
    value = mapping.get(name)
    if not isinstance(value, str | None) or value == "":
        raise ConfigError(f"{name} must be a path, not {brief(value)}.")
    return Path(value) if value else None


def _pairs(value: Any) -> tuple[Path, ...]:
    """The files and folders of pairs; they are read for each run."""
    given = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(given, list) or not all(isinstance(name, str) and name for name in given):
        raise ConfigError(f"pairs must be a path or a list of paths, not {brief(value)}.")
    if "-" in given:
        raise ConfigError("pairs: - is standard input, which can be read only once; name a file.")
    return tuple(map(Path, given))


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


def _sweeps(value: Any) -> tuple[str, ...]:
    sweeps = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(sweeps, list) or not all(isinstance(name, str) for name in sweeps):
        raise ConfigError(f"sweeps must be a list of {' and '.join(SWEEPS)}, not {brief(value)}.")
    _known(dict.fromkeys(sweeps), SWEEPS, "sweep")
    return tuple(dict.fromkeys(sweeps))
