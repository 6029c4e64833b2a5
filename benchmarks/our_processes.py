"""What several processes gain, and what a busy neighbour costs, on our side alone.

Two parts of against_torch.py.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator

from sides import Record, named, on_ranks, options, ours, selected, spread

from charlstm.threads import cores


def scaling(args: argparse.Namespace) -> Iterator[Record]:
    """Workers or MPI ranks, one for each core, against a single process with one thread."""
    for hidden in (128, 512):
        size = named("lstm", hidden, 1, 128, 64)
        if not selected(args, size):
            continue
        words = ["train", *options(size), "--seconds", args.seconds]
        ratios: dict[str, list[float]] = {"workers": [], "ranks": []}
        for _ in range(args.rounds):
            alone = ours(*words, "--workers", 1)["rate"]
            ratios["workers"].append(ours(*words, "--workers", cores())["rate"] / alone)
            result = on_ranks(cores(), *words)
            if result:
                ratios["ranks"].append(result["rate"] / alone)
        for kind, measured in ratios.items():
            if measured:
                yield size | {kind: cores()} | spread(measured)


def neighbour(args: argparse.Namespace) -> Iterator[Record]:
    """Training while another process keeps one core busy, against training alone."""
    for hidden in (128, 512):
        size = named("lstm", hidden, 1, 64, 64)
        if not selected(args, size):
            continue
        words = ["train", *options(size), "--seconds", args.seconds, "--workers", cores()]
        ratios = []
        for _ in range(args.rounds):
            quiet = ours(*words)["rate"]
            busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            try:
                ratios.append(ours(*words)["rate"] / quiet)
            finally:
                busy.kill()
                busy.wait()
        yield size | spread(ratios)
