"""Several models on the same minimal pairs, from Python."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from charlstm.api.arguments import listed, shown
from charlstm.api.model import Model
from charlstm.api.scoring import Given
from charlstm.errors import ConfigError

if TYPE_CHECKING:  # imported where they are used, so that sampling starts fast
    from charlstm.pairs.scores import ScoreKind
    from charlstm.studies.agreement.side_by_side import SideBySide


def compare_agreement(
    models: Sequence[Model],
    pairs: Given = None,
    *,
    score: "ScoreKind" = "sentence",
    per_condition: int = 400,
    seed: int = 1,
    lower: bool = False,
    progress: Callable[[int], object] = lambda _: None,
) -> "SideBySide":
    """What each of 2 to 26 models scores on the same minimal pairs, and whether they differ.

    Pairs with characters that one of the models does not know are left out for all. Without `pairs`
    they are made like the corpus of the first model. `Model.agree` explains the other arguments;
    `progress` is called for each model's pairs.

    Raises:
        ConfigError: if these are not 2 to 26 models, or two are the same.
        CorpusError: if the pairs cannot be read, or some model knows the characters of none.
    """
    from charlstm.studies.agreement.side_by_side import LETTERS, SideBySide  # noqa: PLC0415

    if isinstance(models, Model):
        raise ConfigError("models must be a list of models, not one model")
    models = listed("models", models, "models")
    for model in models:
        if not isinstance(model, Model):
            raise ConfigError(f"models must be a list of models; {shown(model)} is none")
    if not 2 <= len(models) <= len(LETTERS):
        raise ConfigError(f"2 to {len(LETTERS)} models can stand side by side, not {len(models)}")
    same = Counter((model.path.resolve(), *model.changes) for model in models)
    (path, *changes), times = same.most_common(1)[0]
    if times > 1:
        twice = ", ".join(map(str, [path, *changes]))
        raise ConfigError(f"{twice} is there twice; name models that differ")
    names = [model.name for model in models]
    if len(set(names)) < len(names):  # runs of one name, or checkpoints of one run
        names = [", ".join([str(model.path), *model.changes]) for model in models]
    given = models[0].pair_set(pairs, per_condition, seed, lower=lower)
    reports = [model.agree_beside(models, given, score, progress) for model in models]
    return SideBySide(dict(zip(names, reports, strict=True)))
