"""Speed, start and memory against PyTorch on the same CPU, side by side in one run.

    python -m venv torch-env && torch-env/bin/pip install torch numpy
    python benchmarks/against_torch.py --torch-python torch-env/bin/python

Each measurement is a process of its own (idle OpenMP threads of one would slow the other), and
the two sides alternate, since a machine's speed drifts. PyTorch's best variant counts: embedding
or one-hot input; one thread, all threads, or one process for each core with gloo. What only
concerns us (two workers or ranks against one, a busy neighbour) is measured by `--part scaling`
and `--part neighbour`. With everything it takes about 40 minutes.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sides import Torch, on_ranks, options, ours, timed, variants

from charlstm.threads import cores

Record = dict[str, Any]
TextSlice = Callable[[argparse.Namespace], Iterator[Record]]

LSTMS = [
    (64, 1, 32, 50),
    (128, 1, 50, 50),
    (128, 2, 50, 50),
    (256, 1, 64, 64),
    (512, 1, 64, 64),
    (512, 2, 64, 128),
]
SIZES = [("lstm", *size) for size in LSTMS] + [
    (cell, hidden, 1, 64, 64)
    for cell in ("gru", "rnn", "peephole", "coupled")
    for hidden in (128, 512)
]
NAMES = ("cell", "hidden_size", "num_layers", "batch_size", "seq_length")


def training(args: argparse.Namespace) -> Iterator[Record]:
    """Characters/s of an update: forward, backward, clipping, Adam."""
    for values in SIZES:
        size = dict(zip(NAMES, values, strict=True))
        if asked(args, size):
            yield size | duel(args, "train", size, ["--workers", cores()])


def sampling(args: argparse.Namespace) -> Iterator[Record]:
    """Characters/s written, one by one and 64 at once."""
    for hidden in (128, 512):
        for batch in (1, 64):
            size = {"cell": "lstm", "hidden_size": hidden, "num_layers": 1, "batch_size": batch}
            if asked(args, size):
                yield size | duel(args, "sample", size, [])


def duel(args: argparse.Namespace, task: str, size: Record, own: list[object]) -> Record:
    """Alternating rounds of ours and of each of PyTorch's variants, narrowed to its best two."""
    words = [task, *options(size), "--seconds", args.seconds]
    torch = Torch(args.torch_python)
    rounds: list[dict[Any, float]] = []

    def middle(variant: Any) -> float:
        return statistics.median([r[variant] for r in rounds if variant in r] or [0.0])

    for round_ in range(args.rounds):
        ranked = sorted(variants(task), key=middle, reverse=True)
        found: dict[Any, float] = {}
        for variant in ranked if round_ == 0 else ranked[:2]:
            figures = torch.run(*words, *variant)
            if figures:
                found[variant] = figures["rate"]
        found["ours"] = ours(*words, *own)["rate"]
        rounds.append(found)
    best = max(variants(task), key=middle)
    ratios = [found["ours"] / found[best] for found in rounds if best in found]
    return {
        "ours": middle("ours"),
        "torch": middle(best),
        "ratio": statistics.median(ratios),
        "ratio_range": [min(ratios), max(ratios)],
        "torch_variant": " ".join(map(str, best)),
        "unit": "characters/s",
    }


def cold(args: argparse.Namespace) -> Iterator[Record]:
    """Seconds from nothing to the first and to 200 sampled characters, modules compiled before."""
    with tempfile.TemporaryDirectory() as name:
        folder, torch = Path(name), args.torch_python
        text = "".join(map(chr, range(48, 48 + 65))) * 50
        (folder / "text.txt").write_text(text, encoding="utf-8")
        run, weights = folder / "run", folder / "weights.pt"
        train = ["train", folder / "text.txt", "--max-steps", 1, "--out", run]
        timed(sys.executable, "-m", "charlstm", *train)
        side = Path(__file__).with_name("torch_side.py")
        shape = ["--hidden_size", 128, "--weights", weights]
        timed(torch, side, "save", *shape)
        sample = ["sample", "--run", run, "--length", 200, "--prime", "0"]
        pairs = []
        for _ in range(args.rounds + 1):
            mine = timed(sys.executable, "-m", "charlstm", *sample)
            pairs.append((mine, timed(torch, side, "cold", *shape)))
        pairs = pairs[1:]  # the first compiles modules and fills the disk's cache
    for k, what in enumerate(("first character", "200 characters")):
        ratios = [mine[k] / theirs[k] for mine, theirs in pairs]
        yield {
            "until": what,
            "ours": statistics.median(mine[k] for mine, _ in pairs),
            "torch": statistics.median(theirs[k] for _, theirs in pairs),
            "ratio": statistics.median(ratios),
            "ratio_range": [min(ratios), max(ratios)],
            "unit": "s",
        }


