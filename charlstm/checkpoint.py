"""What a checkpoint of a run holds, and how a model or a training is taken up from it."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from charlstm.config import MOST, Config, from_mapping
from charlstm.errors import CharlstmError, CheckpointError
from charlstm.nn import Array
from charlstm.nn.cells import cell_options
from charlstm.nn.parameters import ALIGN, Architecture, Parameters, flat_size
from charlstm.store import archive
from charlstm.text.vocabulary import Vocabulary
from charlstm.training.optim import Optimiser


@dataclass
class Progress:
    """How far a training has come. Losses are nats per character."""

    update: int = 0
    seconds: float = 0.0
    start_loss: float | None = None
    best_val: float | None = None
    last_val: float | None = None
    worse: int = 0  # validations since the best one
    early: bool = False  # stopped by --patience

    def __post_init__(self) -> None:
        counts, clock = (self.update, self.worse), self.seconds
        if any(not 0 <= n <= MOST for n in counts) or not 0 <= clock < math.inf:
            raise ValueError("progress that no run can have made")
        if self.start_loss is not None and not self.start_loss >= 0:
            raise ValueError("a loss that no run can have begun with")


@dataclass(frozen=True)
class EncodedText:
    """The encoded text a run reads: the hash of its content, where it is kept, its length."""

    digest: str
    path: str
    characters: int


@dataclass(frozen=True)
class Checkpoint:
    """The header of a run's checkpoint."""

    config: Config
    vocabulary: Vocabulary
    progress: Progress
    corpus: EncodedText
    val: EncodedText | None = None
    arrays: Mapping[str, Array] = field(default_factory=dict)

    def architecture(self) -> Architecture:
        """The network that the config asks for."""
        return architecture_of(self.config)


def architecture_of(config: Config) -> Architecture:
    """The network that a config asks for."""
    return Architecture(
        config.cell, dict(config.cell_options), config.hidden_size, config.num_layers
    )


def save(
    path: Path,
    snapshot: Checkpoint,
    parameters: Parameters,
    optimiser: Optimiser,
) -> None:
    """Write a checkpoint. `snapshot.arrays` holds each shard's carried state.

    Raises:
        CheckpointError: if it cannot be written; the old one is then intact.
    """
    header = {
        "config": snapshot.config.to_mapping(),
        "vocabulary": snapshot.vocabulary.to_header(),
        "progress": asdict(snapshot.progress),
        "corpus": asdict(snapshot.corpus),
        "val": asdict(snapshot.val) if snapshot.val else None,
    }
    arrays = {f"weights/{name}": view for name, view in parameters.by_name.items()}
    for moment, flat in optimiser.moments.items():
        arrays |= {f"{moment}/{name}": view for name, view in parameters.views(flat).items()}
    archive.save(path, header, arrays | dict(snapshot.arrays))


def load(path: Path, *, weights_only: bool = False) -> Checkpoint:
    """Read a checkpoint's header and arrays.

    Raises:
        CheckpointError: if it is damaged, foreign, or does not hold what it must.
    """
    wanted = (lambda name: name.startswith("weights/")) if weights_only else None
    found = archive.load(path, wanted)
    try:
        header = found.header
        config = _decided(from_mapping(header["config"], cell_options()))
        architecture_of(config).make_cell()  # or there is no such cell, or option of it
        return Checkpoint(
            config,
            Vocabulary.from_header(header["vocabulary"]),
            _record(Progress, header["progress"]),
            _record(EncodedText, header["corpus"]),
            _record(EncodedText, header["val"]) if header["val"] else None,
            found.arrays,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise CheckpointError(
            f"cannot load checkpoint {str(path)!r}: its header is not one of a training run"
        ) from problem
    except CharlstmError as problem:
        raise CheckpointError(f"cannot load checkpoint {str(path)!r}: {problem}") from problem


def _decided(config: Config) -> Config:
    """The config of a run that has begun, or ValueError."""
    if config.undecided:
        raise ValueError(config.undecided[0])
    return config


def _record(kind: type[Any], form: Mapping[str, Any]) -> Any:
    """A dataclass whose values have the types it declares, or TypeError."""
    record = kind(**form)
    for f in fields(kind):
        declared: Any = f.type
        value = getattr(record, f.name)
        if not isinstance(value, declared) or (isinstance(value, bool) and declared is not bool):
            raise TypeError(f.name)
    return record


def parameters_of(snapshot: Checkpoint, path: Path) -> Parameters:
    """The model with the weights of a snapshot.

    Raises:
        CheckpointError: if they do not fit its config.
    """
    parameters = _empty_parameters(snapshot, path)
    _fill(parameters.by_name, "weights", snapshot.arrays, path)
    return parameters


def restore(
    snapshot: Checkpoint,
    path: Path,
    parameters: Parameters,
    optimiser: Optimiser,
    states: list[Array],
) -> None:
    """Put a snapshot's weights, moments and carried state in place.

    Raises:
        CheckpointError: if they do not fit.
    """
    _fill(parameters.by_name, "weights", snapshot.arrays, path)
    for moment, flat in optimiser.moments.items():
        _fill(parameters.views(flat), moment, snapshot.arrays, path)
    _fill({str(k): state for k, state in enumerate(states)}, "state", snapshot.arrays, path)


def adopt(parameters: Parameters, old: Checkpoint, path: Path) -> None:
    """Start `model` from old weights; characters beyond the old vocabulary keep fresh rows.

    Raises:
        CheckpointError: if the networks differ in more than the vocabulary.
    """
    source = parameters_of(old, path)
    known = old.vocabulary.size
    if _shape(source) != _shape(parameters):
        raise CheckpointError(
            f"{str(path)!r} is a network of another shape ({describe(source.architecture)}) than "
            f"asked for ({describe(parameters.architecture)}); leave out the options that differ."
        )
    for name, view in parameters.by_name.items():
        weights = source.by_name[name]
        if name.endswith(".E"):
            view[:known] = weights[:known]
            view[-1] = weights[-1]
        else:
            view[: len(weights)] = weights


def _shape(parameters: Parameters) -> tuple[object, ...]:
    """What of a network must be equal; options left at their defaults are as if given."""
    architecture = parameters.architecture
    size = architecture.hidden_size, architecture.num_layers
    return architecture.cell, parameters.cell.options, *size


def describe(architecture: Architecture) -> str:
    """A network's shape in a few words."""
    options = "".join(f" {name}={value}" for name, value in architecture.cell_options.items())
    return (
        f"{architecture.cell}{options}, {architecture.num_layers} layers "
        f"of {architecture.hidden_size} units"
    )


def _empty_parameters(snapshot: Checkpoint, path: Path) -> Parameters:
    """A model of the declared shape, once its weights are known to be there at that size."""
    weights = [a for name, a in snapshot.arrays.items() if name.startswith("weights/")]
    architecture = snapshot.architecture()
    if flat_size(architecture, snapshot.vocabulary.size) > sum(a.size + ALIGN for a in weights):
        raise CheckpointError(
            f"checkpoint {str(path)!r} lacks weights that its config asks for; "
            f"it was made by another network or program."
        )
    return Parameters(architecture, snapshot.vocabulary.size)


def _fill(
    targets: Mapping[str, Array], group: str, arrays: Mapping[str, Array], path: Path
) -> None:
    for name, target in targets.items():
        array = arrays.get(f"{group}/{name}")
        if array is None or array.shape != target.shape or array.dtype != np.float32:
            raise CheckpointError(
                f"checkpoint {str(path)!r} has no {group}/{name} of shape {target.shape}; "
                f"it was made by another network or program."
            )
        target[...] = array
