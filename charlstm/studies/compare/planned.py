"""The runs that a comparison makes: every combination of the values that vary."""

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from charlstm.checkpoint import architecture_of
from charlstm.config import Config, from_mapping
from charlstm.config_file import relative_to
from charlstm.errors import ConfigError
from charlstm.nn.cells import CELLS, cell_options
from charlstm.setting import brief
from charlstm.text.sources import is_pipe
from charlstm.training.defaults import with_regularisation
from charlstm.training.texts import absolute

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


def planned_runs(
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
        chosen = _chosen(zip(vary, values, strict=True))
        common = _fitting(base, _cells(vary), chosen.get("cell"))
        settings = {**common, **relative_to(path, chosen), "keep": MOST_RUNS}
        config = from_mapping(with_regularisation(settings, settings), cell_options())
        if not config.corpus or any(map(is_pipe, [*config.corpus, config.val or "."])):
            raise ConfigError("name a corpus of files in base; a pipe is read only once.")
        architecture_of(config).make_cell()
        name = _name(chosen)
        if name in names:
            raise ConfigError(f"vary asks for {name!r} twice; leave one out.")
        names.add(name)
        yield PlannedRun(name, chosen, _with_budget(config, budget))


def _chosen(varied: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The settings of one run under `vary`; a value may be a mapping of several settings."""
    chosen: dict[str, Any] = {}
    for name, value in varied:
        settings = value if isinstance(value, dict) else {name: value}
        if name not in settings:
            raise ConfigError(f"vary: {name} is not in {brief(value)}; write it there too.")
        for setting in settings:
            if setting in DECIDED or setting in chosen:
                cure = DECIDED.get(setting, "give it once")
                raise ConfigError(f"vary: {setting} is not for {brief(value)}: {cure}.")
        chosen |= settings
    return chosen


def _cells(vary: Mapping[str, list[Any]]) -> list[Any]:
    """The cells that take part."""
    return [v.get("cell") if isinstance(v, dict) else v for v in vary.get("cell", [])]


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
