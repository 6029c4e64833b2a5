"""What came of one run of a comparison, and the files beside its checkpoints that keep it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from charlstm.errors import RunError
from charlstm.store.atomic import atomic_write

ASKED, RESULT = "asked.json", "result.json"
ENOUGH = 0.95  # share of right answers that counts as learnt
FREE = {  # settings that may change between two calls: they decide no weight
    "threads",
    "workers",
    "checkpoint_every",
    "checkpoint_minutes",
    "sample_every",
    "keep",
    "out",
}
Curve = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Outcome:
    """One run: its size, its cost, and what it learnt.

    `losses` are (characters read, validation loss in nats per character). `agreement` and each of
    `sweeps` is a `Report` as JSON has it, of the best checkpoint; `learning` has the same
    accuracies along the way, on fewer pairs: for each condition, and for "overall", (characters
    read, accuracy). `diverged` is the message of a run whose loss exploded.
    """

    name: str
    chosen: Mapping[str, Any]
    hidden_size: int
    parameters: int
    steps: int
    characters: int
    seconds: float
    best_val_nats: float | None
    last_val_nats: float | None
    losses: Curve
    learning: Mapping[str, Curve] = field(default_factory=dict)
    agreement: Mapping[str, Any] | None = None
    sweeps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    diverged: str | None = None

    @property
    def characters_per_second(self) -> float:
        """Training speed, validation and saving included."""
        return self.characters / self.seconds if self.seconds else 0.0

    def characters_until(self, condition: str = "overall", enough: float = ENOUGH) -> int | None:
        """Characters read when the accuracy first was so high; None if it never was."""
        for characters, accuracy in self.learning.get(condition, ()):
            if accuracy >= enough:
                return characters
        return None

    def to_mapping(self) -> dict[str, Any]:
        """The outcome as JSON has it."""
        return asdict(self) | {
            "characters_per_second": self.characters_per_second,
            "characters_until_95": self.characters_until(),
        }


def write_outcome(run: Path, outcome: Outcome) -> None:
    """Keep the outcome in the run's folder.

    Raises:
        RunError: if it cannot be written.
    """
    _write(run / RESULT, asdict(outcome))


def read_outcome(run: Path) -> Outcome | None:
    """The outcome kept in a run's folder, None where there is none.

    Raises:
        RunError: if it is damaged.
    """
    found = _read(run / RESULT)
    if found is None:
        return None
    if set(found) != {f.name for f in fields(Outcome)}:
        raise RunError(f"{run / RESULT} is not a run's outcome; remove it to measure again")
    return Outcome(**found)


def claim_for(run: Path, asked: Mapping[str, Any]) -> None:
    """Make the folder the one of a run with these settings.

    Raises:
        RunError: if another run is in it, or one with other settings; it names the first of them.
    """
    mine = {name: value for name, value in asked.items() if name not in FREE}
    mine = json.loads(json.dumps(mine))
    before = _read(run / ASKED)
    if before is None:
        if any(run.glob("*.npz")):
            raise RunError(f"{str(run)!r} holds a run of something else; choose another --out")
        try:
            run.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"cannot make the folder {str(run)!r}: {error.strerror}") from error
        _write(run / ASKED, mine)
        return
    for name in {**mine, **before}:
        if mine.get(name) != before.get(name):
            raise RunError(
                f"{str(run)!r} was begun with {name} {before.get(name)!r}, not {mine.get(name)!r}; "
                f"choose another --out, or remove that folder"
            )


def _write(path: Path, value: Mapping[str, Any]) -> None:
    with atomic_write(path, RunError) as file:
        file.write(f"{json.dumps(value, ensure_ascii=False)}\n".encode())


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise RunError(f"{str(path)!r} is damaged; remove its folder to train again") from error
    if not isinstance(found, dict):
        raise RunError(f"{str(path)!r} is damaged; remove its folder to train again")
    return found
