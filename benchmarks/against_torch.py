"""Speed, start and memory against PyTorch on the same CPU, side by side in one run.

    python -m venv torch-env && torch-env/bin/pip install torch numpy
    python benchmarks/against_torch.py --torch-python torch-env/bin/python

Each measurement is a process of its own, because idle OpenMP threads of one side would slow the
other. The two sides alternate, because the speed of a machine drifts. The best variant of PyTorch
counts: embedding or one-hot input; one thread, all threads, or one process for each core with gloo.
The parts `scaling` and `neighbour` measure our side alone: several workers or ranks against one,
and training beside a busy process. All parts together take about 40 minutes.
"""

import argparse
import json
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from our_processes import neighbour, scaling
from sides import Record, Torch, named, options, ours, selected, spread, timed, variants

from charlstm.threads import cores

Part = Callable[[argparse.Namespace], Iterator[Record]]

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


def training(args: argparse.Namespace) -> Iterator[Record]:
    """Characters/s of an update: forward, backward, clipping, Adam."""
    for values in SIZES:
        size = named(*values)
        if selected(args, size):
            yield size | duel(args, "train", size, ["--workers", cores()])


def sampling(args: argparse.Namespace) -> Iterator[Record]:
    """Characters/s written, one by one and 64 at once."""
    for hidden in (128, 512):
        for batch in (1, 64):
            size = {"cell": "lstm", "hidden_size": hidden, "num_layers": 1, "batch_size": batch}
            if selected(args, size):
                yield size | duel(args, "sample", size, [])


def duel(args: argparse.Namespace, task: str, size: Record, our_words: list[object]) -> Record:
    """Our side and PyTorch's variants in turns: the first round all of them, then the best two."""
    words = [task, *options(size), "--seconds", args.seconds]
    torch = Torch(args.torch_python)
    rounds: list[dict[Any, float]] = []  # the rates of each: by variant, and "ours"

    def median(side: Any) -> float:
        return statistics.median([rates[side] for rates in rounds if side in rates] or [0.0])

    for number in range(args.rounds):
        ranked = sorted(variants(task), key=median, reverse=True)
        rates: dict[Any, float] = {}
        for variant in ranked if number == 0 else ranked[:2]:
            result = torch.run(*words, *variant)
            if result:
                rates[variant] = result["rate"]
        rates["ours"] = ours(*words, *our_words)["rate"]
        rounds.append(rates)
    best = max(variants(task), key=median)
    return {
        "ours": median("ours"),
        "torch": median(best),
        **spread([rates["ours"] / rates[best] for rates in rounds if best in rates]),
        "torch_variant": " ".join(map(str, best)),
        "unit": "characters/s",
    }


def cold(args: argparse.Namespace) -> Iterator[Record]:
    """Seconds from the start of a process to its first sampled character, and to its 200th."""
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
        rounds = []
        for _ in range(args.rounds + 1):
            our_times = timed(sys.executable, "-m", "charlstm", *sample)
            rounds.append((our_times, timed(torch, side, "cold", *shape)))
        rounds = rounds[1:]  # the first one compiles modules and fills the cache of the disk
    for k, until in enumerate(("first character", "200 characters")):
        yield {
            "until": until,
            "ours": statistics.median(our_times[k] for our_times, _ in rounds),
            "torch": statistics.median(torch_times[k] for _, torch_times in rounds),
            **spread([our_times[k] / torch_times[k] for our_times, torch_times in rounds]),
            "unit": "s",
        }


def memory(args: argparse.Namespace) -> Iterator[Record]:
    """Peak resident bytes of training: of several processes the sum, each with the shared pages."""
    size = named("lstm", 512, 1, 64, 64)
    words = ["train", *options(size), "--seconds", args.seconds]
    torch = Torch(args.torch_python)
    results = [torch.run(*words, *variant) for variant in variants("memory")]
    least = min(result["peak_bytes"] for result in results if result)
    for workers in sorted({1, cores()}):
        peak = ours(*words, "--workers", workers)["peak_bytes"]
        yield size | {
            "workers": workers,
            "ours": peak,
            "torch": least,
            "ratio": peak / least,
            "unit": "bytes",
        }


PARTS: dict[str, Part] = {
    "training": training,
    "sampling": sampling,
    "cold": cold,
    "memory": memory,
    "scaling": scaling,
    "neighbour": neighbour,
}


def line(part: str, record: Record) -> str:
    """One line of the table."""
    results = ("ours", "torch", "ratio", "ratio_range", "unit", "torch_variant")
    size = " ".join(f"{k}={v}" for k, v in record.items() if k not in results)
    scale, unit = {"characters/s": (1e3, "k/s"), "s": (1e-3, "ms"), "bytes": (1e6, "MB")}.get(
        record.get("unit", ""), (1.0, "")
    )
    sides = ""
    if "torch" in record:
        sides = f"ours {record['ours'] / scale:.1f} {unit}, torch {record['torch'] / scale:.1f}"
        sides += f" {unit} {record.get('torch_variant', '')}".rstrip() + ", "
    low, high = record.get("ratio_range", [record["ratio"]] * 2)
    return f"{part}: {size}: {sides}ratio {record['ratio']:.3f} ({low:.3f}–{high:.3f})"


def main() -> None:
    """Measure the chosen parts; print a line for each result, or with --json one object."""
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
