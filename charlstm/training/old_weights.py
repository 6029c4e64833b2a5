"""The weights of an old run become the first ones of a new network, as far as they fit."""

from pathlib import Path

from charlstm import checkpoint
from charlstm.errors import CheckpointError
from charlstm.nn.parameters import Parameters


def copy_weights(old: checkpoint.Checkpoint, path: Path, parameters: Parameters) -> None:
    """Copy the weights of `old`, read from `path`; characters that it does not know keep theirs.

    Raises:
        CheckpointError: if the networks differ in more than the vocabulary.
    """
    source, known = checkpoint.parameters_of(old, path), old.vocabulary.size
    if _shape(source) != _shape(parameters):
        theirs, ours = source.architecture, parameters.architecture
        raise CheckpointError(
            f"{str(path)!r} is a network of another shape ({theirs}) than asked for ({ours}); "
            f"ask for its shape, or leave out --init-from."
        )
    for name, rows in parameters.by_name.items():
        old_rows = source.by_name[name]
        if old_rows.shape == rows.shape:
            rows[...] = old_rows
        else:  # a row for each character; some arrays end with one for the unknown character
            rows[:known] = old_rows[:known]
            if len(old_rows) > known:
                rows[-1] = old_rows[-1]


def _shape(parameters: Parameters) -> tuple[object, ...]:
    """What two networks must have in common; a default counts like a given option."""
    shape = parameters.architecture
    options = parameters.cell.options
    heads = shape.attention_heads if shape.attention else 0
    return shape.cell, options, shape.hidden_size, shape.num_layers, shape.attention, heads
