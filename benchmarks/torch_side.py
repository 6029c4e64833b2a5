"""The side of PyTorch: measures one size and one variant, prints characters/s as JSON.

against_torch.py runs it in a process of its own, with a Python that has PyTorch. `--bf16` is
PyTorch's own mixed precision: products in bfloat16, weights, loss and Adam in single precision.
"""

import argparse
import json
import math
import os
import resource
import time

import numpy as np
import torch
from torch import nn

V = 65


class Loop(nn.Module):
    """A peephole LSTM (full matrices) or a coupled one; in PyTorch they need a loop over steps."""

    def __init__(self, cell: str, inputs: int, hidden: int) -> None:
        super().__init__()
        self.peephole = cell == "peephole"
        gates = 4 if self.peephole else 3  # f, o, g, and i where it is not 1 - f
        self.x, self.h = nn.Linear(inputs, gates * hidden), nn.Linear(hidden, gates * hidden)
        if self.peephole:
            self.p_fi = nn.Linear(hidden, 2 * hidden, bias=False)  # from the previous cell state
            self.p_o = nn.Linear(hidden, hidden, bias=False)  # from the new cell state

    def forward(self, x, state):
        """Outputs (T, B, H) and the new state."""
        h, c = state or [x.new_zeros(x.shape[1], self.h.in_features)] * 2
        ys = []
        for ax in self.x(x):
            a = ax + self.h(h)
            if self.peephole:
                fi, o, g = a.split([2 * h.shape[1], h.shape[1], h.shape[1]], 1)
                f, i = torch.sigmoid(fi + self.p_fi(c)).chunk(2, 1)
                c = f * c + i * torch.tanh(g)
                h = torch.sigmoid(o + self.p_o(c)) * torch.tanh(c)
            else:
                f, o, g = a.chunk(3, 1)
                f = torch.sigmoid(f)
                c = f * c + (1 - f) * torch.tanh(g)
                h = torch.sigmoid(o) * torch.tanh(c)
            ys.append(h)
        return torch.stack(ys), (h, c)


class Net(nn.Module):
    """Embedding or one-hot input, recurrent layers, a linear readout."""

    def __init__(self, cell: str, hidden: int, layers: int, onehot: bool, V: int = V) -> None:
        super().__init__()
        # Rows of the unit matrix are one-hot vectors without a detour over 64-bit integers.
        self.register_buffer("eye", torch.eye(V) if onehot else None, persistent=False)
        self.embedding = None if onehot else nn.Embedding(V, hidden)
        inputs = V if onehot else hidden
        kinds = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
        kind = kinds.get(cell)
        self.rnn = kind(inputs, hidden, layers) if kind else Loop(cell, inputs, hidden)
        self.readout = nn.Linear(hidden, V)

    def forward(self, ids, state):
        """Logits (T, B, V) and the new state."""
        x = self.embedding(ids) if self.eye is None else nn.functional.embedding(ids, self.eye)
        y, state = self.rnn(x, state)
        return self.readout(y), state


def detach(state):
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


def loss_of(net: Net, window, state, bf16: bool):
    """The mean loss of a window (T + 1, B) in single precision, and the new state, detached."""
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        logits, state = net(window[:-1], state)
    logits = logits.float().flatten(0, 1)
    return nn.functional.cross_entropy(logits, window[1:].reshape(-1)), detach(state)


