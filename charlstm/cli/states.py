"""The options --save-state and --from-state: a prime that is read once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import click

from charlstm.api.predicting import Predicting
from charlstm.api.priming import Prime
from charlstm.cli.outputs import Output, files_of, force_option, output, spare
from charlstm.cli.terminal import note

Command = TypeVar("Command", bound=Callable[..., Any])
StateFile: TypeAlias = Output | None


def state_options(command: Command) -> Command:
    """The options `--from-state FILE`, `--save-state FILE` and `--force`."""
    from_state = click.option(
        "--from-state", metavar="FILE", help="Go on from a prime that --save-state has kept."
    )
    save_state = click.option(
        "--save-state",
        metavar="FILE",
        callback=output,
        help="Keep what is left of the prime, so that it is read only once.",
    )
    return from_state(save_state(force_option(command)))


def spare_inputs(model: Predicting, save_state: StateFile, *inputs: str | None) -> None:
    """Refuse a state file that may not be written, before a prime is read.

    Raises:
        OutputError: if it exists, or is an input.
    """
    files = [file for part, _ in model.parts for file in files_of(part)]
    spare([*files, *inputs], save_state)


def begun(
    model: Predicting, prime: str | bytes, from_state: str | None, save_state: StateFile
) -> Prime:
    """What samples go on from: the prime, or the state after it, which is saved if that is asked.

    Raises:
        CharlstmError: if a state cannot be read or written, or is of other weights.
    """
    if from_state is None and save_state is None:
        return prime
    state = None if from_state is None else model.load_state(Path(from_state))
    if prime or state is None:
        state = model.state_after(prime, state)
    if save_state:
        state.save(save_state.path, force=save_state.force)
        note(f"wrote {save_state.path}")
    return state


def state_record(from_state: str | None) -> dict[str, str]:
    """The state file that samples go on from, for JSON."""
    return {} if from_state is None else {"from_state": from_state}
