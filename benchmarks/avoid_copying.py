"""What `--avoid-copying N` does to what a model writes, checked without any index.

    python benchmarks/avoid_copying.py runs/tinyshakespeare path/to/tinyshakespeare.txt --n 30

The runs of a sample are looked up in the set of all runs of the training text, blanks folded by a
regular expression. That text is the part of the file before the validation text. The speed is the
median of alternating rounds, and the nats are those of the model without the option.
"""

import argparse
import json
import re
import time
from pathlib import Path
from statistics import median
from typing import Any

import charlstm
from charlstm.sampling import Filters


def folded(text: str) -> str:
    """The text with one blank for each run of white space."""
    return re.sub(r"\s+", " ", text)


def runs(text: str, n: int) -> list[str]:
    """All runs of n characters of a text."""
    return [text[k : k + n] for k in range(len(text) - n + 1)]


def longest(sample: str, text: str) -> int:
    """The length of the longest run that stands in both."""
    low, high = 0, 1
    while not set(runs(text, high)).isdisjoint(runs(sample, high)):
        low, high = high, 2 * high
    while high - low > 1:
        n = (low + high) // 2
        both = not set(runs(text, n)).isdisjoint(runs(sample, n))
        low, high = (n, high) if both else (low, n)
    return low


def main() -> None:
    """Measure with and without the option, and print both."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run")
    parser.add_argument("text", type=Path)
    parser.add_argument("--n", type=int, default=30)
    parser.add_argument("--length", type=int, default=100_000)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--val-fraction", type=float, default=0.1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--round-length", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    model = charlstm.load(args.run)
    whole = args.text.read_text(encoding="utf-8")
    text = folded(whole[: int(len(whole) * (1 - args.val_fraction))])
    stands = set(runs(text, args.n))
    plain: dict[str, Any] = {"temperature": args.temperature}
    ways = {"plain": plain, "avoiding": {**plain, "avoid_copying": args.n}}
    result: dict[str, Any] = {"n": args.n, "length": args.length}
    for name, options in ways.items():
        (written,) = model.written("", args.length, Filters(**options), [args.seed])
        text_written = model.vocabulary.decode(written.ids)
        sample = folded("\n" + text_written)
        result[name] = {
            "longest": longest(sample, text),
            f"runs of {args.n} copied": sum(run in stands for run in runs(sample, args.n)),
            "taken back": written.taken_back,
            "nats": round(model.evaluate(text_written).nats_per_char, 4),
        }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for k in range(args.rounds):
        for name, options in ways.items():
            began = time.perf_counter()
            "".join(model.sample(length=args.round_length, seed=k, **options))
            speeds[name].append(args.round_length / (time.perf_counter() - began))
    ratios = [b / a for a, b in zip(speeds["plain"], speeds["avoiding"], strict=True)]
    result["speed"] = {"plain": round(median(speeds["plain"])), "ratio": round(median(ratios), 2)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
