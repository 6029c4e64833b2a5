"""What a user should know of a run's settings: what rules chose, and what has no effect here."""

import math
from collections.abc import Iterator

from charlstm.exclusions import broken, options_set
from charlstm.text.vocabulary import unit_of
from charlstm.training.start import Training

REASONS = {
    "hidden_size": "",
    "dropout": " as it is read {passes:.3g} times",
    "weight_drop": "",
    "lr": " for {units} units and {updates:,} updates",
}


def notes_on(training: Training) -> Iterator[str]:
    """Notes on a run whose settings are all decided, each in one line."""
    config, characters = training.config, training.texts.train.size
    updates = config.max_steps or 0
    passes = updates * training.characters_per_update / characters
    chosen = [
        f"--{name.replace('_', '-')} {getattr(config, name):g}"
        + reason.format(passes=passes, units=config.hidden_size, updates=updates)
        for name, reason in REASONS.items()
        if name in training.open_before and (config.weight_drop or name != "weight_drop")
    ]
    if chosen:
        yield f"chosen for a text of {characters:,} {unit_of(config.tokens)}s: {', '.join(chosen)}"
    yield from (rule.message() for rule in broken("train", options_set(config)))
    if config.lines and not training.texts.val and config.val_fraction != 0.0:
        yield "the text is a single line, so there is none to validate on; --val names a text"
    yield from _idle_processes(training)
    yield from _too_late(training)


def _idle_processes(training: Training) -> Iterator[str]:
    """A note on ranks or workers that have no share of the batch."""
    config, ranks = training.config, training.ranks
    wanted, noun = (ranks, "ranks") if ranks else (config.workers or 1, "workers")
    if wanted > training.workers:
        yield (
            f"only {training.workers} of {wanted} {noun} have work: the batch is cut into "
            f"{training.workers} shards; a new run may be given more of them with --shards"
        )
    if ranks and config.workers:
        yield "--workers has no effect on MPI ranks: each of them is one worker"


def _too_late(training: Training) -> Iterator[str]:
    """Notes on what would happen only after the last update."""
    config = training.config
    updates = config.max_steps or 0
    if config.warmup_steps > updates:
        yield (
            f"the rate does not reach --lr {config.lr:g}: its warm-up takes "
            f"{config.warmup_steps:,} updates, and the run makes {updates:,}; "
            f"--warmup-steps shortens it"
        )
    validations = math.ceil(updates / (config.eval_every or updates))
    if config.patience and not training.texts.val and config.val_fraction != 0.0:
        yield "--patience has no effect: there is no validation text"
    elif config.patience and config.patience >= validations - 1:
        yield (
            f"--patience {config.patience} has no effect on {validations:,} "
            f"validation{'s' * (validations != 1)}; --eval-every makes more of them"
        )
    if config.sample_every and config.sample_every > updates:
        yield f"--sample-every {config.sample_every:,} has no effect on {updates:,} updates"
    if config.keep and config.checkpoint_every and config.checkpoint_every > updates:
        yield (
            f"--keep {config.keep:,} has no effect: of {updates:,} updates none is a multiple of "
            f"--checkpoint-every {config.checkpoint_every:,}"
        )