def train(args, ranks: int) -> float:
    """Characters per second over the timed updates: loss, gradients, clipping, Adam."""
    net = Net(args.cell, args.hidden_size, args.num_layers, args.onehot)
    optimiser = torch.optim.Adam(net.parameters(), lr=2e-3, betas=(0.9, 0.99), fused=True)
    rng = np.random.default_rng(0)
    batch = args.batch_size // ranks
    data = torch.from_numpy(rng.integers(0, V, (16, args.seq_length + 1, batch)))
    state = None
    flat = None

    def update(k: int) -> None:
        nonlocal state, flat
        window = data[k % 16]
        loss, state = loss_of(net, window, state, args.bf16)
        optimiser.zero_grad()
        loss.backward()
        if ranks > 1:
            grads = [p.grad for p in net.parameters()]
            flat = torch.cat([g.reshape(-1) for g in grads])
            torch.distributed.all_reduce(flat)
            flat /= ranks
            start = 0
            for g in grads:
                g.copy_(flat[start : start + g.numel()].view_as(g))
                start += g.numel()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()

    warm = math.inf
    for k in range(3):
        began = time.perf_counter()
        update(k)
        warm = min(warm, time.perf_counter() - began)
    # All ranks make as many updates; to agree on the end after each one would slow them.
    count = torch.tensor(max(1.0, math.ceil(args.seconds / warm)))
    if ranks > 1:
        torch.distributed.broadcast(count, 0)
    began = time.perf_counter()
    for k in range(int(count)):
        update(k)
    seconds = time.perf_counter() - began
    return int(count) * args.seq_length * args.batch_size / seconds


def prepare(args, threads: int) -> None:
    """Settings of the process."""
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.backends.mkldnn.enabled = not args.no_mkldnn


def rank_main(rank: int, args, queue) -> None:
    """One of several processes; gloo averages their gradients."""
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(args.port)}
    prepare(args, threads=1)
    torch.distributed.init_process_group("gloo", rank=rank, world_size=args.ranks)
    rate = train(args, args.ranks)
    if rank == 0:
        queue.put(rate)
    torch.distributed.destroy_process_group()


def sample(args) -> float:
    """Characters per second, `batch_size` columns at a time, drawn with torch.multinomial."""
    net = Net(args.cell, args.hidden_size, args.num_layers, args.onehot).eval()
    if args.bf16:
        net = net.bfloat16()  # autocast would convert the weights at every step
    ids = torch.zeros((1, args.batch_size), dtype=torch.long)
    state, count = None, 0
    with torch.inference_mode():
        began = time.perf_counter()
        while time.perf_counter() - began < args.seconds:
            logits, state = net(ids, state)
            ids = torch.multinomial(torch.softmax(logits[0].float(), -1), 1).T
            count += args.batch_size
    return count / (time.perf_counter() - began)


def save(args) -> None:
    """Write the weights that `cold` loads."""
    torch.save(Net(args.cell, args.hidden_size, args.num_layers, False).state_dict(), args.weights)


def cold(args) -> None:
    """Load the weights and print 200 characters as they are drawn; one thread is the fastest."""
    torch.set_num_threads(1)
    net = Net(args.cell, args.hidden_size, args.num_layers, False).eval()
    net.load_state_dict(torch.load(args.weights))
    ids, state = torch.zeros((1, 1), dtype=torch.long), None
    with torch.inference_mode():
        for _ in range(200):
            logits, state = net(ids, state)
            ids = torch.multinomial(torch.softmax(logits[0], -1), 1).T
            print(chr(48 + int(ids)), end="", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=("train", "sample", "save", "cold"))
    parser.add_argument("--cell", default="lstm")
    for name in ("hidden_size", "num_layers", "batch_size", "seq_length", "threads", "ranks"):
        parser.add_argument(f"--{name}", type=int, default=1)
    parser.add_argument("--port", type=int)
    parser.add_argument("--weights")
    for name in ("onehot", "bf16", "no_mkldnn"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--seconds", type=float, default=3.0)
    args = parser.parse_args()
    torch.manual_seed(0)
    if args.task in ("save", "cold"):
        {"save": save, "cold": cold}[args.task](args)
        return
    prepare(args, args.threads)
    if args.ranks > 1:
        context = torch.multiprocessing.get_context("spawn")
        queue = context.SimpleQueue()
        torch.multiprocessing.start_processes(
            rank_main, (args, queue), args.ranks, start_method="spawn"
        )
        rate = queue.get()
    else:
        rate = train(args, 1) if args.task == "train" else sample(args)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"rate": rate, "peak_bytes": peak}))


if __name__ == "__main__":
    main()
