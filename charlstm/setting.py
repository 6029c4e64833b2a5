"""One setting: its default, its help and its range, and the check of a value that is given."""

import math
import types
from dataclasses import Field, field, fields
from numbers import Integral, Real
from typing import Any, get_args, get_origin

from charlstm.errors import ConfigError, shortened

_NAMES = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}

_KINDS: dict[type, type] = {int: Integral, float: Real, str: str}


def setting(
    default: Any,
    help: str,  # noqa: A002 - as click calls it
    low: float | None = None,
    high: float | None = None,
    *,
    above: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A field with its help and its range: low ≤ value ≤ high, above < value, or one of several."""
    metadata = {"help": help, "low": low, "high": high, "above": above, "choices": choices}
    return field(default=default, metadata=metadata)


def brief(value: object) -> str:
    """A value as Python writes it, shortened."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write an integer of thousands of digits
        return "a huge number"
    return shortened(text, 80)


def checked(f: Field[Any], value: Any) -> Any:
    """`value` as the type of the field `f`.

    Raises:
        ConfigError: if it has another type or is out of range.
    """
    if value is None and (may_be_none(f) or f.default is None):
        return None
    kind: Any = get_args(f.type)[0] if isinstance(f.type, types.UnionType) else f.type
    if get_origin(kind) is tuple:
        return _checked_paths(f.name, value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) < 2**1000 else math.inf
    if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
        raise ConfigError(f"{f.name} must be {_NAMES[kind]}, not {brief(value)}.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{f.name} must be a finite number, not {value!r}.")
    if value == "":
        raise ConfigError(f"{f.name} must not be empty; leave it out for its default.")
    check_range(f, value)
    return value


def check_values(settings: Any) -> None:
    """Refuse a value of a data class of settings that has another type or is out of range.

    Numbers of NumPy count as numbers.

    Raises:
        ConfigError: for the first of them.
    """
    for f in fields(settings):
        value = getattr(settings, f.name)
        if value is None and may_be_none(f):
            continue
        kind = next(kind for kind in (*get_args(f.type), f.type) if kind is not types.NoneType)
        if not isinstance(value, _KINDS[kind]) or isinstance(value, bool):
            raise ConfigError(f"{f.name} must be {_NAMES[kind]}, not {brief(value)}.")
        check_range(f, value)


def check_range(f: Field[Any], value: Any) -> None:
    """Refuse a value of the right type that is out of the range of the field `f`.

    Raises:
        ConfigError: if it is.
    """
    choices, low, high, above = (f.metadata[key] for key in ("choices", "low", "high", "above"))
    if choices and value not in choices:
        raise ConfigError(f"{f.name} must be one of {', '.join(choices)}, not {brief(value)}.")
    high_enough = (low is None or value >= low) and (above is None or value > above)  # NaN is not
    if not high_enough or (high is not None and value > high):
        raise ConfigError(f"{f.name} must be {describe_range(f)}, not {brief(value)}.")


def _checked_paths(name: str, value: Any) -> tuple[str, ...]:
    paths = (value,) if isinstance(value, str) else value
    if not isinstance(paths, list | tuple) or not all(isinstance(path, str) for path in paths):
        raise ConfigError(f"{name} must be a text or a list of texts, not {brief(value)}.")
    if "" in paths:
        raise ConfigError(f"{name} names an empty path; name a file, a folder or -.")
    return tuple(paths)


def may_be_none(f: Field[Any]) -> bool:
    """Whether the setting stands without a value when a run begins."""
    return types.NoneType in get_args(f.type)


def describe_range(f: Field[Any]) -> str:
    """The range of a numeric setting in words."""
    bounds = (("above", "above"), ("low", "at least"), ("high", "at most"))
    words = [f"{word} {f.metadata[key]:g}" for key, word in bounds if f.metadata[key] is not None]
    return " and ".join(words)
