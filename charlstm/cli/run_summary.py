"""The lines that sum up a training run: how it begins, what it came to, and how to go on."""

import math
from collections.abc import Iterator

from charlstm.checkpoint import architecture_of
from charlstm.hints import command
from charlstm.text.lengths import Scale
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


def end_lines(event: Finished, tokens: str, *, lines: bool) -> Iterator[str]:
    """The reason, the losses, and the next command; `tokens` and `lines` are the run's settings."""
    if event.warning:
        yield event.warning
    if event.reason == "already done":
        more = 2 * max(event.steps, event.budget)
        yield (
            f"{event.run} is finished after {event.steps:,} updates; nothing was changed. "
            f"To go on: {command('train', '--resume', event.run, '--max-steps', more)}"
        )
        return
    if event.reason == "stopped":
        resume = command("train", "--resume", event.run)
        yield f"saved after {event.steps:,} updates; resume: {resume}"
        return
    best, last = event.best_val_nats, event.last_val_nats
    scores = ""
    if best is not None and last is not None:
        bits = last / math.log(2)
        scores = f"; validation {last:.4f} nats/{tokens} ({bits:.4f} bits), best {best:.4f}"
        factor = event.val_scale.per_char if event.val_scale else None
        if tokens == "byte" and factor:
            scores += f"; {last * factor:.4f} nats/char, best {best * factor:.4f}"
    why = " (no better validation for a while)" if event.reason == "patience" else ""
    yield (
        f"done after {event.steps:,} updates, {event.characters:,} {unit_of(tokens)}s in "
        f"{event.seconds:.1f} s{why}{scores}"
    )
    what = "--count 20" if lines else '--prime "The "'
    yield f"sample from it: {command('sample', '--run', event.run)} {what}"


def to_mapping(finished: Finished, tokens: str) -> dict[str, object]:
    """The result of a run, for --json; `tokens` says what its characters are."""
    losses = {"best_val_nats": finished.best_val_nats, "last_val_nats": finished.last_val_nats}
    return {
        "run": str(finished.run),
        "steps": finished.steps,
        "characters": finished.characters,
        "seconds": finished.seconds,
        **losses,
        "reason": finished.reason,
        "tokens": tokens,
        **{
            f"{name}_{unit}": loss * factor if loss is not None and factor else None
            for name, loss in losses.items()
            for unit, factor in (finished.val_scale or Scale(None, 0.0))._asdict().items()
        },
    }
