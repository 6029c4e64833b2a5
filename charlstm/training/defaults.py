"""The rules that decide the settings which the user leaves open, and that fit them to the text."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from charlstm.config import Config
from charlstm.errors import ConfigError
from charlstm.nn.cells import CELLS
from charlstm.text.vocabulary import unit_of
from charlstm.threads import cores

SHORT = 20_000  # characters
# A training text of fewer characters: so many units, and without a budget so many characters read.
BY_LENGTH = (
    (SHORT, 128, 3_500_000),
    (300_000, 256, 3_500_000),
    (2_000_000, 384, 3_500_000),
    (math.inf, 256, 8_000_000),
)
RATES = {"adam": 2e-2, "rmsprop": 4e-3, "sgd": 0.5}  # up to the cell's `full_rate_units`
FEW_UPDATES = 1500  # Adam's rate is for so many; a longer run wants a lower one, a shorter a higher
LOWEST, HIGHEST = 0.1, 1.5  # but within these shares of it
MEMORY_PENALTY = 0.3
SHARD_COLUMNS = 8  # a process of its own does not pay for fewer columns
# Without a budget it is read so many times, but for enough updates.
# (Too many do no harm: a run keeps the model that is best on the validation part.)
LEAST_PASSES, MOST_PASSES = 0.1, 12.0
LEAST_UPDATES = 400
AGAIN = 4.5  # passes below which there is no dropout
SOME, MUCH = 2.0, 6.0  # passes × weights ÷ characters from which dropout is 0.25, and 0.5
WEIGHT_DROP = 0.2  # beside a chosen dropout of 0.5
DROPOUT_TIMED = 0.25  # while it is not decided: any rate costs the same, and more than none
VALIDATIONS = 20  # in a run
VALIDATION_COST = 0.4  # of a character validated, against one trained on
VALIDATING_MOST = 0.25  # what validations may cost, against the training; one there always is
VAL_FRACTION, VAL_CHARACTERS = 0.1, 300_000  # at most; the score is exact to about 0.004 nats


def with_regularisation(settings: Mapping[str, Any], recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a new run, with a memory penalty unless it is given.

    A `recipe` that sets the rate was tuned as a whole: what it leaves out stays off.
    """
    default = {"weight_drop": 0.0} if "lr" in recipe else {"memory_penalty": MEMORY_PENALTY}
    return default | dict(settings)


def choose(config: Config, characters: int) -> Config:
    """Decide the units if left open, by the characters of the training text.

    A text of 1 MB has more than a longer one: fewer would learn it by heart in the same time.
    Learning rate and dropout wait for the budget: see `settle_budget`.
    """
    if "hidden_size" in config.undecided:
        config = replace(config, hidden_size=_by_length(characters)[0])
    return config


def _by_length(characters: int) -> tuple[int, int]:
    """The units, and the characters to read, of a training text of so many characters."""
    return next((units, read) for below, units, read in BY_LENGTH if characters < below)


def validation_fraction(config: Config, characters: int) -> float:
    """The share of a corpus of so many characters, its last part, to validate on."""
    if config.val_fraction is not None:
        return config.val_fraction
    return min(VAL_FRACTION, VAL_CHARACTERS / max(1, characters))


def fit_to_text(
    config: Config, characters: int, lines: int | None = None
) -> tuple[Config, list[str]]:
    """Shrink window and batch to a training text of so many characters, and to its lines if given.

    Returns the config, and a note on what it shrank (none if all fits).
    """
    seq_length = max(1, min(config.seq_length, characters - 1))
    batch_size = max(1, min(config.batch_size, characters // seq_length, lines or characters))
    size = f"{characters:,} {unit_of(config.tokens)}s"
    if batch_size == lines != config.batch_size:
        size = f"{lines} line{'s' * (lines > 1)} of {size}"
    notes = []
    if (seq_length, batch_size) != (config.seq_length, config.batch_size):
        notes.append(
            f"the training text has only {size}: using "
            f"--batch-size {batch_size} and --seq-length {seq_length} instead of "
            f"{config.batch_size} and {config.seq_length}"
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
    if config.epochs is not None:
        return max(1, math.ceil(config.epochs * epoch))
    passes = min(MOST_PASSES, max(LEAST_PASSES, _by_length(characters)[1] / characters))
    return max(LEAST_UPDATES, math.ceil(passes * epoch))


def settle_budget(config: Config, updates: int, characters: int, val_characters: int) -> Config:
    """Set the budget to so many updates; decide rate and dropouts, and when to validate and save.

    See `learning_rate` and `dropout_for`, which counts the training text's `characters`.
    """
    config = replace(config, max_steps=updates, epochs=None, max_minutes=None)
    if "lr" in config.undecided:
        config = replace(config, lr=learning_rate(config, updates))
    if "dropout" in config.undecided:
        passes = updates * config.batch_size * config.seq_length / characters
        config = replace(config, dropout=dropout_for(config, passes, characters))
        if "weight_drop" in config.undecided and config.dropout >= 0.5:
            config = replace(config, weight_drop=WEIGHT_DROP)
    if "weight_drop" in config.undecided:
        config = replace(config, weight_drop=0.0)
    cost = validation_cost(config, val_characters)
    eval_every = config.eval_every or validation_interval(updates, cost)
    checkpoint_every = config.checkpoint_every or eval_every
    return replace(config, eval_every=eval_every, checkpoint_every=checkpoint_every)


def learning_rate(config: Config, updates: int) -> float:
    """The rate of a run of so many updates: its optimiser's, lower for many units.

    The longer Adam runs, the lower is the rate at which it still learns rare things.
    """
    rate = RATES[config.optimizer]
    rate *= min(1.0, math.sqrt(CELLS[config.cell].full_rate_units / config.hidden_size))
    if config.optimizer == "adam":
        rate *= max(LOWEST, min(HIGHEST, math.sqrt(FEW_UPDATES / updates)))
    return float(f"{rate:.2g}")


def dropout_for(config: Config, passes: float, characters: int) -> float:
    """The dropout of a run that reads a text of so many characters so many times.

    A network learns by heart what it reads again and again, the more the more weights it has for
    each character.
    """
    weights = 4 * config.num_layers * config.hidden_size**2
    by_heart = passes * weights / characters
    if passes < AGAIN or by_heart < SOME:
        return 0.0
    return 0.25 if by_heart < MUCH else 0.5


def validation_cost(config: Config, val_characters: int) -> float:
    """How many updates cost as much as one validation, on so many characters."""
    return VALIDATION_COST * val_characters / (config.batch_size * config.seq_length)


def validation_interval(updates: int, cost: float) -> int:
    """How many of so many updates lie between two validations; one costs as much as `cost` updates.

    There are 20 validations, or fewer, so that all of them cost at most a quarter of the updates.
    The validation text stays whole, so that losses can be compared. One validation ends every run.
    """
    affordable = max(1, int(VALIDATING_MOST * updates / cost)) if cost else updates
    return max(1, updates // VALIDATIONS, math.ceil(updates / affordable))
