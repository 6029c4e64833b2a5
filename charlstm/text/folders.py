"""The texts of a folder: which files below it are meant, each once, and in which order."""

import os
import shlex
import stat
from collections.abc import Callable, Sequence

from charlstm.errors import CorpusError

TEXTS = (".txt", ".txt.gz")  # the endings, in any case, of the files that a folder stands for


def texts_below(folder: str, on_note: Callable[[str], object]) -> list[tuple[str, int]]:
    """The path and the size in bytes of each text below a folder, sorted by path.

    Linked files and folders belong to it, each once; hidden ones do not. `on_note` is told of the
    other files.

    Raises:
        CorpusError: if there is no text; it says what there is.
        OSError: if a folder cannot be listed, or a link leads nowhere.
    """
    texts, others = _walked(folder)
    if not texts:
        raise CorpusError(f"folder {folder} holds no .txt file; {_instead(others)}")
    if others:
        on_note(f"left out of {folder}: {_some(others)}; a folder stands for its .txt and .txt.gz")
    return sorted(texts)


def _walked(folder: str) -> tuple[list[tuple[str, int]], list[str]]:
    """The texts below a folder with their sizes, and the other files. Hidden ones are neither.

    Real folders come before linked ones, so that a file has its real path if that is below too.
    """

    def stop(error: OSError) -> None:
        raise error

    def is_new(status: os.stat_result) -> bool:
        before = len(seen)
        seen.add((status.st_dev, status.st_ino))
        return len(seen) > before

    texts, others = list[tuple[str, int]](), list[str]()
    roots, seen = [folder], set[tuple[int, int]]()
    for root in roots:  # it grows by the linked folders
        for parent, folders, names in os.walk(root, onerror=stop):
            if not is_new(os.stat(parent)):  # noqa: PTH116 -- 100,000 Path objects are slow
                folders.clear()
                continue
            folders[:] = _shown(folders)
            roots += filter(os.path.islink, _in(parent, folders))
            for path in _in(parent, _shown(names)):
                if not path.lower().endswith(TEXTS):
                    others.append(path)
                    continue
                status = os.stat(path)  # noqa: PTH116 -- as above
                if not stat.S_ISREG(status.st_mode):
                    others.append(path)
                elif is_new(status):
                    texts.append((path, status.st_size))
    return texts, others


def _shown(names: Sequence[str]) -> list[str]:
    return sorted(name for name in names if not name.startswith("."))


def _in(folder: str, names: Sequence[str]) -> list[str]:
    return [os.path.join(folder, name) for name in names]  # noqa: PTH118 -- as above


def _instead(others: Sequence[str]) -> str:
    if not others:
        return "name a file or another folder"
    pattern = f"{shlex.quote(others[0].rpartition('/')[0])}/*"
    return f"it holds {_some(others)}; name the texts among them, such as {pattern}"


def _some(paths: Sequence[str]) -> str:
    """How many files these are, and what the first ones are called."""
    first = ", ".join(path.rpartition("/")[2] for path in paths[:3])
    return f"{len(paths):,} file{'s' * (len(paths) > 1)} ({first}{', …' * (len(paths) > 3)})"
