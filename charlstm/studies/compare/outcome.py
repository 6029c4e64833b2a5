"""The results and the cost of one run of a comparison, in a file beside its checkpoints."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from charlstm.config import HOUSEKEEPING, RETIRED, Config
from charlstm.errors import RunError
from charlstm.store.atomic import atomic_write
from charlstm.store.json_text import json_text
from charlstm.store.runs import FILES, claim

SETTINGS_FILE, OUTCOME_FILE = "asked.json", "result.json"
LEARNT = 0.95  # share of right answers from which a condition counts as learnt
_FOREIGN = "{} is damaged, or another program's; choose another --out"
MAY_CHANGE = {*HOUSEKEEPING, "out"}  # settings that may differ when a comparison goes on
Curve = Sequence[tuple[int, float]]  # characters read, and a value at that time


@dataclass(frozen=True)
class Outcome:
    """One run: its size, its cost, and what it learnt.

    `losses` is the validation loss in nats per character. Those of a byte model are per byte, as
    are `best_val_nats` and `last_val_nats`, and its `characters` are bytes. Times `per_char` its
    losses are per character; that is None where the text is not UTF-8. `agreement` and each of
    `sweeps` is a `Report` of the best checkpoint in its JSON form. `learning` is the accuracy of
    the checkpoints along the way, on fewer pairs, for each condition and for "overall". `diverged`
    is the message of a run whose loss exploded.
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
    tokens: str = "char"
    per_char: float | None = 1.0
    pairs_digest: str | None = None  # of the file of pairs, as it was when they were scored

    @property
    def comparable(self) -> "Outcome":
        """The same with its losses per character, if that is possible."""
        factor = self.per_char or 1.0
        best, last = (x and x * factor for x in (self.best_val_nats, self.last_val_nats))
        losses = [(read, loss * factor) for read, loss in self.losses]
        return replace(self, best_val_nats=best, last_val_nats=last, losses=losses)

    @property
    def characters_per_second(self) -> float:
        """Training speed, validation and saving included."""
        return self.characters / self.seconds if self.seconds else 0.0

    def characters_until(self, condition: str = "overall", level: float = LEARNT) -> int | None:
        """Characters read when the accuracy first reached `level`; None if it never did."""
        for characters, accuracy in self.learning.get(condition, ()):
            if accuracy >= level:
                return characters
        return None

    def to_mapping(self) -> dict[str, Any]:
        """The outcome for JSON."""
        return asdict(self) | {
            "characters_per_second": self.characters_per_second,
            "characters_until_95": self.characters_until(),
            "best_val_nats_per_char": self.per_char and self.comparable.best_val_nats,
        }


def write_outcome(run: Path, outcome: Outcome) -> None:
    """Keep the outcome in the run's folder.

    Raises:
        RunError: if it cannot be written.
    """
    _write(run / OUTCOME_FILE, asdict(outcome))


def read_outcome(run: Path) -> Outcome | None:
    """The outcome kept in a run's folder; None where there is none.

    Raises:
        RunError: if it is damaged.
    """
    kept = _read(run / OUTCOME_FILE)
    if kept is None:
        return None
    older = dict[str, Any](tokens="char", per_char=1.0, pairs_digest=None)  # do not say these
    kept = older | kept
    if set(kept) != {f.name for f in fields(Outcome)}:
        raise RunError(f"{run / OUTCOME_FILE} is not a run's outcome; remove it to measure again")
    return Outcome(**kept)


def was_begun(run: Path) -> bool:
    """Whether a comparison has claimed the folder of a run before."""
    return (run / SETTINGS_FILE).is_file()


def claim_for(run: Path, settings: Mapping[str, Any], force: bool = False) -> None:
    """Make the folder of a run with these settings, or accept the one that was made for it.

    Raises:
        RunError: if the folder holds another run. Where that run has other settings, the message
            names the first one that differs.
        OutputError: if files of other programs are in the way, and not `force`.
    """
    wanted = {name: value for name, value in settings.items() if name not in MAY_CHANGE}
    wanted = json.loads(json_text(wanted))
    before = _read(run / SETTINGS_FILE)
    if before is None:
        if any(run.glob("*.npz")):  # `claim` would advise to resume it, which a comparison cannot
            raise RunError(f"{str(run)!r} holds another run; choose another --out")
        claim(run, force, (*FILES, OUTCOME_FILE))
        _write(run / SETTINGS_FILE, wanted)
        return
    if not {"corpus", "cell"} <= set(before):
        raise RunError(f"{str(run / SETTINGS_FILE)!r} is another program's; choose another --out")
    # A setting newer than the folder has its default there; a retired one changed nothing.
    before = Config().to_mapping() | {n: v for n, v in before.items() if n not in RETIRED}
    for name in [n for n in {**before, **wanted} if n not in MAY_CHANGE]:
        if wanted.get(name) != before.get(name):
            raise RunError(
                f"{str(run)!r} was begun with {name} {before.get(name)!r}, "
                f"not {wanted.get(name)!r}; choose another --out, or remove that folder"
            )


def _write(path: Path, value: Mapping[str, Any]) -> None:
    with atomic_write(path, RunError) as file:
        file.write(f"{json_text(value)}\n".encode("utf-8", "backslashreplace"))


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise RunError(_FOREIGN.format(repr(str(path)))) from error
    if not isinstance(value, dict):
        raise RunError(_FOREIGN.format(repr(str(path))))
    return value
