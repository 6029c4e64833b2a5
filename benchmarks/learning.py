"""The validation loss that each side reaches after equal characters, and after equal minutes.

A part of against_torch.py, with `--text`. Every side trains the same network with the same Adam,
schedule and split of the text, from its own starting weights. Equal minutes are as many updates as
the side's rate, measured in turns just before, makes in them: so other work on the machine during
the training changes nothing. `--rates` gives rates that were measured before.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from peers import duel
from sides import HERE, Record, named, options, ours, run, selected

import charlstm
from charlstm.threads import cores
from charlstm.training.events import Event, Finished

BATCH, LENGTH = 32, 64
RATES = {256: 1e-2, 512: 5e-3}  # the learning rate of each number of units
PENALTY = 0.3  # charlstm's default
# Each side: the group whose speed it has, and the words of torch_learning.py.
TORCH: dict[str, tuple[str, tuple[str, ...]]] = {
    "PyTorch, single precision": ("torch", ()),
    "PyTorch, single precision, charlstm's starting weights": ("torch", ("--our_start",)),
    "PyTorch, bf16": ("bf16", ("--bf16",)),
    "PyTorch, bf16, as without AMX": ("bf16_no_amx", ("--bf16",)),
}


def learning(args: argparse.Namespace) -> Iterator[Record]:
    """The losses of every side on args.text; nothing without a text."""
    if args.text is None:
        print("learning: left out, because it needs --text", file=sys.stderr)
        return
    for hidden, lr in RATES.items():
        size = named("lstm", hidden, 1, BATCH, LENGTH)
        if not selected(args, size):
            continue
        rates = args.rates or measured_rates(args, size)
        equal = updates_in(rates["ours"], args.minutes)
        sides: dict[str, tuple[str, float | tuple[str, ...]]] = {
            "charlstm without memory penalty": ("ours", 0.0),
            "charlstm": ("ours_penalty", PENALTY),
            **TORCH,
        }
        for name, (group, how) in sides.items():
            if group not in rates:
                continue
            nats = {}
            for updates in sorted({equal, updates_in(rates[group], args.minutes)}):
                if isinstance(how, float):
                    nats[updates] = our_nats(args.text, hidden, lr, updates, how)
                else:
                    nats[updates] = torch_nats(args, hidden, lr, updates, how)
            yield size | {
                "minutes": args.minutes,
                "side": name,
                "rate": rates[group],
                "updates": updates_in(rates[group], args.minutes),
                "equal_characters_nats": nats[equal],
                "equal_minutes_nats": nats[updates_in(rates[group], args.minutes)],
            }


def updates_in(rate: float, minutes: float) -> int:
    """How many updates so many characters/s make."""
    return max(1, round(rate * 60 * minutes / (BATCH * LENGTH)))


def measured_rates(args: argparse.Namespace, size: Record) -> dict[str, float]:
    """Characters/s of every group, of ours, and of ours with the memory penalty."""
    record = duel(args, "train", size, ["--workers", cores()])
    words = ["train", *options(size), "--seconds", args.seconds, "--workers", cores()]
    penalty = ["--memory_penalty", PENALTY]
    costs = [ours(*words, *penalty)["rate"] / ours(*words)["rate"] for _ in range(args.rounds)]
    rates = {group: float(peer["rate"]) for group, peer in record["peers"].items()}
    rates["ours"] = float(record["ours"])
    return rates | {"ours_penalty": rates["ours"] * statistics.median(costs)}


def our_nats(text: Path, hidden: int, lr: float, updates: int, penalty: float) -> float:
    """Our validation loss after so many updates."""
    losses: list[float] = []

    def watch(event: Event) -> None:
        if isinstance(event, Finished) and event.last_val_nats is not None:
            losses.append(event.last_val_nats)

    with tempfile.TemporaryDirectory() as folder:
        charlstm.train(
            text,
            watch=watch,
            root=folder,
            hidden_size=hidden,
            batch_size=BATCH,
            seq_length=LENGTH,
            lr=lr,
            dropout=0.0,
            memory_penalty=penalty,
            val_fraction=0.1,
            max_steps=updates,
            eval_every=updates,
        )
    return losses[0]


def torch_nats(
    args: argparse.Namespace, hidden: int, lr: float, updates: int, words: tuple[str, ...]
) -> float:
    """PyTorch's validation loss after so many updates."""
    shape = {"hidden_size": hidden, "batch_size": BATCH, "seq_length": LENGTH, "updates": updates}
    script = [HERE / "torch_learning.py", args.text, *options(shape), "--lr", lr]
    return run(args.torch_python, *script, "--threads", cores(), *words)["nats"]
