"""What a model and a blend of models have in common: they write, and they score text."""

from charlstm.api.scoring import Scoring
from charlstm.api.writing import Writing


class Predicting(Writing, Scoring):
    """A model, or a blend of several, that says how likely each next character is."""

    @property
    def parts(self) -> "tuple[tuple[Predicting, float], ...]":
        """The models whose probabilities are mixed, each with its share of 1."""
        return ((self, 1.0),)
