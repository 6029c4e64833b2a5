"""Coverage-guided fuzzing of the checkpoint reader and the config reader, with atheris.

    python tests/fuzz.py checkpoint CORPUS_FOLDER -max_total_time=600
    python tests/fuzz.py config CORPUS_FOLDER -max_total_time=600

What it finds becomes a case in the tests; docs/reliability.md says when it was last run.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

atheris: Any = import_module("atheris")
with atheris.instrument_imports(include=["charlstm", "yaml"]):
    from charlstm import checkpoint
    from charlstm.config import from_mapping
    from charlstm.config_file import read_yaml
    from charlstm.errors import CheckpointError, ConfigError
    from charlstm.nn.cells import cell_options
    from charlstm.nn.parameters import Architecture
    from charlstm.store import archive, npz

PATH = Path(tempfile.mkdtemp()) / "x"
RUN_FILE = Path(__file__).with_name("golden") / "run-format1.npz"
RUN = archive.load(RUN_FILE)


def checkpoint_target(data: bytes) -> None:
    """The first byte decides what the rest is: a file, a sealed header, or a run's header."""
    kind, data = data[:1], data[1:]
    try:
        if kind == b"a":
            PATH.write_bytes(data)
        elif kind == b"b":
            PATH.write_bytes(sealed(data))
        else:
            archive.save(PATH, json.loads(data), RUN.arrays)
        saved = checkpoint.load(PATH)
        checkpoint.parameters_of(saved, PATH)
    except CheckpointError as error:
        assert "\n" not in str(error)  # noqa: PT017
    except (ValueError, TypeError, RecursionError):
        if kind in (b"a", b"b"):  # else it was no JSON
            raise


def sealed(text: bytes) -> bytes:
    """A file whose header is this text with a right checksum, and its arrays as it declares."""
    text = archive._seal(text)
    members = [archive._header_member(text)]
    content = members[0].frame + text
    try:
        for member, _ in archive._decode(text)[1][:9]:
            if member.nbytes < 10_000:
                members.append(member)
                content += member.frame + np.zeros(member.nbytes, np.uint8).tobytes()
    except ValueError:
        pass
    return content + npz.directory(members)


def config_target(data: bytes) -> None:
    """A settings file."""
    PATH.write_bytes(data)
    try:
        config = from_mapping(read_yaml(PATH), cell_options())
        Architecture(config.cell, dict(config.cell_options)).make_cell()
    except ConfigError as error:
        assert "\n" not in str(error) and len(str(error)) < 1000  # noqa: PT017


def seeds(name: str, folder: Path) -> None:
    """What to begin from."""
    folder.mkdir(parents=True, exist_ok=True)
    if name == "config":
        for path in Path(__file__).parents[1].glob("configs/*.yaml"):
            (folder / path.stem).write_bytes(path.read_bytes())
        return
    whole = RUN_FILE.read_bytes()
    text = whole[whole.index(b'"format"') :]
    (folder / "file").write_bytes(b"a" + whole)
    (folder / "sealed").write_bytes(b"b" + text[: text.index(b"PK\x03\x04")])
    (folder / "run").write_bytes(b"c" + json.dumps(RUN.header).encode())


def main() -> None:
    """Fuzz until the time is up."""
    targets: dict[str, Callable[[bytes], None]] = {
        "checkpoint": checkpoint_target,
        "config": config_target,
    }
    name, folder = sys.argv[1:3]
    seeds(name, Path(folder))
    atheris.Setup([sys.argv[0], *sys.argv[2:], "-rss_limit_mb=2048"], targets[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
