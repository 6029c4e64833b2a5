"""A prime that has been read, in memory or in a file: samples go on from it without reading it.

What is left of a prime is the state of its networks, and its last ids, at which the steps of the
chain look back. It belongs to the weights that have read it: a digest of each network says which.

The file is an archive (see `store.archive`): a JSON header, the array `ids`, and `state/<name>` for
each array of the state.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CheckpointError, shortened
from charlstm.nn.parameters import Parameters
from charlstm.sampling.source import ALL, Source, State
from charlstm.store import archive
from charlstm.store.target import check_target
from charlstm.text.vocabulary import Vocabulary

KEPT = 2**14  # ids: more than any step of the chain looks back
LARGEST = 1e12  # of a state: c grows by 1 in a step at most
KIND = "charlstm state after a prime"  # of the file, in its header


@dataclass(frozen=True)
class Reader:
    """A network that has read a prime: the run that it is of, and a digest of what it is."""

    run: str
    digest: str


@dataclass(frozen=True, eq=False)
class Primed:
    """What is left of a prime: its last `ids` (N,), at least one, and the state before the last.

    The `state` is that of a source with one column. The `readers` are the networks, of a mixture in
    its order.
    """

    ids: NDArray[np.unsignedinteger[Any]]
    state: State
    readers: tuple[Reader, ...]

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write it to a file. One that exists is replaced only with `force`.

        Raises:
            OutputError: if the file exists.
            CheckpointError: if it cannot be written.
        """
        header = {"kind": KIND, "readers": [asdict(reader) for reader in self.readers]}
        arrays = {f"state/{name}": array for name, array in self.state.items()}
        check_target(Path(path), force=force)
        archive.save(Path(path), header, {"ids": self.ids, **arrays}, new=not force)


def after_prime(
    source: Source, readers: Sequence[Reader], ids: NDArray[Any], before: Primed | None = None
) -> Primed:
    """Read the ids (N,) of a prime, or of what follows one that has been read `before`.

    The `source` has one column, and is in zero state.
    """
    first = 0
    if before:
        source.put(ALL, before.state)
        ids, first = np.concatenate([before.ids, ids]), before.ids.size - 1
    source.read(ids[first:-1])
    return Primed(ids[-KEPT:], source.get(), tuple(readers))


def reader_of(run: str, parameters: Parameters, vocabulary: Vocabulary) -> Reader:
    """The network of a run, with a digest of its weights, its shape and its vocabulary."""
    shape = parameters.architecture.to_header(), vocabulary.to_header(), parameters.reset_at
    digest = hashlib.sha256(json.dumps(shape, sort_keys=True).encode())
    for weights in parameters.by_name.values():
        digest.update(np.ascontiguousarray(weights).data)
    return Reader(run, digest.hexdigest())


def load(path: str | Path, source: Source, readers: Sequence[Reader], unknown: int) -> Primed:
    """Read what `Primed.save` wrote, for a source whose highest id is `unknown`.

    Raises:
        CheckpointError: if the file is damaged or is none of these, or of other networks.
    """
    shown = repr(shortened(str(path)))
    try:
        primed = _primed(archive.load(Path(path)))
    except (CheckpointError, LookupError, TypeError) as problem:
        reason = "it is damaged, or is no file of --save-state; make one from the prime"
        if isinstance(problem.__cause__, OSError):
            reason = problem.__cause__.strerror or reason
        raise CheckpointError(f"cannot load the state {shown}: {reason}") from problem
    check_readers(primed, readers, f"the state {shown}")
    if not _is_sound(primed, source, unknown):
        raise CheckpointError(f"cannot load the state {shown}: it is damaged; make it anew")
    return primed


def _primed(loaded: archive.Archive) -> Primed:
    """What an archive holds. A KeyError or TypeError says that it is none of ours."""
    kind, readers = loaded.header["kind"], loaded.header["readers"]
    state = {
        name.removeprefix("state/"): array
        for name, array in loaded.arrays.items()
        if name.startswith("state/")
    }
    if kind != KIND or len(state) != len(loaded.arrays) - 1:
        raise KeyError(KIND)
    known = tuple(Reader(str(reader["run"]), str(reader["digest"])) for reader in readers)
    return Primed(loaded.arrays["ids"], state, known)


def check_readers(primed: Primed, readers: Sequence[Reader], name: str = "the state") -> None:
    """Refuse a prime that other networks have read.

    Raises:
        CheckpointError: which names both.
    """
    if [reader.digest for reader in primed.readers] != [reader.digest for reader in readers]:
        theirs, own = (
            shortened(" and ".join(reader.run for reader in some))
            for some in (primed.readers, readers)
        )
        raise CheckpointError(
            f"{name} is of other weights, those of {theirs}, and not of {own} as it is now; make "
            "it anew with --save-state"
        )


def _is_sound(primed: Primed, source: Source, unknown: int) -> bool:
    """Whether a source takes the state and the ids, and no sum in it overflows."""
    ids, state, expected = primed.ids, primed.state, source.get()
    if ids.ndim != 1 or not 0 < ids.size <= KEPT or ids.dtype.kind != "u" or ids.max() > unknown:
        return False
    kinds = [
        {name: (array.shape, array.dtype) for name, array in s.items()} for s in (state, expected)
    ]
    if kinds[0] != kinds[1]:
        return False
    for name, array in state.items():
        if not (np.abs(array) <= LARGEST).all():  # nor is NaN
            return False
        if name.endswith("attention.n"):
            most = state[name.removesuffix("n") + "m"].shape[1]
            if not np.isin(array, np.arange(most + 1)).all():
                return False
    return True
