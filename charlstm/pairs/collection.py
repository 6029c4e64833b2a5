"""The files of a collection of minimal pairs: files and folders that are named, standard input."""

from collections.abc import Sequence
from pathlib import Path

from charlstm.errors import CorpusError, shortened
from charlstm.pairs.formats import format_of
from charlstm.pairs.formats.linzen import gold_of
from charlstm.pairs.source import STDIN, Source

Sources = str | Path | Sequence[str | Path]
MOST = 5  # files named in a note


def files_of_pairs(sources: Sources, notes: list[str]) -> list[str | Path]:
    """The files that sources of pairs stand for; what is passed over in folders goes to `notes`.

    Raises:
        CorpusError: if there is no source, a folder has no pairs, or a file is named twice.
    """
    given = [sources] if isinstance(sources, str | Path) else sources
    files: dict[str | Path, str | Path] = {}
    for source in given:
        if not str(source):
            raise CorpusError(
                "pairs have no name; name a file or a folder, or - for standard input"
            )
        folder = str(source) != STDIN and Path(source).is_dir()
        for file in _in_folder(Path(source), notes) if folder else [_main(source)]:
            place = _place(file)
            if place in files:
                raise CorpusError(f"{shortened(str(file))} is named twice; name it once")
            files[place] = file
    if not files:
        raise CorpusError("no pairs given; name a file or a folder, or - for standard input")
    return list(files.values())


def _place(file: str | Path) -> str | Path:
    """What two names of the same file have in common."""
    try:
        return STDIN if str(file) == STDIN else Path(file).resolve()
    except (OSError, RuntimeError, ValueError):  # reading it says why
        return file


def _main(source: str | Path) -> str | Path:
    return source if str(source) == STDIN else gold_of(Path(source)) or source


def _in_folder(folder: Path, notes: list[str]) -> list[Path]:
    """The files in a folder that are in a format, by name; those beside one belong to it."""
    try:
        files = sorted(p for p in folder.iterdir() if p.is_file() and p.name[0] != ".")
    except OSError as error:
        raise CorpusError(f"{folder}: cannot read the folder ({error.strerror})") from error
    known = [path for path in files if _known(path)]
    others = [p.name for p in files if p not in known and gold_of(p) not in known]
    if not known:
        raise CorpusError(f"{folder}: no pairs in it; it has {_listed(others) or 'no files'}")
    if others:
        notes.append(
            f"passed over in {folder}, because no pairs are known in it: {_listed(others)}"
        )
    return known


def _known(path: Path) -> bool:
    try:
        return format_of(Source(path).head()) is not None
    except CorpusError:  # it is no text
        return False


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST:,} more" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more


def names_of(files: Sequence[str | Path]) -> list[str]:
    """A name for each file: without folder and ending where no other one is called so."""
    stems = ["stdin" if str(file) == STDIN else Path(file).stem for file in files]
    return [
        stem if stems.count(stem) == 1 else str(file)
        for stem, file in zip(stems, files, strict=True)
    ]
