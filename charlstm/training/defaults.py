"""The written rules behind settings left open, and what is said when a text is too short."""

import math
from dataclasses import replace
from typing import Any

from charlstm.config import Config
from charlstm.errors import ConfigError
from charlstm.threads import cores

SHORT = 20_000  # characters; such a text needs fewer units
RATES = {"adam": 2e-2, "rmsprop": 4e-3, "sgd": 0.5}  # for up to 256 units
SHARD_COLUMNS = 8  # fewer columns than this are not worth a process of their own
DEFAULT_CHARACTERS = 20_000_000  # the budget when none is given,
MINUTE = 3_000_000  # characters that 256 units read in one, roughly, on two cores
LEAST_PASSES, MOST_PASSES = 1.0, 12.0  # within so many readings of the text,
LEAST_UPDATES = 400  # but no fewer updates: the best of them on the validation part is kept
VALIDATIONS, VALIDATING_MOST = 20, 0.25  # in a run; and the share of its minutes they may take
VALIDATION_SHARE, VALIDATION_MOST = 0.1, 300_000  # characters: exact to about 0.004 nats


def choose(config: Config, characters: int) -> tuple[Config, list[str]]:
    """Decide what was left open, for a training text of so many characters; say what and why.

    256 units, of which 128 are enough for a very short text. The rate is 0.02, and lower for
    more units than 256. What is read again and again is learnt by heart, so the more passes,
    the more outputs are dropped: half of them from 10 passes on, none below 3.
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


def validation_share(config: Config, characters: int) -> float:
    """The last part of the corpus to validate on, as a share."""
    if config.val_fraction is not None:
        return config.val_fraction
    return min(VALIDATION_SHARE, VALIDATION_MOST / max(1, characters))


def fit_to_text(config: Config, characters: int) -> tuple[Config, list[str]]:
    """Shrink window and batch to a training text of so many characters; say what was shrunk."""
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


def share_out(config: Config, processes: int | None = None) -> Config:
    """Settle the number of shards, for so many processes or else one for each core.

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
    """How many processes run the shards: as asked, but no more than shards; else by cores."""
    shards = config.shards or 1
    return min(shards, config.workers or cores())


def steps_of(config: Config, characters: int) -> int | None:
    """The budget in updates, or None where it is in minutes."""
    if config.max_steps is not None:
        return config.max_steps
    if config.max_minutes is not None:
        return None
    epoch = characters / (config.batch_size * config.seq_length)
    least = 1 if config.epochs else LEAST_UPDATES
    return max(least, math.ceil(_passes(config, characters) * epoch))


def _passes(config: Config, characters: int) -> float:
    """How often the text is read, in a budget of minutes about how often."""
    if config.max_minutes is not None:
        return config.max_minutes * MINUTE / characters
    if config.epochs is not None:
        return config.epochs
    if config.max_steps is not None:
        return config.max_steps * config.batch_size * config.seq_length / characters
    return min(MOST_PASSES, max(LEAST_PASSES, DEFAULT_CHARACTERS / characters))


def updates_within(
    seconds: float, each: float, validation: float, eval_every: int | None
) -> tuple[int, int]:
    """How many updates fit in `seconds`, and how many of them lie between validations.

    An update takes `each` and a validation `validation` seconds. Where it is left open, there are
    20 validations, or fewer if those took more than a quarter of the time.
    """
    if eval_every:
        return max(1, int(seconds / (each + validation / eval_every))), eval_every
    affordable = VALIDATING_MOST * seconds / validation if validation else math.inf
    times = max(1, int(min(VALIDATIONS, affordable)))
    updates = max(1, int((seconds - times * validation) / each))
    return updates, max(1, updates // times)


def settle_intervals(config: Config) -> Config:
    """Settle how often to validate (20 times) and to save (then), from the budget in updates."""
    eval_every = config.eval_every or max(1, (config.max_steps or 1) // VALIDATIONS)
    return replace(
        config, eval_every=eval_every, checkpoint_every=config.checkpoint_every or eval_every
    )
