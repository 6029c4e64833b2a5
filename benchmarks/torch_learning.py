"""PyTorch's side of `learning.py`: trains an LSTM on a text, prints its validation loss as JSON.

It reads the text as charlstm does: batch columns that start at even distances and carry their
state, the first 90 % for training; Adam, clipping, warm-up and cosine as there. The last 10 % is
scored in single precision, in 64 columns that read 256 characters before their own part.
"""

import argparse
import json
import math
from pathlib import Path

import torch
from torch import nn
from torch_side import Net, loss_of, prepare

COLUMNS, WARM_UP, WINDOW = 64, 256, 128


def rate_of(update, args):
    """A linear warm-up, then half a cosine to a hundredth."""
    if update < args.warmup:
        return args.lr * (update + 1) / args.warmup
    done = (update - args.warmup) / max(1, args.updates - args.warmup)
    return args.lr * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * done)))


@torch.no_grad()
def start_as_charlstm(net, hidden):
    """Characters' rows in ±1, forget gates open, input gates nearly shut, no other bias."""
    net.rnn.weight_ih_l0.uniform_(-1, 1)
    for bias in (net.rnn.bias_ih_l0, net.rnn.bias_hh_l0, net.readout.bias):
        bias.zero_()
    net.rnn.bias_ih_l0[:hidden] = -1.0
    net.rnn.bias_ih_l0[hidden : 2 * hidden] = 1.0


def train(net, ids, args):
    """Make the updates."""
    optimiser = torch.optim.Adam(net.parameters(), lr=args.lr, betas=(0.9, 0.99), fused=True)
    starts = torch.arange(args.batch_size) * len(ids) // args.batch_size
    offsets = torch.arange(args.seq_length + 1)[:, None]
    state = None
    for update in range(args.updates):
        window = ids[(starts + update * args.seq_length + offsets) % len(ids)]
        for group in optimiser.param_groups:
            group["lr"] = rate_of(update, args)
        loss, state = loss_of(net, window, state, args.bf16)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()


@torch.inference_mode()
def validation_nats(net, ids):
    """The mean loss of ids (N,) but the first; the first column starts from nothing."""
    length = math.ceil((len(ids) - 1) / COLUMNS)
    starts = torch.arange(COLUMNS) * length
    state, total, count = None, 0.0, 0
    for first in range(-WARM_UP, length, WINDOW):
        if first == 0:
            for s in state:
                s[:, 0] = 0.0
        steps = torch.arange(first, min(first + WINDOW, length))
        places = starts + steps[:, None]
        logits, state = net(ids[places.clamp(0, len(ids) - 2)], state)
        targets = ids[(places + 1).clamp(0, len(ids) - 1)]
        if first >= 0:
            losses = nn.functional.cross_entropy(
                logits.flatten(0, 1), targets.flatten(), reduction="none"
            )[(places < len(ids) - 1).flatten()]
            total, count = total + float(losses.sum()), count + len(losses)
    return total / count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", type=Path)
    for name in ("hidden_size", "batch_size", "seq_length", "updates", "threads", "seed"):
        parser.add_argument(f"--{name}", type=int, default=1)
    parser.add_argument("--warmup", type=int, default=50)
    parser.add_argument("--lr", type=float, default=1e-2)
    for name in ("bf16", "no_mkldnn", "our_start"):
        parser.add_argument(f"--{name}", action="store_true")
    args = parser.parse_args()
    prepare(args, args.threads)
    torch.manual_seed(args.seed)
    text = args.text.read_text(encoding="utf-8")
    vocabulary = {character: k for k, character in enumerate(sorted(set(text)))}
    ids = torch.tensor([vocabulary[character] for character in text])
    train_ids, val_ids = ids[: int(0.9 * len(ids))], ids[int(0.9 * len(ids)) :]
    net = Net("lstm", args.hidden_size, 1, onehot=True, V=len(vocabulary))
    if args.our_start:
        start_as_charlstm(net, args.hidden_size)
    train(net, train_ids, args)
    print(json.dumps({"nats": validation_nats(net, val_ids)}))


if __name__ == "__main__":
    main()
