"""Commands and words that a message tells the user to type; they work as they are typed."""

import importlib.util
import os
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

NAME = "charlstm"


def command(*words: object) -> str:
    """A command of this program with these words, called as the user has called it."""
    return " ".join((program(), *(shlex.quote(str(word)) for word in words)))


def program() -> str:
    """How the user calls this program: by its name, by its path, or as a module of Python.

    In a Python program, and where the shell finds it by itself, the name is enough.
    """
    called = Path(sys.argv[0])
    if called.name == "__main__.py" and called.parent.name == NAME:
        return f"{_typed(sys.executable)} -m {NAME}"
    return _typed(sys.argv[0]) if called.name == NAME else NAME


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known word that is nearest to `name` in whatever case, if one is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - most commands need no hint

    words = {word.casefold(): word for word in known}
    near = get_close_matches(str(name).casefold(), words, n=1, cutoff=0.6)
    return words[near[0]] if near else None


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """The end of a message about `name`, with the nearest of the known words if one is near."""
    near = nearest(name, known)
    return f"; did you mean {near!r}?" if near else "."


def install(extra: str) -> str:
    """The command that adds what `extra` needs to the environment which runs now."""
    python, wanted = _typed(sys.executable), shlex.quote(f"{NAME}[{extra}]")
    if importlib.util.find_spec("pip"):
        return f"{python} -m pip install {wanted}"
    return f"uv pip install --python {python} {wanted}"


def _typed(path: str) -> str:
    """A program as it can be typed here: by its name where the shell finds it, else by its path."""
    name = Path(path).name
    places = [Path(folder, name) for folder in os.get_exec_path()]
    first = next((place for place in places if os.access(place, os.X_OK)), None)
    try:
        if "/" not in path or (first and first.absolute() == Path(path).absolute()):
            return name
        if Path(path).is_absolute() and Path(path).is_relative_to(Path.cwd()):
            path = os.path.relpath(path)
    except OSError:  # the current folder is gone
        pass
    return shlex.quote(path)
