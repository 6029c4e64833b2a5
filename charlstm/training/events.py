"""What a training run tells whoever watches it, one record after another."""

from dataclasses import dataclass
from pathlib import Path

from charlstm.config import Config
from charlstm.novelty import Novelty
from charlstm.training.loop import Step


@dataclass(frozen=True)
class Note:
    """Something the user should know, in one line."""

    text: str


@dataclass(frozen=True)
class Started:
    """The first update is about to be made; the config has every rule settled."""

    run: Path
    config: Config
    parameters: int
    characters: int  # of the training text
    validation: int  # characters validated on
    update: int  # updates made before, when resumed
    workers: int


@dataclass(frozen=True)
class Updated:
    """One update was made."""

    step: Step


@dataclass(frozen=True)
class Validated:
    """The validation text was scored; losses in nats per character."""

    update: int
    train_nats: float  # mean since the last validation
    val_nats: float | None
    best: bool


@dataclass(frozen=True)
class Preview:
    """A sample from the model as it is, and what it shares with the training text."""

    update: int
    text: str
    novelty: Novelty
    run: str  # the longest one that stands there


@dataclass(frozen=True)
class Finished:
    """The run ended: "done", "already done", "stopped" (by a signal) or "patience"."""

    run: Path
    reason: str
    steps: int
    budget: int  # updates asked for; more than `steps` if it ended early
    characters: int  # read in training, over all passes
    seconds: float
    best_val_nats: float | None
    last_val_nats: float | None


Event = Note | Started | Updated | Validated | Preview | Finished
