"""Training and sampling speed against PyTorch on the same CPU, side by side in one run.

    python -m venv torch-env && torch-env/bin/pip install torch numpy
    python benchmarks/against_torch.py --torch-python torch-env/bin/python

Each measurement is a process of its own (idle OpenMP threads of one would slow the other), and
the two sides alternate, since a machine's speed drifts. PyTorch's best variant counts: embedding
or one-hot input; one thread, all threads, or one process for each core with gloo.
"""

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LSTMS = [
    (64, 1, 32, 50),
    (128, 1, 50, 50),
    (128, 2, 50, 50),
    (256, 1, 64, 64),
    (512, 1, 64, 64),
    (512, 2, 64, 128),
]
TRAINING = [("lstm", *size) for size in LSTMS] + [
    (cell, hidden, 1, 64, 64) for cell in ("gru", "rnn") for hidden in (128, 512)
]
SETTING = {
    "hidden": "hidden_size",
    "layers": "num_layers",
    "batch": "batch_size",
    "length": "seq_length",
}
SAMPLING = [("lstm", hidden, batch) for hidden in (128, 512) for batch in (1, 64)]


def run(python: str, script: str, *arguments: object) -> dict[str, float]:
    """The figures that one process printed."""
    command = [python, str(HERE / script), *map(str, arguments)]
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def free_port() -> int:
    """A port on which gloo's processes can meet."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def variants(task: str, cores: int) -> list[list[object]]:
    """The ways PyTorch may do it."""
    found: list[list[object]] = []
    for onehot in ([], ["--onehot"]):
        found += [[*onehot, "--threads", threads] for threads in sorted({1, cores})]
        if task == "train" and cores > 1:
            found.append([*onehot, "--ranks", cores])
    return found


def compare(args: argparse.Namespace, task: str, size: dict[str, Any]) -> dict[str, Any]:
    """Alternating rounds of ours and of each of PyTorch's variants, narrowed to its best two."""
    shape = [word for name, value in size.items() for word in (f"--{name}", value)]
    shape += ["--seconds", args.seconds]
    cores = len(os.sched_getaffinity(0))
    ours: list[dict[str, float]] = []
    torch: dict[tuple[object, ...], list[float]] = {tuple(v): [] for v in variants(task, cores)}
    peaks: list[float] = []
    for round_ in range(args.rounds):
        ranked = sorted(torch, key=lambda v: -max(torch[v], default=0.0))
        for variant in ranked if round_ == 0 else ranked[:2]:
            port = ["--port", free_port()]
            try:
                figures = run(args.torch_python, "torch_side.py", task, *shape, *variant, *port)
            except subprocess.CalledProcessError as error:  # gloo sometimes cannot meet
                print(f"PyTorch failed: {variant}: {error.stderr[-300:]}", file=sys.stderr)
                continue
            torch[variant].append(figures["rate"])
            peaks.append(figures["peak_bytes"])
        ours.append(run(sys.executable, "our_side.py", task, *shape, "--workers", cores))
    best = max(torch, key=lambda v: statistics.median(torch[v] or [0.0]))
    rates = [figures["rate"] for figures in ours]
    ratios = [a / b for a, b in zip(rates, torch[best], strict=False)]
    return {
        "ours": statistics.median(rates),
        "torch": statistics.median(torch[best]),
        "ratio": statistics.median(ratios),
        "ratio_range": [min(ratios), max(ratios)],
        "torch_variant": " ".join(map(str, best)),
        "our_peak_mb": max(f["peak_bytes"] + f["worker_peak_bytes"] for f in ours) / 1e6,
        "torch_peak_mb": max(peaks) / 1e6,
    }


def main() -> None:
    """Measure what was asked for and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--only", help="train or sample, and optionally :cell:hidden")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    wanted = (args.only or "").split(":")
    result: dict[str, Any] = {"machine": platform.processor() or platform.machine()}
    result |= {"training": [], "sampling": []}

    def asked(task: str, cell: str, hidden: int) -> bool:
        return all(
            not word or word == str(value)
            for word, value in zip(wanted, (task, cell, hidden), strict=False)
        )

    for cell, hidden, layers, batch, length in TRAINING:
        if asked("train", cell, hidden):
            names = ("cell", "hidden", "layers", "batch", "length")
            size = dict(zip(names, (cell, hidden, layers, batch, length), strict=True))
            found = compare(args, "train", size)
            result["training"].append({SETTING.get(k, k): v for k, v in size.items()} | found)
            show(args, f"train {cell} H={hidden} layers={layers} B={batch} T={length}", found)
    for cell, hidden, batch in SAMPLING:
        if asked("sample", cell, hidden):
            size = {"cell": cell, "hidden": hidden, "layers": 1, "batch": batch}
            found = compare(args, "sample", size)
            result["sampling"].append(size | found)
            show(args, f"sample {cell} H={hidden} columns={batch}", found)
    if args.json:
        print(json.dumps(result))


def show(args: argparse.Namespace, what: str, found: dict[str, Any]) -> None:
    """One line of the table, on standard error if JSON goes to standard output."""
    low, high = found["ratio_range"]
    print(
        f"{what:36} ours {found['ours'] / 1e3:7.1f} k/s  torch {found['torch'] / 1e3:7.1f} k/s "
        f"({found['torch_variant']})  ratio {found['ratio']:.2f} ({low:.2f}–{high:.2f})",
        file=sys.stderr if args.json else sys.stdout,
        flush=True,
    )


if __name__ == "__main__":
    main()
