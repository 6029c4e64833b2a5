"""What `--best-of`, `--beam` and `--must-contain` find, and how long they take.

    python benchmarks/searches.py RUN TEXT --must-contain " love" --must-contain Montague

The primes are pieces of the last tenth of TEXT, which the run has not learnt. What is written after
each is judged by its nats per character under the model, with their standard error, and by how much
of it goes in circles. Samples that have a text by themselves are compared with those in which it
was placed, and with those in which it was put anywhere. The times are medians of the ratios of
alternating rounds.
"""

import argparse
import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from statistics import mean, median, stdev

import charlstm
from charlstm.sampling import Filters
from charlstm.sampling.search import Search

LENGTH = 200
MANY = 64  # samples side by side
Writer = Callable[[charlstm.Model, str, int, Sequence[str]], str]


def drawn(temperature: float = 1.0) -> Writer:
    """Writes one sample after a prime, with a seed."""

    def write(model: charlstm.Model, prime: str, seed: int, stop: Sequence[str]) -> str:
        (text,) = model.samples(prime, LENGTH, Filters(temperature), [seed], stop)
        return text.decode()

    return write


def found(how: Search) -> Writer:
    """Writes what a search finds after a prime."""

    def write(model: charlstm.Model, prime: str, seed: int, stop: Sequence[str]) -> str:
        (sample,) = model.chosen(prime, LENGTH, Filters(), how, [1000 * seed], stop)
        return model.vocabulary.decode(sample.ids)

    return write


WAYS: dict[str, Writer] = {
    "one sample": drawn(),
    "`--best-of 4`": found(Search(best_of=4)),
    "`--best-of 16`": found(Search(best_of=16)),
    "`--best-of 64`": found(Search(best_of=64)),
    "`--temperature 0.7`": drawn(0.7),
    "`--temperature 0`": drawn(0.0),
    "`--beam 8`": found(Search(beam=8)),
    "`--beam 64`": found(Search(beam=64)),
}


def come_again(text: str, n: int = 10) -> float:
    """The share of the runs of n characters that stand earlier in the text, too."""
    runs = [text[k : k + n] for k in range(len(text) - n + 1)]
    return mean(text.find(run) < k for k, run in enumerate(runs)) if runs else 0.0


def with_error(values: Sequence[float], digits: int = 3) -> str:
    """The mean of values, and its standard error."""
    error = stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return f"{mean(values):.{digits}f} ± {error:.{digits}f}"


def compare_ways(model: charlstm.Model, primes: Sequence[str]) -> None:
    """A row for each way: 200 characters, and to the end of the line."""
    print("| | nats per character | runs of 10 that come again | nats to the end of the line |")
    print("|---|--:|--:|--:|")
    for name, write in WAYS.items():
        nats, again, lines = [], [], []
        for seed, prime in enumerate(primes):
            text = write(model, prime, seed, ())
            nats.append(-model.log_likelihood(text, prime=prime) / len(text))
            again.append(come_again(text))
            line = write(model, prime, seed, "\n") + "\n"
            lines.append(-model.log_likelihood(line, prime=prime))
        shown = f"{with_error(nats)} | {mean(again):.1%} | {with_error(lines, 1)}"
        print(f"| {name} | {shown} |", flush=True)


