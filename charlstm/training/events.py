"""The events of a training run: the records that `fit` yields to whoever watches it.

The characters of a byte model are bytes.
"""

from dataclasses import dataclass
from pathlib import Path

from charlstm.config import Config
from charlstm.novelty import Novelty
from charlstm.text.lengths import Scale


@dataclass(frozen=True)
class Note:
    """Something the user should know, in one line."""

    text: str


@dataclass(frozen=True)
class Started:
    """The first update comes next; the config leaves nothing open any more."""

    run: Path
    config: Config
    num_parameters: int
    characters: int  # of the training text
    val_characters: int  # of the validation text
    update: int  # updates made before, when resumed
    workers: int


@dataclass(frozen=True)
class Updated:
    """One update was made; `update` counts from 1."""

    update: int
    loss: float  # mean over the window, nats per character, before the update
    lr: float
    grad_norm: float  # before clipping
    clipped: bool


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
    longest_copy: str  # the longest passage of it that stands in the training text


@dataclass(frozen=True)
class Finished:
    """The run ended: "done", "already done", "stopped" (by a signal) or "patience"."""

    run: Path
    reason: str
    steps: int  # updates made
    budget: int  # updates that the config asks for; more than `steps` if it ended early
    characters: int  # read in training, over all passes
    seconds: float
    best_val_nats: float | None
    last_val_nats: float | None
    val_scale: Scale | None  # what makes these losses per character, or per byte
    warning: str = ""  # where validation is far off its best: what happened, and what to try


Event = Note | Started | Updated | Validated | Preview | Finished
