"""Which features to look for: all of the library, or some of it, and those of the user."""

from collections.abc import Mapping, Sequence

from charlstm.errors import CharlstmError, shortened
from charlstm.hints import command, nearest
from charlstm.studies.features.characters.catalogue import BY_NAME
from charlstm.studies.features.characters.defined import defined_feature
from charlstm.studies.features.characters.marking import Feature


def chosen_features(names: Sequence[str], defined: Mapping[str, str]) -> list[Feature]:
    """The library's features of these names, or all of them, and those `defined` by a regex.

    Raises:
        CharlstmError: if there is no feature of a name, or one cannot be defined so.
    """
    own = {name: defined_feature(name, pattern) for name, pattern in defined.items()}
    for name in names:
        if name not in BY_NAME and name not in own:
            near = nearest(name, [*BY_NAME, *own])
            cure = (
                f"did you mean {near!r}?"
                if near
                else f"{command('inspect', 'features', '--list')} lists them"
            )
            raise CharlstmError(f"there is no feature {shortened(name)!r}; {cure}")
    chosen = names or BY_NAME
    return [feature for name, feature in BY_NAME.items() if name in chosen] + [*own.values()]
