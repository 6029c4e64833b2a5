"""A checkpoint of a run: what it holds, and how a model or a run continues from it.

The file is an archive (see `store.archive`): a JSON header, and arrays named `weights/<parameter>`,
`<moment>/<parameter>` for each moment of the optimiser, and `state/<shard>`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from charlstm.config import Config, from_mapping
from charlstm.errors import CharlstmError, CheckpointError
from charlstm.nn import Array
from charlstm.nn.cells import cell_options
from charlstm.nn.parameters import ALIGN, Architecture, Parameters, flat_size
from charlstm.progress import Course, Progress, Sums, typed
from charlstm.store import archive
from charlstm.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class EncodedText:
    """An encoded text that a run reads: the hash of its content, its file, and its length."""

    digest: str
    path: str
    characters: int


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint in memory: settings, vocabulary, progress, texts, and arrays by their names."""

    config: Config
    vocabulary: Vocabulary
    progress: Progress
    corpus: EncodedText
    val: EncodedText | None = None
    arrays: Mapping[str, Array] = field(default_factory=dict)


def architecture_of(config: Config) -> Architecture:
    """The network that a config asks for."""
    return Architecture(
        config.cell,
        dict(config.cell_options),
        config.hidden_size,
        config.num_layers,
        config.attention,
        config.attention_heads,
    )


def arrays_of(
    parameters: Parameters, moments: Mapping[str, Array], states: Sequence[Array]
) -> dict[str, Array]:
    """Views of all arrays that a run continues from, by their names in a checkpoint.

    `moments` names flat vectors of the optimiser, each as long as `parameters.flat`. `states` is
    the carried state of each shard.
    """
    arrays = weights_of(parameters)
    for moment, flat in moments.items():
        arrays |= {f"{moment}/{name}": view for name, view in parameters.views(flat).items()}
    return arrays | {f"state/{shard}": state for shard, state in enumerate(states)}


def weights_of(parameters: Parameters) -> dict[str, Array]:
    """Views of the weights alone, by their names in a checkpoint."""
    return {f"weights/{name}": view for name, view in parameters.by_name.items()}


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint.

    Raises:
        CheckpointError: if it cannot be written; the old file is then intact.
    """
    header = {
        "config": checkpoint.config.to_mapping(),
        "vocabulary": checkpoint.vocabulary.to_header(),
        "progress": checkpoint.progress.to_header(),
        "corpus": asdict(checkpoint.corpus),
        "val": asdict(checkpoint.val) if checkpoint.val else None,
        # Beside the progress, where earlier versions, which do not know them, pass over them.
        "since_row": asdict(checkpoint.progress.since_row),
        "course": asdict(checkpoint.progress.course),
    }
    archive.save(path, header, checkpoint.arrays)


def load(path: Path, *, weights_only: bool = False) -> Checkpoint:
    """Read a checkpoint; with `weights_only`, no arrays but the parameters.

    Raises:
        CheckpointError: if the file is damaged, or is not the checkpoint of a run.
    """
    wanted = (lambda name: name.startswith("weights/")) if weights_only else None
    loaded = archive.load(path, wanted)
    try:
        header = loaded.header
        config = _decided(from_mapping(header["config"], cell_options()))
        architecture_of(config).make_cell()  # raises if there is no such cell or option
        progress = Progress.from_header(header["progress"])
        progress.since_row = typed(Sums(**header.get("since_row", {})))
        progress.course = typed(Course(**header.get("course", {})))
        return Checkpoint(
            config,
            Vocabulary.from_header(header["vocabulary"]),
            progress,
            typed(EncodedText(**header["corpus"])),
            typed(EncodedText(**header["val"])) if header["val"] else None,
            loaded.arrays,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise CheckpointError(
            f"cannot load checkpoint {str(path)!r}: its header is not one of a training run"
        ) from problem
    except CharlstmError as problem:
        raise CheckpointError(f"cannot load checkpoint {str(path)!r}: {problem}") from problem


def parameters_of(checkpoint: Checkpoint, path: Path) -> Parameters:
    """The parameters of a checkpoint that was read from `path`.

    Raises:
        CheckpointError: if they do not fit its config.
    """
    weights = [a for name, a in checkpoint.arrays.items() if name.startswith("weights/")]
    architecture, V = architecture_of(checkpoint.config), checkpoint.vocabulary.size
    # A damaged header may ask for more memory than there is, so the sizes are compared first.
    if flat_size(architecture, V) > sum(a.size + ALIGN for a in weights):
        raise CheckpointError(
            f"checkpoint {str(path)!r} lacks weights that its config asks for; "
            f"it was made by another network or program."
        )
    newline = int(checkpoint.vocabulary.encode("\n")[0])
    reset_at = newline if checkpoint.config.lines else None
    parameters = Parameters(architecture, V, reset_at=reset_at)
    restore(checkpoint, path, weights_of(parameters))
    return parameters


def mean_squares(path: Path, parameters: Parameters) -> Array:
    """The mean squares (size,) of gradients of one character's loss, near the end of training.

    They are the optimiser's moment `v`, that of gradients of a window's mean loss, times the
    characters of a window: what is left of a gradient at the end is noise, whose squares a mean
    divides (docs/performance.md measures it).

    Raises:
        CheckpointError: if the file cannot be read, keeps none, or belongs to another network.
    """
    saved = load(path)
    if not any(name.startswith("v/") for name in saved.arrays):
        reason = "has weights alone"
        if any(name.startswith("state/") for name in saved.arrays):
            reason = f"is of a run with the optimizer {saved.config.optimizer}, which keeps none"
        raise CheckpointError(
            f"the mean squares of gradients are not in {str(path)!r}, which {reason}; "
            "take best.npz or last.npz of a run that adam has trained"
        )
    squares = np.zeros_like(parameters.flat)
    restore(saved, path, {f"v/{name}": view for name, view in parameters.views(squares).items()})
    if not (squares >= 0.0).all() or not np.isfinite(squares).all():
        raise CheckpointError(
            f"cannot use checkpoint {str(path)!r}: a mean square is no number from 0"
        )
    squares *= saved.config.batch_size * saved.config.seq_length
    return squares


def restore(checkpoint: Checkpoint, path: Path, arrays: Mapping[str, Array]) -> None:
    """Copy the arrays of a checkpoint that was read from `path` into those of a run, by name.

    Raises:
        CheckpointError: if one is missing or of another shape.
    """
    for name, target in arrays.items():
        array = checkpoint.arrays.get(name)
        if array is None or array.shape != target.shape or array.dtype != np.float32:
            raise CheckpointError(
                f"checkpoint {str(path)!r} has no {name} of shape {target.shape}; "
                f"it was made by another network or program."
            )
        target[...] = array


def _decided(config: Config) -> Config:
    """Return the config if every setting has a value, as in a run; else raise ValueError.

    Earlier runs have no weight drop.
    """
    if "weight_drop" in config.undecided:
        config = replace(config, weight_drop=0.0)
    if config.undecided:
        raise ValueError(config.undecided[0])
    return config
