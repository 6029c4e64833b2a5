"""How a training run ended, in a terminal: what it came to and how to go on, or a JSON object."""

from collections.abc import Iterator

from charlstm.hints import command
from charlstm.text.lengths import Scale
from charlstm.training.events import Finished
from charlstm.training.summary import done_line


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
    yield done_line(event, tokens, timed=True)
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
