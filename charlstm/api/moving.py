"""Dynamic evaluation of a model: its weights follow the text that it scores."""

from collections.abc import Callable

from charlstm.api.loaded import Loaded
from charlstm.checkpoint import mean_squares
from charlstm.dynamic import Dynamic, dynamic_scores
from charlstm.errors import ConfigError
from charlstm.nn.parameters import Parameters
from charlstm.score import Score, TextScore, text_score
from charlstm.text.vocabulary import Ids


def dynamic_score(
    model: Loaded,
    ids: Ids,
    settings: Dynamic,
    *,
    cut: bool = False,
    progress: Callable[[int], object] = lambda _: None,
) -> TextScore:
    """The score of the ids (N,) of a text, after a newline, by weights that follow it.

    The model itself stays as it is. With `cut` the text is a part of a longer one. `progress` is
    called with the number of characters newly scored.

    Raises:
        ConfigError: if the model is a blend or a changed copy, or the rate is too high.
        CheckpointError: if its checkpoint has no mean squares of gradients.
    """
    if not isinstance(model.predictor, Parameters):
        raise ConfigError("the weights of a blend cannot follow a text; score each of its models")
    if model.changes:
        raise ConfigError(
            f"the weights of {model.name} cannot follow a text: they would learn again what the "
            "change took from them"
        )
    squares = mean_squares(model.path, model.parameters)
    prime, total = int(model.vocabulary.encode("\n")[0]), Score(0.0, 0, 0)
    for score in dynamic_scores(model.parameters, squares, ids, prime, settings):
        total += score
        progress(score.characters + score.unknown)
    return text_score(total, model.vocabulary, ids, cut=cut)
