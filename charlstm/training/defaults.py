"""The rules that decide the settings which the user leaves open, and that fit them to the text."""

import math
from dataclasses import replace
from typing import Any

from charlstm.config import Config
from charlstm.errors import ConfigError
from charlstm.threads import cores

SHORT = 20_000  # characters; a text below that needs fewer units
RATES = {"adam": 2e-2, "rmsprop": 4e-3, "sgd": 0.5}  # for up to 256 units
SHARD_COLUMNS = 8  # a process of its own does not pay for fewer columns
# Without a budget: so many characters, in so many passes over the text, but enough updates.
# (Too many do no harm: a run keeps the model that is best on the validation part.)
DEFAULT_CHARACTERS = 20_000_000
LEAST_PASSES, MOST_PASSES = 1.0, 12.0
LEAST_UPDATES = 400
CHARACTERS_A_MINUTE = 3_000_000  # that 256 units read on two cores, roughly
VALIDATIONS = 20  # in a run
VAL_FRACTION, VAL_CHARACTERS = 0.1, 300_000  # at most; the score is exact to about 0.004 nats


def choose(config: Config, characters: int) -> tuple[Config, list[str]]:
    """Decide the settings left open, for a training text of so many characters.

    There are 256 units, or 128 for a very short text. The learning rate is that of the optimiser,
    and lower for more than 256 units. A network learns by heart what it reads again and again, so
    dropout grows with the passes: none below 3 passes, 0.25 below 10, then 0.5.

    Returns the config, and a note on what it chose and why (none if nothing was open).
    """
    chosen: dict[str, Any] = {}
    reasons = {}
    passes = _passes(config, characters)
    if "hidden_size" in config.undecided:
        chosen["hidden_size"] = 128 if characters < SHORT else 256
        reasons["hidden_size"] = ""
    if "dropout" in config.undecided:
        chosen["dropout"] = 0.0 if passes < 3 else 0.25 if passes < 10 else 0.5
        reasons["dropout"] = f" as it is read {passes:.3g} times"
    if "lr" in config.undecided:
        units = chosen.get("hidden_size", config.hidden_size)
        chosen["lr"] = RATES[config.optimizer] * min(1.0, 256 / units)
        reasons["lr"] = f" for {units} units"
    if not chosen:
        return config, []
    words = [f"--{name.replace('_', '-')} {chosen[name]:g}{reasons[name]}" for name in chosen]
    note = f"chosen for a text of {characters:,} characters: {', '.join(words)}"
    return replace(config, **chosen), [note]


def validation_fraction(config: Config, characters: int) -> float:
    """The share of a corpus of so many characters, its last part, to validate on."""
    if config.val_fraction is not None:
        return config.val_fraction
    return min(VAL_FRACTION, VAL_CHARACTERS / max(1, characters))


def fit_to_text(config: Config, characters: int) -> tuple[Config, list[str]]:
    """Shrink window and batch to a training text of so many characters.

    Returns the config, and a note on what it shrank (none if all fits).
    """
    seq_length = max(1, min(config.seq_length, characters - 1))
    batch_size = max(1, min(config.batch_size, characters // seq_length))
    notes = []
    if (seq_length, batch_size) != (config.seq_length, config.batch_size):
        notes.append(
            f"the training text has only {characters:,} characters: using --batch-size "
            f"{batch_size} and --seq-length {seq_length} instead of {config.batch_size} and "
            f"{config.seq_length}"
        )
    return replace(config, batch_size=batch_size, seq_length=seq_length), notes


def settle_shards(config: Config, processes: int | None = None) -> Config:
    """Decide the number of shards, for so many processes, or for one process on each core.

    Raises:
        ConfigError: for more shards than columns.
    """
    shards = config.shards
    if shards is None:
        shards = max(1, min(processes or cores(), config.batch_size // SHARD_COLUMNS))
    if shards > config.batch_size:
        raise ConfigError(
            f"shards is {shards}, but there are only {config.batch_size} columns to share out; "
            f"lower --shards or raise --batch-size."
        )
    return replace(config, shards=shards)


def workers_for(config: Config) -> int:
    """How many processes run the shards: as set, or one for each core, but at most the shards."""
    shards = config.shards or 1
    return min(shards, config.workers or cores())


def updates_in_budget(config: Config, characters: int) -> int | None:
    """The updates that the budget allows on a text of so many characters; None if in minutes."""
    if config.max_steps is not None:
        return config.max_steps
    if config.max_minutes is not None:
        return None
    epoch = characters / (config.batch_size * config.seq_length)
    least = 1 if config.epochs else LEAST_UPDATES
    return max(least, math.ceil(_passes(config, characters) * epoch))


def _passes(config: Config, characters: int) -> float:
    """How often the budget lets the text be read; a guess if it is in minutes."""
    if config.max_minutes is not None:
        return config.max_minutes * CHARACTERS_A_MINUTE / characters
    if config.epochs is not None:
        return config.epochs
    if config.max_steps is not None:
        return config.max_steps * config.batch_size * config.seq_length / characters
    return min(MOST_PASSES, max(LEAST_PASSES, DEFAULT_CHARACTERS / characters))


def settle_budget(config: Config, updates: int) -> Config:
    """Set the budget to so many updates; decide when to validate (20 times) and save."""
    eval_every = config.eval_every or max(1, updates // VALIDATIONS)
    checkpoint_every = config.checkpoint_every or eval_every
    return replace(
        config,
        max_steps=updates,
        epochs=None,
        max_minutes=None,
        eval_every=eval_every,
        checkpoint_every=checkpoint_every,
    )
