"""Configs as files: YAML that is read strictly, and the files that travel with the program."""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from charlstm import __version__
from charlstm.config import Config
from charlstm.errors import ConfigError, shortened
from charlstm.setting import brief

PACKAGE = files("charlstm")  # a folder, or part of a zip archive
PATHS = ("corpus", "val", "out")  # the settings that name files


def bundled_folder(name: str) -> Path:
    """`configs` or `data`: the packaged copy, else (in a checkout) the one beside the package.

    Files of a program that runs from a zip archive are copied to the user's cache.

    Raises:
        ConfigError: if they cannot be written there.
    """
    bundled = PACKAGE / "bundled"
    if not isinstance(bundled, Path):
        return _unpacked(bundled) / name
    return (bundled if bundled.is_dir() else bundled.parents[1]) / name


def _unpacked(bundled: Traversable) -> Path:
    """A copy that stays, because runs name the texts in it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    copy = cache / "charlstm" / __version__
    try:
        for folder in bundled.iterdir() if bundled.is_dir() else ():
            (copy / folder.name).mkdir(parents=True, exist_ok=True)
            for file in folder.iterdir():
                (copy / folder.name / file.name).write_bytes(file.read_bytes())
    except (OSError, RuntimeError) as problem:  # the latter if nobody knows where home is
        raise ConfigError(f"cannot unpack the bundled files to {copy}: {problem}") from problem
    return copy


def find_config(name: str) -> Path:
    """The config file that `name` means: a path, or the name of a bundled config.

    A name with a slash in it is always a path.

    Raises:
        ConfigError: if there is no such file; the message lists the bundled configs.
    """
    path = Path(name)
    bundled = bundled_folder("configs")
    with suppress(OSError):  # raised by a name that is too long
        if path.is_file() or path.is_fifo() or "/" in name:
            return path
        packaged = bundled / f"{path.stem if path.suffix == '.yaml' else name}.yaml"
        if packaged.is_file():
            return packaged
    known = ", ".join(sorted(config.stem for config in bundled.glob("*.yaml")))
    known = f", or one of the bundled ones: {known}" if known else ""
    raise ConfigError(f"no config {shortened(name)!r}; give a path{known}.")


def read_yaml(path: Path) -> dict[str, Any]:
    """The settings in a YAML file. Only their form is checked, not their names and values.

    Relative paths are taken from the folder of the file, those in a pipe from the current one.

    Raises:
        ConfigError: if the file cannot be read, is not a mapping, repeats a key, or uses tags or
            aliases.
    """
    try:
        text = path.read_text(encoding="utf-8")
        mapping = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader made stricter
    except OSError as problem:
        raise ConfigError(f"cannot read {str(path)!r}: {problem.strerror}.") from problem
    except UnicodeDecodeError as problem:
        raise ConfigError(f"{str(path)!r} is not UTF-8 at byte {problem.start}.") from problem
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        reason = " ".join(str(problem).split()) or type(problem).__name__
        raise ConfigError(f"{str(path)!r} is not a YAML config: {reason}") from problem
    if mapping is None:
        return {}
    if not isinstance(mapping, dict):
        raise ConfigError(f"{str(path)!r} must hold settings as `name: value` lines.")
    return relative_to(path, mapping)


def relative_to(
    path: Path, mapping: dict[str, Any], names: Iterable[str] = PATHS
) -> dict[str, Any]:
    """A copy of `mapping` in which the settings `names` are taken from the folder of `path`.

    Each of these settings holds one path, or a list of paths.
    """
    copy = dict(mapping)
    for name in names:
        value = mapping.get(name)
        if isinstance(value, str):
            copy[name] = _beside(path, value)
        elif isinstance(value, list):
            copy[name] = [_beside(path, v) if isinstance(v, str) else v for v in value]
    return copy


def _beside(path: Path, value: str) -> str:
    # What comes from standard input or a pipe has no folder of its own: the current one is meant.
    piped = path.is_fifo() or str(path) == "/dev/stdin" or str(path.parent) == "/dev/fd"
    return value if value in ("-", "") or piped else str(path.parent / value)


def to_yaml(config: Config) -> bytes:
    """The settings as YAML that `read_yaml` reads back."""
    text: str = yaml.dump(config.to_mapping(), Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text.encode()


# The scalars that are no texts, as YAML 1.2 has them: `no`, `on` and a date are texts. "odd" is a
# number that YAML 1.1 reads in base 8 or 60, and most people in base 10.
_SCALARS = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("odd", r"[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)", list("-+0123456789")),
    ("int", r"[-+]?(0|[1-9][0-9_]*|0b[01_]+|0x[0-9a-fA-F_]+)", list("-+0123456789")),
    ("float", r"[-+]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", list("-+.")),
)


class _Loader(yaml.SafeLoader):
    """The safe loader, with `_SCALARS`. It refuses repeated keys, tags and aliases."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not used here")
        tag = getattr(self.peek_event(), "tag", None)  # type: ignore[no-untyped-call]
        if tag is not None:
            raise yaml.YAMLError(f"tags ({tag}) are not used here")
        return super().compose_node(parent, index)

    def mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        """A mapping whose keys are texts, each once."""
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise yaml.YAMLError(f"line {line}: the key {key!r} is not a text")
            if key in mapping:
                raise yaml.YAMLError(f"line {line}: the key {key!r} is repeated")
            mapping[key] = self.construct_object(value_node, deep=True)
        return mapping

    def odd(self, node: yaml.ScalarNode) -> Any:
        """Refuse a number that two people read differently."""
        value, line = node.value, node.start_mark.line + 1
        base = "60" if ":" in value else "8"
        raise yaml.YAMLError(
            f"line {line}: {brief(value)} would be a number of base {base}; write it as a plain "
            f"number, or in quotes for a text"
        )


_Loader.yaml_implicit_resolvers = {}
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.mapping)
_Loader.add_constructor("tag:yaml.org,2002:odd", _Loader.odd)


class _Dumper(yaml.SafeDumper):
    """The safe dumper, which escapes what YAML would read as a line break, such as U+0085."""

    def text(self, value: str) -> yaml.ScalarNode:
        """A text, in double quotes where a character in it cannot be printed."""
        style = None if value.isprintable() else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", value, style)


for _name, _pattern, _first in _SCALARS:
    for _class in (_Loader, _Dumper):  # the dumper quotes a text that would be something else
        _class.add_implicit_resolver(
            f"tag:yaml.org,2002:{_name}", re.compile(f"^({_pattern})$"), _first
        )
_Dumper.add_representer(str, _Dumper.text)
