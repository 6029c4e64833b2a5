"""The transformer beside `names.py`: trains on lines for so many minutes, prints the best as JSON.

It has the shape and the settings of the smallest one that is usual for lists of names (makemore): 4
layers of 64 numbers with 4 heads, about 200,000 parameters, AdamW, 32 lines an update. The rate
falls by a cosine with the time, which is better than a constant one.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

LAYERS, HEADS, WIDTH = 4, 4, 64
VALIDATIONS = 5


class Block(nn.Module):
    """Attention to what stands before, then two dense layers, each added to its input."""

    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)])
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.dense = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)
        )

    def forward(self, x):
        """Rows (B, T, WIDTH) of a batch."""
        B, T, _ = x.shape
        q, k, v = self.qkv(self.norms[0](x)).view(B, T, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(B, T, WIDTH))
        return x + self.dense(self.norms[1](x))


class Transformer(nn.Module):
    """Characters and places embedded, blocks, and a readout."""

    def __init__(self, vocabulary, longest):
        super().__init__()
        self.characters, self.places = nn.Embedding(vocabulary, WIDTH), nn.Embedding(longest, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.norm, self.readout = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, vocabulary, bias=False)

    def forward(self, ids):
        """The logits (B, T, V) of what follows each of `ids` (B, T)."""
        x = self.characters(ids) + self.places(torch.arange(ids.shape[1]))
        return self.readout(self.norm(self.blocks(x)))

    def loss(self, rows, reduction="mean"):
        """The loss in nats of rows (B, longest + 1) that begin with 0 and are padded with -1."""
        logits = self(rows[:, :-1].clamp(min=0))
        targets = rows[:, 1:].reshape(-1)
        return functional.cross_entropy(
            logits.reshape(len(targets), -1), targets, ignore_index=-1, reduction=reduction
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("train", type=Path)
    parser.add_argument("val", type=Path)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    texts = [path.read_text(encoding="utf-8").split("\n") for path in (args.train, args.val)]
    letters = {letter: k for k, letter in enumerate(sorted({*"".join(texts[0] + texts[1])}), 1)}
    longest = max(map(len, texts[0] + texts[1]))

    def rows_of(lines):
        rows = torch.full((len(lines), longest + 2), -1)
        rows[:, 0] = 0
        for row, line in zip(rows, lines, strict=True):
            row[1 : len(line) + 2] = torch.tensor([*(letters[letter] for letter in line), 0])
        return rows

    train, val = map(rows_of, texts)
    characters = sum(len(line) + 1 for line in texts[1])
    model = Transformer(len(letters) + 1, longest + 1)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=args.lr, betas=(0.9, 0.99), weight_decay=0.01, eps=1e-8
    )
    began, best, updates, validations = time.monotonic(), math.inf, 0, 0
    done = 0.0
    while done < 1.0:
        rate = (
            args.lr
            * min(1.0, (updates + 1) / 100)
            * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)
        )
        for group in optimiser.param_groups:
            group["lr"] = rate
        rows = train[torch.randint(len(train), (args.batch_size,))]
        width = int((rows >= 0).sum(1).max())
        optimiser.zero_grad(set_to_none=True)
        model.loss(rows[:, :width]).backward()
        optimiser.step()
        updates += 1
        done = (time.monotonic() - began) / (60 * args.minutes)
        if done >= min(1.0, (validations + 1) / VALIDATIONS):
            with torch.inference_mode():
                nats = sum(model.loss(part, "sum").item() for part in val.split(500))
            best, validations = min(best, nats / characters), validations + 1
    parameters = sum(p.numel() for p in model.parameters())
    seconds = time.monotonic() - began
    print(
        json.dumps({"parameters": parameters, "nats": best, "seconds": seconds, "updates": updates})
    )


if __name__ == "__main__":
    main()
