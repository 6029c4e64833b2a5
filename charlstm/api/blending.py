"""A blend: a model, and others whose probabilities are mixed with its own."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from charlstm.api.predicting import Predicting
from charlstm.errors import ConfigError, shortened
from charlstm.evaluate import Scorer
from charlstm.nn.mixture import Mixture, Part
from charlstm.nn.parameters import Parameters
from charlstm.nn.predictors import reach_of
from charlstm.sampling.primed import Reader
from charlstm.score import TextScore, text_score, total
from charlstm.text.vocabulary import Ids, Vocabulary

if TYPE_CHECKING:  # sampling starts faster without it
    from charlstm.novelty import Novelty
    from charlstm.text.slices import TextSlice

LEAST = 1e-9  # of all, that must be left to the model itself


class Blend(Predicting):
    """The weighted mean of the probabilities of several models, character by character.

    `parts` are the models with their shares, which add up to 1. The first is the model that the
    others are mixed into. From it come the settings, the path, and the validation text; `ablate`
    and `hold` change it alone. The `vocabulary` is joined: a character that a model lacks has the
    probability 0 there, and that model reads it as unknown. Each model keeps its own state.
    """

    def __init__(self, model: Predicting, others: Iterable[tuple[Predicting, float]]) -> None:
        """Mix the others into the model, each with its share; the model has the rest of 1.

        Raises:
            ConfigError: if a share is not above 0, all of them are not below 1, two models are the
                same, or some read bytes or lines and others do not.
        """
        vars(self).update(vars(model))
        self._passages = None  # the model's own are of its text alone
        others = list(others)
        _check_alike([model, *(other for other, _ in others)])
        self._parts = ((model, 1.0 - _sum_of([share for _, share in others])), *others)
        for other, _ in others:
            self.vocabulary = self.vocabulary.extended(other.vocabulary.characters)
        reset_at = int(self._ids("\n")[0]) if self.config.lines else None
        self._mixture = Mixture(
            tuple(
                Part(part.parameters, share, _own_ids(self.vocabulary, part.vocabulary))
                for part, share in self.parts
            ),
            reset_at,
        )

    @property
    def parts(self) -> tuple[tuple[Predicting, float], ...]:
        """The models with their shares, first the one that the others are mixed into."""
        return self._parts

    @property
    def predictor(self) -> Mixture:
        """The networks with their shares."""
        return self._mixture

    def readers(self) -> list[Reader]:
        """The networks of all parts, in their order."""
        return [reader for part, _ in self.parts for reader in part.readers()]

    @property
    def name(self) -> str:
        """The shares, and the names of the models."""
        return " + ".join(f"{share:.3g} {part.name}" for part, share in self.parts)

    def _facts(self) -> list[tuple[str, str]]:
        networks = [
            (f"{share:.3g}", f"{part.path}: {part.parameters.architecture}")
            for part, share in self.parts
        ]
        return [*networks, ("vocabulary", f"{self.vocabulary.size:,} {self.vocabulary.unit}s")]

    def evaluate_each(self, text: str | bytes) -> list[TextScore]:
        """The score of a text, as `evaluate` gives it, and then that of each part alone."""
        return self.score_each(self._ids(text))

    def score_each(self, ids: Ids, *, cut: bool = False) -> list[TextScore]:
        """The same of ids (N,). A part scores the characters that it knows."""
        mixture = self._mixture
        scorer = Scorer(ids, int(self._ids("\n")[0]), mixture.reset_at, reach_of(mixture))
        groups = [scorer.score_each(mixture, group) for group in range(scorer.groups)]
        mixed, *own = map(total, zip(*groups, strict=True))
        scores = [text_score(mixed, self.vocabulary, ids, cut=cut)]
        for (part, _), network, score in zip(self.parts, mixture.parts, own, strict=True):
            own_ids = network.own_ids.astype(part.vocabulary.dtype)[ids]
            scores.append(text_score(score, part.vocabulary, own_ids, cut=cut))
        return scores

    def novelty(self, text: str | bytes) -> "Novelty":
        """How much of `text` stands word for word in one training text, that with most of it.

        Raises:
            CorpusError: if one of these texts and its encoded copy are both gone.
        """
        novelties = [part.novelty(text) for part, _ in self.parts]
        return max(novelties, key=lambda novelty: (novelty.longest, novelty.copied))

    def _training_texts(self) -> "list[tuple[TextSlice, Vocabulary]]":
        """The texts that the parts were trained on, each with the vocabulary of its part."""
        return [text for part, _ in self.parts for text in part._training_texts()]  # noqa: SLF001

    def validation_ids(self) -> Ids:
        """The ids (N,) of the first model's validation text.

        Raises:
            CorpusError: if its run has none, or its text has changed.
        """
        model, _ = self.parts[0]
        ids, own = model.validation_ids(), model.vocabulary
        if own.size == self.vocabulary.size:
            return ids
        table = np.append(np.arange(own.size), self.vocabulary.unknown)
        return table.astype(self.vocabulary.dtype)[ids]

    def _changed(self, parameters: Parameters, *names: str) -> Self:
        (model, _), *others = self.parts
        return type(self)(model._changed(parameters, *names), others)  # noqa: SLF001


def _sum_of(shares: Sequence[Any]) -> float:
    """The sum of the shares of the others.

    Raises:
        ConfigError: if one is not above 0, or nothing is left of 1.
    """
    for share in shares:
        if not isinstance(share, Real) or not float(share) > 0.0:
            raise ConfigError(f"a share in a blend must be a number above 0, not {share!r}")
    total_share = math.fsum(shares)
    if not total_share <= 1.0 - LEAST:
        raise ConfigError(
            f"the shares of the blended models add up to {total_share:.6g}; they must stay below "
            "1, because the model that they are mixed into has the rest"
        )
    return total_share


def _check_alike(models: list[Predicting]) -> None:
    """Refuse models that cannot be blended.

    Raises:
        ConfigError: if one is no single model, two are the same, or one reads bytes or lines and
            another does not.
    """
    for model in models:
        if isinstance(model, Blend) or not isinstance(model, Predicting):
            raise ConfigError(f"only single models can be blended, not {shortened(repr(model))}")
    if len(models) == 1:
        raise ConfigError("there is no other model to blend; give at least one with its share")
    same = Counter((model.path.resolve(), *model.changes) for model in models)
    (path, *changes), times = same.most_common(1)[0]
    if times > 1:
        twice = ", ".join(map(str, [path, *changes]))
        raise ConfigError(f"{shortened(twice)} is there twice; blend models that differ")
    first, *others = ((shortened(str(model.path)), _reads(model)) for model in models)
    for path, reads in others:
        if reads != first[1]:
            raise ConfigError(
                f"{first[0]} reads {first[1]}, and {path} {reads}; blend models that read the same"
            )


def _reads(model: Predicting) -> str:
    """What a model reads, and from which state."""
    lines = "lines, each from zero state" if model.config.lines else "one text"
    return f"{model.vocabulary.unit}s of {lines}"


def _own_ids(joined: Vocabulary, own: Vocabulary) -> NDArray[np.intp]:
    """The ids (V + 1,) of a vocabulary for those of a joined one, the unknown one last."""
    known = own.encode(bytes(range(256)) if own.tokens == "byte" else joined.characters)
    return np.append(known.astype(np.intp), own.unknown)
