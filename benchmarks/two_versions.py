"""How fast one version of charlstm is beside another, in alternating rounds.

    git worktree add ../before COMMIT
    python benchmarks/two_versions.py ../before .

Each round runs `charlstm bench` of both versions, with 128 and 512 units, and `charlstm sample` of
200 characters from a cold start. The first version runs a second time as the control: its ratio
shows what the machine alone changes. The result is the median of the rounds' ratios; above 1 the
second version is faster. 15 rounds take about 8 minutes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

RUN = "train text.txt --hidden-size 256 --max-steps 5 --out run --json"
SAMPLE = "sample --run run --length 200 --seed 1"
SPEEDS: dict[
    str, Callable[[dict[str, float]], float]
] = {  # of a size in the output of bench, each so that more is faster
    "training": lambda size: size["training"],
    "a step of training": lambda size: 1 / size["step"],
    "sampling": lambda size: size["sampling"],
    "64 samples at once": lambda size: size["sampling_batch"],
}


def charlstm(version: Path, folder: Path, command: str) -> str:
    """The output of a command of the version in this folder, run in `folder`."""
    environment = {**os.environ, "PYTHONPATH": str(version)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(
        [sys.executable, "-m", "charlstm", *command.split()],
        env=environment,
        cwd=folder,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ).stdout


def speeds(version: Path, folder: Path, bench: str) -> dict[str, float]:
    """What one round measures of a version."""
    sizes = json.loads(charlstm(version, folder, bench))["sizes"]
    result = {
        f"{name}, {size['hidden_size']} units": speed(size)
        for size in sizes
        for name, speed in SPEEDS.items()
    }
    began = time.perf_counter()
    charlstm(version, folder, SAMPLE)
    return result | {"cold start to 200 characters": 1 / (time.perf_counter() - began)}


def main() -> None:
    """Measure in rounds and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=Path, help="the folder of the first version")
    parser.add_argument("after", type=Path, help="the folder of the second version")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--hidden-size", type=int, nargs="+", default=[128, 512])
    parser.add_argument("--seconds", type=float, default=0.35, help="for each of a round's parts")
    args = parser.parse_args()
    sizes = " ".join(f"--hidden-size {size}" for size in args.hidden_size)
    bench = f"bench {sizes} --repeats 1 --seconds {args.seconds} --json"
    before, after = args.before.resolve(), args.after.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "text.txt").write_text("The cat which already ate was full.\n" * 500)
        charlstm(before, folder, RUN)
        for version in (before, after):  # writes the byte code
            speeds(version, folder, bench)
        rounds = [
            [speeds(version, folder, bench) for version in (before, after, before)]
            for _ in range(args.rounds)
        ]
    print(f"{'':32}{'after ÷ before':>16}{'before ÷ before':>18}")
    for what in rounds[0][0]:
        new, control = (median(r[k][what] / r[0][what] for r in rounds) for k in (1, 2))
        print(f"{what:32}{new:16.3f}{control:18.3f}")


if __name__ == "__main__":
    main()
