"""The part of an update that no window makes longer, of two versions in alternating rounds.

    git worktree add ../before COMMIT
    python benchmarks/fixed_part.py ../before .

It updates networks with windows of 1 and of 2 steps. Twice the first time less the second is the
fixed part: gradients added up, norm, clipping, Adam, weights laid out. Each round measures both
versions with all workers, and reports the median of the rounds and of their ratios; below 1 the
second version is faster. 5 rounds take about 3 minutes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from charlstm.threads import cores

COLUMNS = 32


def update(version: Path, units: int, length: int, args: argparse.Namespace) -> float:
    """Milliseconds of an update of one version with windows of so many steps."""
    size = ["--hidden_size", units, "--batch_size", COLUMNS, "--seq_length", length]
    words = [*size, "--workers", args.workers, "--seconds", args.seconds]
    done = subprocess.run(
        [sys.executable, str(version / "benchmarks" / "our_side.py"), "train", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(version)},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(1e3 * COLUMNS * length / json.loads(done.stdout)["rate"])


def fixed(version: Path, units: int, args: argparse.Namespace) -> float:
    """Milliseconds of an update without a window."""
    return 2.0 * update(version, units, 1, args) - update(version, units, 2, args)


def main() -> None:
    """Measure in rounds and print both versions and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=Path, help="the folder of the first version")
    parser.add_argument("after", type=Path, help="the folder of the second version")
    parser.add_argument("--hidden-size", type=int, nargs="+", default=[512, 1024, 2048])
    parser.add_argument("--workers", type=int, default=cores())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each measurement")
    args = parser.parse_args()
    versions = [args.before.resolve(), args.after.resolve()]
    print("units  before, ms  after, ms  after ÷ before  (lowest–highest)")
    for units in args.hidden_size:
        rounds = [[fixed(version, units, args) for version in versions] for _ in range(args.rounds)]
        before, after = (statistics.median(times) for times in zip(*rounds, strict=True))
        ratios = sorted(second / first for first, second in rounds)
        middle = statistics.median(ratios)
        row = f"{units:5}  {before:10.1f}  {after:9.1f}  {middle:14.2f}"
        print(f"{row}  ({ratios[0]:.2f}–{ratios[-1]:.2f})", flush=True)


if __name__ == "__main__":
    main()
