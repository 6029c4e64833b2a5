"""A long training leaks nothing: memory and open files stay flat, and the disk as `--keep` says.

The full count is 20,000 updates with 2,000 saves and 2,000 evaluations of a tiny model.
"""

import gc
import os
from pathlib import Path

import pytest
from faults import count, folder_in_memory

from charlstm.config import Config
from charlstm.training.events import Finished, Updated, Validated
from charlstm.training.fit import fit

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc"),
]
UPDATES = count(200, 20_000)
GROWTH = 5 << 20  # bytes


def resident() -> int:
    """Bytes of memory that this process holds."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("workers", [1, 2])
def test_memory_open_files_and_disk_stay_flat(workers: int) -> None:
    with folder_in_memory() as folder:
        config = Config(
            corpus=(str(folder / "text.txt"),),
            hidden_size=4,
            batch_size=4,
            seq_length=8,
            shards=2,
            workers=workers,
            max_steps=UPDATES if workers == 1 else UPDATES // 10,
            eval_every=10,
            checkpoint_every=10,
            keep=3,
            sample_every=UPDATES // 10,
        )
        run, validated = folder / "runs" / "text", 0
        early: tuple[int, int] | None = None
        for event in fit(config, root=folder / "runs"):
            validated += isinstance(event, Validated)
            if isinstance(event, Updated) and event.update == (config.max_steps or 0) // 5:
                early = resident(), open_files()
            if isinstance(event, Updated) and event.update == config.max_steps:
                late = resident(), open_files()
            if isinstance(event, Validated):
                assert len(list(run.iterdir())) <= 8  # best, last, three more, settings, lock, rows
        assert isinstance(event, Finished)
        assert validated == (config.max_steps or 0) // 10
        assert early is not None
        assert late[0] - early[0] < GROWTH
        assert late[1] <= early[1]
        sizes = [path.stat().st_size for path in run.iterdir()]
        assert sum(sizes) < 6 * (run / "last.npz").stat().st_size + 150 * validated
