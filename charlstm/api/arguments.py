"""What the arguments of Python must be: the limits of the command line, and its kind of message."""

import math
import operator
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, TypeVar

from charlstm.errors import ConfigError, shortened

Choice = TypeVar("Choice", bound=str)


def whole_number(name: str, value: Any, least: int | None = None, most: int | None = None) -> int:
    """The value of the argument `name`, which must be a whole number in this range.

    Raises:
        ConfigError: if it is not.
    """
    low, high = (-math.inf if least is None else least), (math.inf if most is None else most)
    try:
        whole = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        whole = None
    if whole is None or not low <= whole <= high:
        span = "" if least is None else f" from {least:,}"
        span += "" if most is None else f" to {most:,}"
        raise ConfigError(f"{name} must be a whole number{span}, not {shown(value)}")
    return whole


def number(name: str, value: Any) -> float:
    """The value of the argument `name`, which must be a number.

    Raises:
        ConfigError: if it is not.
    """
    if not isinstance(value, Real):
        raise ConfigError(f"{name} must be a number, not {shown(value)}")
    return float(value)


def one_of(name: str, value: Any, choices: Sequence[Choice]) -> Choice:
    """The value of the argument `name`, which must be one of the choices.

    Raises:
        ConfigError: if it is not.
    """
    for choice in choices:
        if value == choice:
            return choice
    raise ConfigError(f"{name} must be {' or '.join(choices)}, not {shown(value)}")


def one_text(name: str, value: Any) -> str | bytes:
    """The value of the argument `name`, which must be a text.

    Raises:
        ConfigError: if it is not.
    """
    if not isinstance(value, str | bytes):
        raise ConfigError(f"{name} must be a text, not {shown(value)}")
    return value


def one_or_several_texts(name: str, value: Any) -> list[str | bytes]:
    """The value of the argument `name`, which must be a text or several, as a list.

    Raises:
        ConfigError: if it is not.
    """
    several = [value] if isinstance(value, str | bytes) else listed(name, value, "texts")
    return [one_text(f"each of {name}", item) for item in several]


def several_texts(name: str, value: Any) -> list[str]:
    """The value of the argument `name`, which must be several texts, and not one text.

    Raises:
        ConfigError: if it is not.
    """
    if isinstance(value, str | bytes):
        raise ConfigError(f"{name} must be a list of texts, not the one text {shown(value)}")
    several = listed(name, value, "texts")
    for item in several:
        if not isinstance(item, str):
            raise ConfigError(f"{name} must be a list of texts; {shown(item)} is none")
    return several


def patterns(name: str, value: Any) -> dict[str, str]:
    """The value of the argument `name`, which must be texts by names; None stands for none.

    Raises:
        ConfigError: if it is not.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError(f"{name} must be patterns by their names, not {shown(value)}")
    for part in (*value.keys(), *value.values()):
        if not isinstance(part, str):
            raise ConfigError(f"{name} must be patterns by their names; {shown(part)} is no text")
    return dict(value)


def factors(name: str, value: Any, most: float) -> list[float]:
    """The value of the argument `name`, which must be several numbers above 0.

    Raises:
        ConfigError: if it is not, or one is above `most`.
    """
    several = [number(f"each of {name}", item) for item in listed(name, value, "numbers")]
    for factor in several:
        if not 0 < factor <= most:
            raise ConfigError(f"{name} must be numbers above 0, up to {most:,}; {factor} is not")
    return several


def places(name: str, value: Any) -> list[int]:
    """The value of the argument `name`, which must be several whole numbers.

    Raises:
        ConfigError: if it is not.
    """
    return [whole_number(f"each of {name}", place) for place in listed(name, value, "numbers")]


def listed(name: str, value: Any, items: str) -> list[Any]:
    """The value of the argument `name`, which must be a list, or the like, of such `items`.

    Raises:
        ConfigError: if it is not.
    """
    try:
        return list(value)
    except TypeError:
        raise ConfigError(f"{name} must be a list of {items}, not {shown(value)}") from None


def shown(value: object) -> str:
    """A value in a message, on one line."""
    return shortened(repr(value))