def compare_texts(model: charlstm.Model, texts: Sequence[str], count: int, plain: int) -> None:
    """Rows for each text: the samples that have it, those where it is placed, or put anywhere."""
    alone = [s.decode() for s in model.samples("", LENGTH, Filters(), range(plain))]
    print("| text | how | samples with it | nats per character | nats of the text |")
    print("|---|---|--:|--:|--:|")
    for text in texts:
        have = [sample for sample in alone if text in sample]
        ways = {
            "drawn": [(sample, sample.find(text)) for sample in have],
            "placed": [placed(model, text, seed) for seed in range(count)],
            "put anywhere": [anywhere(model, text, seed) for seed in range(count)],
        }
        shares = [f"{len(have):,} of {plain:,}", f"{count} of {count}", f"{count} of {count}"]
        for (name, samples), share in zip(ways.items(), shares, strict=True):
            numbers = "| |"
            if len(samples) > 1:
                nats = [-model.log_likelihood(s) / len(s) for s, _ in samples]
                own = [-model.log_likelihood(text, prime="\n" + s[:at]) for s, at in samples]
                numbers = f"| {with_error(nats)} | {with_error(own, 1)}"
            print(f"| `{text}` | {name} | {share} {numbers} |", flush=True)


def placed(model: charlstm.Model, text: str, seed: int) -> tuple[str, int]:
    """A sample in which the text is placed, although others may have it, and where."""
    for first in range(10**6 * (seed + 1), 10**6 * (seed + 2), 16):
        (sample,) = model.chosen("", LENGTH, Filters(), Search(), [first], must_contain=text)
        if sample.placed:
            return model.vocabulary.decode(sample.ids), sample.placed[0].at
    raise AssertionError("all samples have it")


def anywhere(model: charlstm.Model, text: str, seed: int) -> tuple[str, int]:
    """A sample in which the text is put at a place that is drawn without the model."""
    at = Random(seed).randrange(LENGTH - len(text) + 1)
    before = "".join(model.sample(length=at, seed=10**6 * (seed + 1)))
    rest = LENGTH - at - len(text)
    after = "".join(model.sample("\n" + before + text, length=rest, seed=seed))
    return before + text + after, at


def searched(model: charlstm.Model, how: Search, texts: Sequence[str], seed: int) -> object:
    """500 characters that a search finds."""
    return model.chosen("", 500, Filters(), how, [seed], must_contain=texts)


def compare_times(model: charlstm.Model, texts: Sequence[str], rounds: int) -> None:
    """How long each way takes for 500 characters, beside one sample of them."""
    ways: dict[str, Callable[[int], object]] = {
        "one sample": lambda k: model.samples("", 500, Filters(), [k]),
        f"{MANY} samples": lambda k: model.samples("", 500, Filters(), range(k, k + MANY)),
    }
    searches = {
        "`--best-of 16`": (Search(best_of=16), ()),
        "`--best-of 64`": (Search(best_of=64), ()),
        "`--beam 8`": (Search(beam=8), ()),
        **{f"`--must-contain '{text}'`": (Search(), (text,)) for text in texts},
    }
    for name, (how, wanted) in searches.items():
        ways[name] = partial(searched, model, how, wanted)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for k in range(rounds):
        for name, write in ways.items():
            began = time.perf_counter()
            write(k)
            times[name].append(time.perf_counter() - began)
    print("| | time, beside one sample |\n|---|--:|")
    for name in list(ways)[1:]:
        ratios = [a / b for a, b in zip(times[name], times["one sample"], strict=True)]
        print(f"| {name} | {median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}) |")
    print(f"{MANY * 500 / min(times[f'{MANY} samples']):,.0f} characters a second at best")


def main() -> None:
    """Print three tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run")
    parser.add_argument("text", type=Path)
    parser.add_argument("--primes", type=int, default=24)
    parser.add_argument("--must-contain", action="append", default=[])
    parser.add_argument("--count", type=int, default=24, help="samples with each text")
    parser.add_argument("--plain", type=int, default=4096, help="samples drawn for all texts")
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    model = charlstm.load(args.run)
    unseen = args.text.read_text(encoding="utf-8")
    unseen = unseen[len(unseen) * 9 // 10 :]
    step = len(unseen) // args.primes
    compare_ways(model, [unseen[k * step :][:100] for k in range(args.primes)])
    compare_texts(model, args.must_contain, args.count, args.plain)
    compare_times(model, args.must_contain, args.rounds)


if __name__ == "__main__":
    main()
