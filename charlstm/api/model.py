"""A model with all that it can do, and how one is loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from charlstm import checkpoint
from charlstm.api.features import Featuring
from charlstm.api.inspecting import Inspecting
from charlstm.api.predicting import Predicting
from charlstm.api.sentences import Sentences
from charlstm.store.runs import checkpoint_path, find_run

if TYPE_CHECKING:  # imported where it is used, so that sampling starts fast
    from charlstm.api.blending import Blend


class Model(Predicting, Inspecting, Featuring, Sentences):
    """A trained model: it writes, scores text, and can be looked into."""

    def blend(self, others: "Mapping[Model, float]") -> "Blend":
        """This model with others mixed into its probabilities, each with its share: `{other: 0.3}`.

        The model has the rest of 1.

        Raises:
            ConfigError: if a share is not above 0, all of them are not below 1, two models are the
                same, or some read bytes or lines and others do not.
        """
        from charlstm.api.blending import Blend  # noqa: PLC0415 - see above

        return Blend(self, others.items())


def load(run: str | Path | None = None, *, root: Path = Path("runs")) -> Model:
    """Load the model of a run folder or a checkpoint file; None takes the newest run in `root`.

    From a run folder this loads the checkpoint with the best validation loss, or else the last one.

    Raises:
        RunError: if there is no such run.
        CheckpointError: if the checkpoint cannot be used.
    """
    path = checkpoint_path(find_run(run, root))
    return Model(checkpoint.load(path, weights_only=True), path)
