"""How far a run has come and how it goes, as its checkpoint keeps it."""

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from charlstm.config import MOST

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


@dataclass
class Sums:
    """What a run adds up over its updates until the next row: the means of that row."""

    updates: int = 0
    nats: float = 0.0  # per character
    grad_norm: float = 0.0
    clipped: int = 0

    def __post_init__(self) -> None:
        if not all(0 <= value < math.inf for value in astuple(self)):
            raise ValueError("sums that no run can have")

    def add(self, nats: float, grad_norm: float, *, clipped: bool) -> None:
        """Count one update."""
        self.updates += 1
        self.nats += nats
        self.grad_norm += grad_norm
        self.clipped += clipped

    def means(self) -> dict[str, float]:
        """The mean columns of a row."""
        names = "train_nats", "grad_norm", "clipped"
        sums = self.nats, self.grad_norm, self.clipped
        return {name: value / self.updates for name, value in zip(names, sums, strict=True)}


@dataclass
class Course:
    """How a run's validations have gone so far: so much that the log says nothing twice.

    `fall` says how validation has come far off its best: not, with training, or without it.
    """

    best_update: int = 0  # of best.npz; 0 if an earlier version has written that
    lowest_train: float | None = None  # nats per character, of a row of metrics
    fall: str = ""  # "", "apart" or "by heart"
    flat: bool = False  # whether the user was told that tanh(c) is flat
    stuck: int = 0  # validations in a row with a gate that is saturated

    def __post_init__(self) -> None:
        counts = self.best_update, self.stuck
        if any(not 0 <= n <= MOST for n in counts) or self.fall not in ("", "apart", "by heart"):
            raise ValueError("a course that no run can have taken")


@dataclass
class Progress:
    """How far a run has come. Losses are in nats per character."""

    update: int = 0  # updates made
    seconds: float = 0.0  # spent, over all resumptions
    start_loss: float | None = None
    best_val: float | None = None
    last_val: float | None = None
    validations_since_best: int = 0
    stopped_early: bool = False  # by --patience
    since_row: Sums = field(default_factory=Sums)  # over the updates since the last row of metrics
    course: Course = field(default_factory=Course)

    def __post_init__(self) -> None:
        counts, clock = (self.update, self.validations_since_best), self.seconds
        if any(not 0 <= n <= MOST for n in counts) or not 0 <= clock < math.inf:
            raise ValueError("progress that no run can have made")
        if self.start_loss is not None and not self.start_loss >= 0:
            raise ValueError("a loss that no run can have begun with")

    def to_header(self) -> dict[str, Any]:
        """The progress under the keys that the file format gives it."""
        return {key: getattr(self, name) for key, name in PROGRESS_KEYS.items()}

    @staticmethod
    def from_header(header: Mapping[str, Any]) -> "Progress":
        """The progress that `to_header` described.

        Raises:
            KeyError, TypeError, ValueError: for any other header.
        """
        return typed(Progress(**{PROGRESS_KEYS[key]: value for key, value in header.items()}))


PROGRESS_KEYS = {  # key in the header: name in the code
    "update": "update",
    "seconds": "seconds",
    "start_loss": "start_loss",
    "best_val": "best_val",
    "last_val": "last_val",
    "worse": "validations_since_best",
    "early": "stopped_early",
}


def typed(record: Record) -> Record:
    """The record itself if its values have the types that its class declares, or TypeError."""
    for f in fields(record):
        declared: Any = f.type
        value = getattr(record, f.name)
        if not isinstance(value, declared) or (isinstance(value, bool) and declared is not bool):
            raise TypeError(f.name)
    return record