def memory(args: argparse.Namespace) -> Iterator[Record]:
    """Peak resident bytes of training; of several processes the sum, shared pages in each."""
    size = dict(zip(NAMES, ("lstm", 512, 1, 64, 64), strict=True))
    words = ["train", *options(size), "--seconds", args.seconds]
    torch = Torch(args.torch_python)
    peaks = [f["peak_bytes"] for v in variants("memory") if (f := torch.run(*words, *v))]
    for workers in sorted({1, cores()}):
        peak = ours(*words, "--workers", workers)["peak_bytes"]
        yield size | {
            "workers": workers,
            "ours": peak,
            "torch": min(peaks),
            "ratio": peak / min(peaks),
            "unit": "bytes",
        }


def scaling(args: argparse.Namespace) -> Iterator[Record]:
    """A process for each core, as local workers and as MPI ranks, against one of one thread."""
    for hidden in (128, 512):
        size = dict(zip(NAMES, ("lstm", hidden, 1, 128, 64), strict=True))
        words = ["train", *options(size), "--seconds", args.seconds]
        ratios: dict[str, list[float]] = {"workers": [], "ranks": []}
        for _ in range(args.rounds):
            alone = ours(*words, "--workers", 1)["rate"]
            ratios["workers"].append(ours(*words, "--workers", cores())["rate"] / alone)
            figures = on_ranks(cores(), *words)
            if figures:
                ratios["ranks"].append(figures["rate"] / alone)
        for kind, found in ratios.items():
            if found and asked(args, size):
                middle, spread = statistics.median(found), [min(found), max(found)]
                yield size | {kind: cores(), "ratio": middle, "ratio_range": spread}


def neighbour(args: argparse.Namespace) -> Iterator[Record]:
    """Training while another process keeps one core busy, against training alone."""
    for hidden in (128, 512):
        size = dict(zip(NAMES, ("lstm", hidden, 1, 64, 64), strict=True))
        words = ["train", *options(size), "--seconds", args.seconds, "--workers", cores()]
        ratios = []
        for _ in range(args.rounds if asked(args, size) else 0):
            quiet = ours(*words)["rate"]
            busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            try:
                ratios.append(ours(*words)["rate"] / quiet)
            finally:
                busy.kill()
                busy.wait()
        if ratios:
            middle, spread = statistics.median(ratios), [min(ratios), max(ratios)]
            yield size | {"ratio": middle, "ratio_range": spread}


PARTS: dict[str, TextSlice] = {
    "training": training,
    "sampling": sampling,
    "cold": cold,
    "memory": memory,
    "scaling": scaling,
    "neighbour": neighbour,
}


def asked(args: argparse.Namespace, size: Record) -> bool:
    """Whether --cell and --hidden-size leave this size in."""
    cells, sizes = args.cell or [size["cell"]], args.hidden_size or [size["hidden_size"]]
    return size["cell"] in cells and size["hidden_size"] in sizes


def line(part: str, record: Record) -> str:
    """One line of the table."""
    figures = ("ours", "torch", "ratio", "ratio_range", "unit", "torch_variant")
    what = " ".join(f"{k}={v}" for k, v in record.items() if k not in figures)
    scale, unit = {"characters/s": (1e3, "k/s"), "s": (1e-3, "ms"), "bytes": (1e6, "MB")}.get(
        record.get("unit", ""), (1.0, "")
    )
    sides = ""
    if "torch" in record:
        sides = f"ours {record['ours'] / scale:.1f} {unit}, torch {record['torch'] / scale:.1f}"
        sides += f" {unit} {record.get('torch_variant', '')}".rstrip() + ", "
    low, high = record.get("ratio_range", [record["ratio"]] * 2)
    return f"{part}: {what}: {sides}ratio {record['ratio']:.3f} ({low:.3f}–{high:.3f})"


def main() -> None:
    """Measure what was asked for; print a table, or with --json one object."""
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch-python", default=sys.executable, help="a Python with PyTorch")
    parser.add_argument("--part", action="append", choices=PARTS, help="repeatable [default: all]")
    parser.add_argument("--cell", action="append", help="only this cell, repeatable")
    parser.add_argument("--hidden-size", action="append", type=int, help="only this, repeatable")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    result: Record = {"machine": platform.processor() or platform.machine(), "cores": cores()}
    for name in args.part or PARTS:
        result[name] = []
        for record in PARTS[name](args):
            result[name].append(record)
            print(line(name, record), file=sys.stderr if args.json else sys.stdout, flush=True)
    ratios = [record["ratio"] for record in result.get("training", ())]
    if ratios:
        result["training_mean_ratio"] = statistics.geometric_mean(ratios)
    if args.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
