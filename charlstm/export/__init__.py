"""A trained model as a file for other programs; the file's ending chooses the format."""

import importlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from charlstm import __version__
from charlstm.api import Model
from charlstm.errors import ExportError
from charlstm.hints import install
from charlstm.nn.parameters import Parameters
from charlstm.store.target import target_file

if TYPE_CHECKING:
    from charlstm.export.html import PageOptions

Encoder = Callable[[Parameters, Mapping[str, str]], bytes]

# ending: module here, which is also the name of the extra that it needs (a page needs none)
FORMATS = {".onnx": "onnx", ".safetensors": "safetensors", ".html": "html"}
PRIVATE = ("corpus", "val", "out")  # settings that are paths of the machine that trained


def encoder(path: Path) -> Encoder:
    """The function that turns parameters and metadata into the bytes of such a file.

    Raises:
        ExportError: for an unknown ending, or if the package that the format needs is missing.
    """
    name = FORMATS.get(path.suffix.lower())
    if name is None:
        raise ExportError(
            f"{path.name!r} has no suffix of a known format; use {' or '.join(FORMATS)}"
        )
    try:
        encode: Encoder = importlib.import_module(f"charlstm.export.{name}").encode
    except ImportError as problem:
        raise ExportError(
            f"{path.suffix} files need a package that is not here; install it with: {install(name)}"
        ) from problem
    return encode


def export(
    model: Model, path: Path, *, force: bool = False, options: "PageOptions | None" = None
) -> None:
    """Write a model to `path`. An earlier export is replaced, another file only with `force`.

    `options` say what a page begins with.

    Raises:
        OutputError: if there is another file.
        ExportError: as `encoder`, if the format cannot hold this model, or if the file cannot be
            written.
    """
    encode = encoder(path)
    if path.suffix.lower() == ".html":
        from charlstm.export.html import PageOptions, model_page  # noqa: PLC0415 - not for others

        data = model_page(model, about(model), options or PageOptions())
    else:
        data = encode(model.parameters, about(model))
    with target_file(path, ExportError, force=force) as file:
        file.write(data)


def about(model: Model) -> dict[str, str]:
    """The metadata that the file holds beside the weights, each value as JSON.

    `vocabulary` has `tokens` ("char" or "byte") and `characters`, in the order of their ids;
    `settings` are those of the run without its paths; `reset_before` is the character, or None,
    that is always read from zero state; `version` is charlstm's.
    """
    settings = model.config.to_mapping()
    for name in PRIVATE:
        settings.pop(name)
    values = {
        "vocabulary": model.vocabulary.to_header(),
        "settings": settings,
        "reset_before": "\n" if model.config.lines else None,
        "version": __version__,
    }
    return {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}
