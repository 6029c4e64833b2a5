"""What an update costs on MPI ranks: measured on this machine, and calculated for many machines.

    python benchmarks/scaling.py

It measures three times for each number of units: an update of one rank's columns alone; the part of
it that does not depend on the number of columns (norm, Adam, refreshed weights); and what two ranks
on one machine add by exchanging weights and gradients. The calculation gives each rank a machine of
its own. Rank 0 sends the P weights and receives the P sums, and every rank sends and receives its
parts of P gradients, so the link carries about 4 P numbers of 4 bytes. It takes about 5 minutes.
"""

import argparse
import json
from dataclasses import asdict, dataclass

from our_side import V
from sides import on_ranks, options, ours

from charlstm.nn.parameters import Architecture, flat_size

UNITS = (128, 512, 1024, 2048, 4096)
COLUMNS, LENGTH = 32, 64
LINKS = {"10 Gbit/s": 1.25e9, "100 Gbit/s": 12.5e9}
RANKS = (2, 4, 8, 16, 32)
TOTAL = 256  # columns of all ranks in strong scaling


@dataclass(frozen=True)
class Cost:
    """The seconds of an update of a network with so many units."""

    hidden_size: int
    parameters: int
    update: float  # of COLUMNS columns on one rank
    fixed: float  # the part of it that any number of columns costs
    exchange: float  # between two ranks on one machine

    def on(self, ranks: int, columns: float, link: float) -> float:
        """An update of so many columns a rank, each rank on a machine of its own.

        `link` is in bytes per second.
        """
        transfer = 16.0 * self.parameters / link if ranks > 1 else 0.0
        return self.fixed + (self.update - self.fixed) * columns / COLUMNS + transfer


def cost(hidden_size: int, seconds: float) -> Cost:
    """Measure one number of units."""

    def update(batch: int, length: int, ranks: int = 1) -> float:
        size = {"cell": "lstm", "hidden_size": hidden_size, "num_layers": 1}
        size |= {"batch_size": batch, "seq_length": length}
        words = ["train", *options(size), "--seconds", seconds]
        result = on_ranks(ranks, *words) if ranks > 1 else ours(*words)
        if result is None:
            raise SystemExit("this needs pip install 'charlstm[mpi]'")
        return batch * length / result["rate"]

    fixed = update(1, 1)
    parameters = flat_size(Architecture(hidden_size=hidden_size), V)
    whole, two_ranks = update(COLUMNS, LENGTH), update(2, 1, ranks=2)
    return Cost(hidden_size, parameters, whole, fixed, two_ranks - fixed)


def main() -> None:
    """Measure, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hidden-size", type=int, action="append")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    costs = [cost(units, args.seconds) for units in args.hidden_size or UNITS]
    if args.json:
        print(json.dumps([asdict(c) for c in costs]))
        return
    print("units  parameters  update, ms  fixed, ms  exchange between two ranks, ms")
    for c in costs:
        times = "  ".join(f"{1e3 * x:10.2f}" for x in (c.update, c.fixed, c.exchange))
        print(f"{c.hidden_size:5}  {c.parameters:10}  {times}")
    for name, link in LINKS.items():
        for title, columns in (
            (f"strong: {TOTAL} columns in all", lambda n: TOTAL / n),
            (f"weak: {COLUMNS} columns a rank", lambda _: COLUMNS),
        ):
            print(f"\n{name}, {title}: times as fast as one rank\nunits  ", end="")
            print("  ".join(f"{ranks:4}" for ranks in RANKS))
            for c in costs:
                alone = c.on(1, columns(1), link) / columns(1)
                gains = [alone * n * columns(n) / c.on(n, columns(n), link) for n in RANKS]
                print(f"{c.hidden_size:5}  " + "  ".join(f"{gain:4.1f}" for gain in gains))


if __name__ == "__main__":
    main()
