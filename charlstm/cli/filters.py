"""What is said of steps of the chain that have no effect."""

from charlstm.api.predicting import Predicting
from charlstm.cli.terminal import note
from charlstm.sampling.filters import Filters


def note_without_effect(filters: Filters, model: Predicting, most: int | None = None) -> None:
    """Say which steps cannot change a text of at most so many characters, or of any length."""
    size = model.vocabulary.size
    if filters.no_repeat and most is not None and filters.no_repeat >= most:
        note(f"--no-repeat {filters.no_repeat} has no effect on {most} {model.vocabulary.unit}s")
    if filters.top_k and filters.top_k >= size:
        note(f"--top-k {filters.top_k} has no effect: there are only {size} to choose from")
