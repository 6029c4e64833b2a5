r"""Speed, start, memory and learning against PyTorch and JAX on the same CPU, in one run.

    python -m venv torch-env && torch-env/bin/pip install torch numpy jax
    python benchmarks/against_torch.py --torch-python torch-env/bin/python \
        --jax-python torch-env/bin/python --text tinyshakespeare.txt

Each measurement is a process of its own, because idle OpenMP threads of one side would slow the
other. The sides alternate, because the speed of a machine drifts. The best variant of a program
counts (`peers.py`): embedding or one-hot input; one thread, all threads, or one process for each
core with gloo; with or without oneDNN and jemalloc. PyTorch in bf16 is a group of its own.
The parts `scaling` and `neighbour` measure our side alone: several workers or ranks against one,
and training beside a busy process. All parts together take about an hour.
"""

import argparse
import json
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from learning import learning
from our_processes import neighbour, scaling
from peers import GROUPS, duel, variants
from sides import Record, named, options, ours, selected, spread, timed

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
    results = [variant.run(*words) for variant in variants(args, "memory", "torch")]
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
    "learning": learning,
    "sampling": sampling,
    "cold": cold,
    "memory": memory,
    "scaling": scaling,
    "neighbour": neighbour,
}


def lines(part: str, record: Record) -> Iterator[str]:
    """The lines of one result: one for each program that it compares with."""
    results = ("ours", "torch", "ratio", "ratio_range", "unit", "torch_variant", "peers")
    size = " ".join(f"{k}={v}" for k, v in record.items() if k not in results)
    if "ratio" not in record:
        yield f"{part}: {size}"
        return
    scale, unit = {"characters/s": (1e3, "k/s"), "s": (1e-3, "ms"), "bytes": (1e6, "MB")}.get(
        record.get("unit", ""), (1.0, "")
    )
    alone = {"torch": {"rate": record.get("torch"), "variant": "", **record}}
    for group, peer in record.get("peers", alone).items():
        sides = ""
        if peer["rate"]:
            sides = f"ours {record['ours'] / scale:.1f} {unit}, "
            sides += f"{GROUPS[group]} {peer['rate'] / scale:.1f} {unit} ({peer['variant']}), "
        low, high = peer.get("ratio_range", [peer["ratio"]] * 2)
        yield f"{part}: {size}: {sides}ratio {peer['ratio']:.3f} ({low:.3f}–{high:.3f})"


def means(records: list[Record]) -> dict[str, float]:
    """The geometric mean of the ratios to each program, over the LSTMs."""
    lstms = [record["peers"] for record in records if record["cell"] == "lstm"]
    found = {g: [peers[g]["ratio"] for peers in lstms if g in peers] for g in GROUPS}
    return {g: statistics.geometric_mean(ratios) for g, ratios in found.items() if ratios}


def arguments() -> argparse.ArgumentParser:
    """The options."""
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch-python", default=sys.executable, help="a Python with PyTorch")
    parser.add_argument("--jax-python", help="a Python with JAX [default: leave JAX out]")
    parser.add_argument("--jemalloc", help="its library for PyTorch; '' for none [default: found]")
    parser.add_argument("--part", action="append", choices=PARTS, help="repeatable [default: all]")
    parser.add_argument("--cell", action="append", help="only this cell, repeatable")
    parser.add_argument("--hidden-size", action="append", type=int, help="only this, repeatable")
    parser.add_argument("--num-layers", action="append", type=int, help="only this, repeatable")
    parser.add_argument("--group", action="append", choices=GROUPS, help="only this, repeatable")
    parser.add_argument("--variant", help="only variants with this word, such as onehot; quicker")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--text", type=Path, help="of the part `learning`")
    parser.add_argument("--minutes", type=float, default=1.0, help="of the part `learning`")
    parser.add_argument("--rates", type=json.loads, help="of the part `learning`, as JSON")
    parser.add_argument("--json", action="store_true")
    return parser


def main() -> None:
    """Measure the chosen parts; print a line for each result, or with --json one object."""
    args = arguments().parse_args()
    result: Record = {"machine": platform.processor() or platform.machine(), "cores": cores()}
    out = sys.stderr if args.json else sys.stdout
    for name in args.part or PARTS:
        result[name] = []
        for record in PARTS[name](args):
            result[name].append(record)
            for line in lines(name, record):
                print(line, file=out, flush=True)
    if result.get("training"):
        result["training_means"] = means(result["training"])
        result["training_mean_ratio"] = result["training_means"].get("torch")
        for group, mean in result["training_means"].items():
            print(f"training: geometric mean of LSTMs: {GROUPS[group]}: {mean:.3f}", file=out)
    if args.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
