"""A model with all that it can do, and how one is loaded."""

from pathlib import Path

from charlstm import checkpoint
from charlstm.api.features import Featuring
from charlstm.api.inspecting import Inspecting
from charlstm.api.sentences import Sentences
from charlstm.api.writing import Writing
from charlstm.store.runs import checkpoint_path, find_run


class Model(Writing, Inspecting, Featuring, Sentences):
    """A trained model: it writes, scores text, and can be looked into."""


def load(run: str | Path | None = None, *, root: Path = Path("runs")) -> Model:
    """Load the model of a run folder or a checkpoint file; None takes the newest run in `root`.

    From a run folder this loads the checkpoint with the best validation loss, or else the last one.

    Raises:
        RunError: if there is no such run.
        CheckpointError: if the checkpoint cannot be used.
    """
    path = checkpoint_path(find_run(run, root))
    return Model(checkpoint.load(path, weights_only=True), path)
