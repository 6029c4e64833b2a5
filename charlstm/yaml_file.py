"""A config as a YAML file, read strictly and with paths relative to the file."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from charlstm.config import Config
from charlstm.errors import ConfigError

PATHS = ("corpus", "val", "out")


def read_yaml(path: Path) -> dict[str, Any]:
    """The settings in a YAML file, unchecked but for their form; paths are made relative to here.

    Raises:
        ConfigError: if it cannot be read, is no mapping, repeats a key, or uses tags or aliases.
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
    """The mapping with its paths, or lists of them, as seen from the folder of the file `path`."""
    found = dict(mapping)
    for name in names:
        value = mapping.get(name)
        if isinstance(value, str):
            found[name] = _beside(path, value)
        elif isinstance(value, list):
            found[name] = [_beside(path, v) if isinstance(v, str) else v for v in value]
    return found


def _beside(path: Path, value: str) -> str:
    return value if value in ("-", "") else str(path.parent / value)


def to_yaml(config: Config) -> bytes:
    """The settings as YAML that `read_yaml` reads back."""
    text: str = yaml.dump(config.to_mapping(), Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text.encode()


class _Dumper(yaml.SafeDumper):
    """The safe dumper, which escapes what YAML would read as a line break, such as U+0085."""

    def text(self, value: str) -> yaml.ScalarNode:
        """A text, in double quotes where a character in it cannot be printed."""
        style = None if value.isprintable() else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", value, style)


_Dumper.add_representer(str, _Dumper.text)


class _Loader(yaml.SafeLoader):
    """The safe loader with 1e-3 as a number, and without repeated keys, tags and aliases."""

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


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.mapping)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
    list("-+0123456789."),
)
