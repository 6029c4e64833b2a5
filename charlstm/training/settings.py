"""The settings of a run from what a user gives: for a new run, or for one that goes on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from charlstm import checkpoint
from charlstm.config import HOUSEKEEPING, Config, from_mapping
from charlstm.errors import ConfigError
from charlstm.exclusions import broken, option_of, options_of, replaced
from charlstm.nn.cells import cell_options
from charlstm.nn.parameters import Architecture
from charlstm.store.archive import HEADER_BYTES, HEADER_VALUES
from charlstm.store.runs import checkpoint_path
from charlstm.text.sources import is_pipe
from charlstm.training.defaults import with_regularisation
from charlstm.training.texts import absolute

BUDGETS = ("epochs", "max_steps", "max_minutes")
CHANGEABLE = (*BUDGETS, *HOUSEKEEPING, "eval_every", "patience", "corpus")  # in a resumed run
SHAPE = ("tokens", "cell", "hidden_size", "num_layers", "attention", "attention_heads")
READING = ("lines",)  # a network that has always begun its lines from zero knows nothing else


def settings_of(
    given: Mapping[str, Any],
    *,
    file: Mapping[str, Any] | None = None,
    resume: Path | None = None,
    init_from: Path | None = None,
    allow_changed_corpus: bool = False,
) -> Config:
    """The settings of a run. `given` and `file` hold some by name; the rest is as for `fit`.

    A new run has those of the file, or the shape and `lines` of `init_from`, and then the given
    ones. A run that goes on has its own, with those given ones that may change.

    Raises:
        ConfigError: if a setting is wrong, may not change, or has no effect.
    """
    given = {name: _texts(value) for name, value in given.items()}
    ways = {"config": file, "resume": resume, "init_from": init_from}
    typed = options_of({**given, **ways, "allow_changed_corpus": allow_changed_corpus or None})
    for rule in broken("train", typed):
        raise ConfigError(rule.message())
    config = _resumed(resume, given) if resume else _new(given, file, init_from)
    _check_room(config.corpus)
    return config


def _check_room(names: Sequence[str]) -> None:
    """Refuse more names than the header of a checkpoint holds beside its vocabulary and arrays."""
    text = json.dumps([absolute(name) for name in names])
    values = sum(map(text.count, ",:[{"))
    if len(text) > HEADER_BYTES * 3 // 4 or values > HEADER_VALUES * 3 // 4:
        raise ConfigError(
            f"{len(names):,} texts are more than a checkpoint can name; put them into a folder and "
            "name that, or pipe them in and name -"
        )


def _new(given: Mapping[str, Any], file: Mapping[str, Any] | None, source: Path | None) -> Config:
    settings = dict(file or {})
    from_mapping(settings, cell_options())  # a value whose place another takes is checked as well
    if source:
        cell = given.get("cell", settings.get("cell"))
        settings = _of_source(_saved_config(source), cell) | settings
    out_of_place = replaced("train", options_of(given))
    settings = {k: v for k, v in settings.items() if option_of(k) not in out_of_place} | {**given}
    config = from_mapping(with_regularisation(settings, file or {}), cell_options())
    Architecture(config.cell, dict(config.cell_options)).make_cell()
    for rule in broken("train", options_of(settings), options_of(given)):
        raise ConfigError(rule.message())
    return config


def _resumed(run: Path, given: Mapping[str, Any]) -> Config:
    config = _saved_config(run)
    architecture = checkpoint.architecture_of(config)
    own = asdict(architecture.make_cell().options) | config.to_mapping()
    given = dict(given)
    names = given.get("corpus", [])
    names = [names] if isinstance(names, str) else names
    if any(map(is_pipe, [*names, given.get("val") or "."])):
        raise ConfigError(
            "a run goes on with the copy that it has of a text from a pipe; leave the pipe out, or "
            "name a file."
        )
    if names:
        given["corpus"] = tuple(map(absolute, names))
    if given.get("val"):
        given["val"] = absolute(given["val"])
    changeable = (*CHANGEABLE, *(["val"] if config.val else []))  # a text of its own may move
    for name, value in given.items():
        if name in changeable or own.get(name) == value:
            continue
        cure = "start a new one with --init-from."
        if name in (*SHAPE, *cell_options()):
            cure = (
                f"it is a network of another shape ({architecture}, {config.tokens} tokens), "
                f"so start a new one without --resume."
            )
        raise ConfigError(f"{option_of(name)} cannot change when a run is resumed; {cure}")
    changes = {name: value for name, value in given.items() if name in changeable}
    if any(name in given for name in BUDGETS):
        changes = dict.fromkeys(BUDGETS) | changes
    return replace(config, **changes)


def _texts(value: Any) -> Any:
    """A path, or each of several, as a text; anything else as it is."""
    if isinstance(value, list | tuple):
        return [_texts(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _of_source(config: Config, cell: str | None) -> dict[str, Any]:
    """The settings that a network brings along; another `cell` does not take its options."""
    settings = config.to_mapping()
    names: tuple[str, ...] = (*SHAPE, *READING)
    if cell in (None, config.cell):
        names = (*names, *cell_options())
    return {name: settings[name] for name in names if name in settings}


def _saved_config(run: Path) -> Config:
    """The settings in the last checkpoint of a run."""
    return checkpoint.load(checkpoint_path(run, prefer="last"), weights_only=True).config
