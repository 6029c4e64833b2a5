"""The option --blend: other runs whose probabilities are mixed with those of --run."""

from typing import Any

import click
from click.types import FuncParamType

from charlstm.api import Model, load
from charlstm.api.predicting import Predicting

Share = tuple[str, float]  # a run and its share, as SHARE reads them


def _share(text: str) -> Share:
    """("runs/austen", 0.3) of `runs/austen:0.3`: the share stands after the last colon."""
    run, _, value = text.rpartition(":")
    try:
        share = float(value) if run else 0.0
    except ValueError:
        share = 0.0
    if not 0.0 < share < 1.0:
        raise click.BadParameter(
            f"{text!r} has no share between 0 and 1; write RUN:SHARE, such as runs/austen:0.3."
        )
    return run, share


SHARE = FuncParamType(_share)
SHARE.name = "run:share"

blend_option = click.option(
    "--blend",
    metavar="RUN:SHARE",
    type=SHARE,
    multiple=True,
    help="Mix in the probabilities of another run, with this share of 1; repeatable.",
)


def blended(model: Model, blend: tuple[Share, ...]) -> Predicting:
    """The model with these runs mixed into its probabilities.

    Raises:
        CharlstmError: if a run cannot be loaded, or they cannot be blended.
    """
    return model.blend({load(run): share for run, share in blend}) if blend else model


def blend_record(model: Predicting) -> list[dict[str, Any]]:
    """The runs of a blend with their shares, for JSON; nothing of a single model."""
    records = [{"run": str(part.path), "share": share} for part, share in model.parts]
    return records if len(records) > 1 else []
