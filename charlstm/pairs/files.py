"""Files of minimal pairs, written as JSON Lines, and read in any of the `formats`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from charlstm.errors import CorpusError
from charlstm.pairs.pair import Pair
from charlstm.pairs.reading import read_pair_set
from charlstm.store.json_text import json_text
from charlstm.store.target import target_file


def write_pairs(path: Path, pairs: Iterable[Pair], *, force: bool = False) -> None:
    """Write the `lines_of` pairs to a file; it raises what `target_file` raises."""
    with target_file(path, CorpusError, force=force) as file:
        file.writelines(lines_of(pairs))


def lines_of(pairs: Iterable[Pair]) -> Iterator[bytes]:
    """One JSON object per line, labels that are None left out."""
    for pair in pairs:
        yield f"{json_text(pair.to_mapping())}\n".encode()


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of one file; `read_pair_set` says what it may be, and what it raises."""
    return read_pair_set(path).pairs
