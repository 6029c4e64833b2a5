"""The other programs, each in every variant that may be its best, and who of them is the best.

A group's variants are compared with each other only: PyTorch in single precision, PyTorch with
products in bfloat16, the same without AMX, and JAX. A measurement first tries every variant once
and then goes on with PyTorch's best two in each precision and the best one of the others, in turns
with ours.
"""

import argparse
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from sides import HERE, Record, free_port, options, ours, run, spread

from charlstm.threads import cores

GROUPS = {
    "torch": "PyTorch, single precision",
    "bf16": "PyTorch, bf16",
    "bf16_no_amx": "PyTorch, bf16, as without AMX",
    "jax": "JAX, single precision",
}
NO_AMX = {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16"}
LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/lib")


@dataclass(frozen=True)
class Variant:
    """One way of a program to do a task: the words of its script, and its environment."""

    group: str
    python: str
    words: tuple[object, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        extra = ["jemalloc"] if "LD_PRELOAD" in self.env else []
        return " ".join([*(str(word).removeprefix("--") for word in self.words), *extra])

    def run(self, *words: object) -> dict[str, float] | None:
        """One run; None if it fails three times, because gloo sometimes fails once."""
        script = HERE / ("jax_side.py" if self.group == "jax" else "torch_side.py")
        for _ in range(3):
            port = ["--port", free_port()] if "--ranks" in self.words else []
            try:
                return run(self.python, script, *words, *self.words, *port, env=self.env)
            except subprocess.CalledProcessError as error:
                print(f"{self} failed: {words}: {error.stderr[-300:]}", file=sys.stderr)
        return None

    def rate(self, *words: object) -> float:
        """The characters/s of one run; 0 if it failed."""
        return (self.run(*words) or {"rate": 0.0})["rate"]


def jemalloc(args: argparse.Namespace) -> dict[str, str]:
    """The environment that has PyTorch use jemalloc, where it is installed."""
    path = args.jemalloc if args.jemalloc is not None else found_jemalloc()
    return {"LD_PRELOAD": path} if path else {}


@cache
def found_jemalloc() -> str | None:
    """Where jemalloc is installed; None if it is not in the usual folders."""
    for folder in LIBRARIES:
        for pattern in ("libjemalloc.so.2", "*/libjemalloc.so.2"):
            for path in sorted(Path(folder).glob(pattern)):
                return str(path)
    return None


def has_amx() -> bool:
    """Whether the processor has AMX for bfloat16."""
    facts = Path("/proc/cpuinfo")
    return facts.exists() and "amx_bf16" in facts.read_text(encoding="utf-8")


def variants(args: argparse.Namespace, task: str, group: str, cell: str = "lstm") -> list[Variant]:
    """Embedding or one-hot; of PyTorch all threads, one, or ranks of gloo; jemalloc or not."""
    inputs: list[tuple[object, ...]] = [(), ("--onehot",)]
    if group == "jax":
        if not args.jax_python or (task, cell) != ("train", "lstm"):
            return []
        return [Variant(group, args.jax_python, way, {"JAX_PLATFORMS": "cpu"}) for way in inputs]
    ways: list[tuple[object, ...]] = [("--threads", cores())]
    if cores() > 1:  # of training, one thread is always slower than such ranks
        ways.append(("--ranks", cores()) if task == "train" else ("--threads", 1))
    bf16 = ("--bf16",) if group == "bf16" else ()
    allocators = [{}, jemalloc(args)] if jemalloc(args) else [{}]
    return [
        Variant(group, args.torch_python, (*bf16, *onehot, *way), allocator)
        for onehot in inputs
        for way in ways
        for allocator in allocators
    ]


def finalists(args: argparse.Namespace, task: str, cell: str, words: list[object]) -> list[Variant]:
    """The best one or two variants of each group, after a short run of each."""
    chosen: list[Variant] = []
    for group in [g for g in GROUPS if g != "bf16_no_amx" and (not args.group or g in args.group)]:
        ways = [v for v in variants(args, task, group, cell) if (args.variant or "") in str(v)]
        rates = {v: v.rate(*words) for v in ways}
        if rates and not args.variant and group != "jax":
            best_so_far = max(rates, key=lambda v: rates[v])
            without = replace(best_so_far, words=(*best_so_far.words, "--no_mkldnn"))
            rates[without] = without.rate(*words)
        best = sorted((v for v in rates if rates[v]), key=lambda v: rates[v], reverse=True)
        best = best[: 1 if group == "jax" else 2]
        chosen += best
        if group == "bf16" and has_amx():
            chosen += [replace(v, group="bf16_no_amx", env={**v.env, **NO_AMX}) for v in best[:1]]
    return chosen


def duel(args: argparse.Namespace, task: str, size: Record, our_words: list[object]) -> Record:
    """Our side and the best variants of every group in turns."""
    words = [task, *options(size), "--seconds"]
    others = finalists(args, task, size["cell"], [*words, args.seconds / 2])
    our_rates: list[float] = []
    rates: dict[Variant, list[float]] = {variant: [] for variant in others}
    for _ in range(args.rounds):
        our_rates.append(ours(*words, args.seconds, *our_words)["rate"])
        for variant in others:
            rates[variant].append(variant.rate(*words, args.seconds))
    peers: Record = {}
    for variant in sorted(others, key=lambda v: statistics.median(rates[v])):  # the best comes last
        theirs = rates[variant]
        peers[variant.group] = {
            "rate": statistics.median(theirs),
            **spread([us / them for us, them in zip(our_rates, theirs, strict=True) if them]),
            "variant": str(variant),
        }
    peers = {group: peers[group] for group in GROUPS if group in peers}
    first = peers[next(iter(peers))]  # of all groups the first, which is single precision
    return {
        "ours": statistics.median(our_rates),
        "torch": first["rate"],
        "ratio": first["ratio"],
        "ratio_range": first["ratio_range"],
        "torch_variant": first["variant"],
        "peers": peers,
        "unit": "characters/s",
    }
