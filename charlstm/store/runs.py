"""Run folders: how a new one is named, an old one found, and a checkpoint in it chosen or removed.

A run is a folder with a `config.yaml` and checkpoints: `best.npz`, `last.npz`, `step-<n>.npz`, and
`early-<n>.npz` with weights alone.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from charlstm.errors import RunError, shortened
from charlstm.hints import command, nearest
from charlstm.store.lock import LOCK, is_lock
from charlstm.store.target import check_target

_STEP = re.compile(r"step-([0-9]+)\.npz")
_EARLY = re.compile(r"early-([0-9]+)\.npz")
_CHECKPOINT = re.compile(r"(best|last|(step|early)-[0-9]+)\.npz")
FILES = (LOCK, "config.yaml", "metrics.csv")  # what a run has besides checkpoints


def new_run(root: Path, stem: str) -> Path:
    """Create and return a new folder `root/<stem>`, or `root/<stem>-2`, `-3`, … if that exists.

    Characters of `stem` that a shell or terminal could misread become `-`. Making the folder takes
    the name, so two trainings never get the same one.

    Raises:
        RunError: if `root` is not a folder or cannot be written.
    """
    name = _safe_name(stem)
    with _explained(root, "cannot make a run folder in", "; choose another place with --out"):
        root.mkdir(parents=True, exist_ok=True)
        path, number = root / name, 1
        while True:
            try:
                path.mkdir()
            except FileExistsError:
                number += 1
                path = root / f"{name}-{number}"
            else:
                return path


def claim(path: Path, force: bool = False, files: Iterable[str] = FILES) -> Path:
    """Create the folder that the user chose for a new run, or take one without a run in it.

    If it has files of other programs with the names of a run's `files`, `force` removes them.

    Raises:
        RunError: if it holds a run already, is not a folder, or cannot be made.
        OutputError: if it holds such files, and not `force`.
    """
    with _explained(path, "cannot make the run folder", "; choose another place with --out"):
        if str(path) == "-":
            raise ValueError("- is standard output")
        path.mkdir(parents=True, exist_ok=True)
        if any(_CHECKPOINT.fullmatch(file.name) for file in path.iterdir()):
            raise RunError(
                f"{str(path)!r} holds a run already; choose another --out, or continue it with "
                f"{command('train', '--resume', path)}"
            )
        in_the_way = [path / name for name in files if name != LOCK or not is_lock(path / LOCK)]
        for file in in_the_way:
            check_target(file, force=force)
        for file in in_the_way:
            file.unlink(missing_ok=True)
        return path


def find_run(spec: str | Path | None, root: Path = Path("runs")) -> Path:
    """The run folder or checkpoint file that `spec` names; None means the newest run under `root`.

    `spec` is a path, or a name under `root`; of both, it is the one that can be opened. The newest
    run is the one whose `last.npz` was written last; of two at the same moment, the one whose name
    sorts last.

    Raises:
        RunError: if there is none; the message names the nearest, or says how to train one.
    """
    if spec is None:
        return _newest(root)
    name = str(spec)
    with _explained(Path(name), "cannot open"):
        places = [Path(name), root / name] if name else []
        existing = [path for path in places if path.is_file() or _is_run(path)]
        if existing:
            return next(filter(_can_be_opened, existing), existing[0])
        reason = "holds no run" if name and Path(name).is_dir() else "is no run"
    known = _names(root)
    near = nearest(Path(name).name, known)
    hint = f"the runs are under {str(root)!r}" if known else _train_one()
    hint = f"did you mean {str(root / near)!r}?" if near else hint
    raise RunError(f"{shortened(name)!r} {reason}; {hint}")


def checkpoint_path(run: Path, prefer: str = "best") -> Path:
    """The checkpoint file to open: `run` itself if it is a file, else `best.npz` or `last.npz`.

    `prefer` is "best" or "last": the one to take when both are there.

    Raises:
        RunError: if there is neither.
    """
    with _explained(run, "cannot open"):
        if run.is_file():
            return run
        for name in sorted(("best", "last"), key=lambda name: name != prefer):
            if (run / f"{name}.npz").is_file():
                return run / f"{name}.npz"
    raise RunError(f"no checkpoint in {str(run)!r}; {_train_one()}")


def _train_one() -> str:
    return f"train one first: {command('train', 'corpus.txt')}"


def early_checkpoints(run: Path) -> dict[int, Path]:
    """The `early-<n>.npz` of a run folder by their n, the lowest first; none if it is gone.

    Raises:
        RunError: if the folder cannot be read.
    """
    matches = []
    with _explained(run, "cannot look for checkpoints in"), suppress(FileNotFoundError):
        matches = [(path, _EARLY.fullmatch(path.name)) for path in run.iterdir()]
    return dict(sorted((int(match[1]), path) for path, match in matches if match))


def text_cache(run: Path) -> Path:
    """Where the encoded texts of a run folder and of its neighbours are kept."""
    return run.parent / ".cache"


def prune(run: Path, keep: int) -> None:
    """Remove all `step-<n>.npz` but the `keep` with the highest n (0 removes all).

    Raises:
        RunError: if one cannot be removed.
    """
    with _explained(run, "cannot remove old checkpoints in"):
        steps = [match for path in run.iterdir() if (match := _STEP.fullmatch(path.name))]
        steps.sort(key=lambda match: int(match[1]), reverse=True)
        for match in steps[max(keep, 0) :]:
            (run / match[0]).unlink(missing_ok=True)


def _newest(root: Path) -> Path:
    dated = []
    for run in _folders(root):
        with suppress(OSError):  # not trained yet, or not readable
            dated.append(((run / "last.npz").stat().st_mtime_ns, run))
    if not dated:
        raise RunError(f"no trained run under {str(root)!r}; {_train_one()}")
    return max(dated)[1]


def _folders(root: Path) -> list[Path]:
    with _explained(root, "cannot look for runs in"), suppress(FileNotFoundError):
        return [path for path in root.iterdir() if not path.name.startswith(".")]
    return []


def _names(root: Path) -> list[str]:
    names = []
    for path in _folders(root):
        with suppress(OSError):  # not readable
            names += [path.name] if _is_run(path) else []
    return names


def _is_run(path: Path) -> bool:
    return (path / "config.yaml").is_file() or any(path.glob("*.npz"))


def _can_be_opened(path: Path) -> bool:
    """Whether a file begins as a checkpoint does, or a folder has one."""
    if not path.is_file():
        return any((path / f"{name}.npz").is_file() for name in ("best", "last"))
    try:
        with path.open("rb") as file:
            return file.read(40)[30:] == b"header.npy"
    except OSError:
        return False


def _safe_name(stem: str) -> str:
    def is_safe(c: str) -> bool:
        return c.isalnum() or c in "._-" if c.isascii() else c.isprintable()

    name = re.sub("-+", "-", "".join(c if is_safe(c) else "-" for c in stem)).strip(".-")
    return name.encode()[:200].decode(errors="ignore") or "run"  # names have 255 bytes at most


@contextmanager
def _explained(path: Path, failure: str, cure: str = "") -> Iterator[None]:
    """Turn an error of the operating system into one line: `failure`, path, reason and `cure`."""
    try:
        yield
    except (FileExistsError, NotADirectoryError) as problem:
        raise RunError(
            f"{failure} {shortened(str(path))!r}: there is a file of that name{cure}"
        ) from problem
    except (OSError, ValueError) as problem:  # ValueError: a NUL character in a path
        reason = getattr(problem, "strerror", None) or problem
        raise RunError(f"{failure} {shortened(str(path))!r}: {reason}{cure}") from problem
