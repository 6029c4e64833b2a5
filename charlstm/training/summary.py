"""The lines that sum up a training run, wherever it is watched: how it begins and how it ended."""

import math
from collections.abc import Iterator

from charlstm.checkpoint import architecture_of
from charlstm.text.vocabulary import unit_of
from charlstm.training.events import Finished, Started


def start_lines(event: Started) -> Iterator[str]:
    """The network and its texts, then the budget, in one line each."""
    config, unit = event.config, unit_of(event.config.tokens)
    updates = config.max_steps or 0
    options = "".join(f" {name}={value}" for name, value in config.cell_options.items())
    yield (
        f"{event.run}: {config.cell}{options} {config.num_layers}×{config.hidden_size}"
        f"{architecture_of(config).looks_back}, {event.num_parameters:,} parameters, "
        f"{event.characters:,} {unit}s to train on, {event.val_characters:,} to validate on"
    )
    passes = updates * config.batch_size * config.seq_length / event.characters
    yield (
        f"{updates:,} updates of {config.batch_size}×{config.seq_length} {unit}s "
        f"({passes:.3g} passes), {event.workers} worker{'s' * (event.workers != 1)}"
        + (f", going on after update {event.update:,}" if event.update else "")
    )


def done_line(event: Finished, tokens: str, *, timed: bool) -> str:
    """What a run that made its updates came to; `tokens` is its setting, `timed` adds the time."""
    best, last = event.best_val_nats, event.last_val_nats
    scores = ""
    if best is not None and last is not None:
        bits = last / math.log(2)
        scores = f"; validation {last:.4f} nats/{tokens} ({bits:.4f} bits), best {best:.4f}"
        factor = event.val_scale.per_char if event.val_scale else None
        if tokens == "byte" and factor:
            scores += f"; {last * factor:.4f} nats/char, best {best * factor:.4f}"
    why = " (no better validation for a while)" if event.reason == "patience" else ""
    time = f" in {event.seconds:.1f} s" * timed
    return (
        f"done after {event.steps:,} updates, {event.characters:,} {unit_of(tokens)}s{time}"
        f"{why}{scores}"
    )


def clock(seconds: float) -> str:
    """A time as a clock shows it: 0:07, 12:34 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
