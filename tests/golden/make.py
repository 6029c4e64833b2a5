"""Ask PyTorch for the golden values in torch.npz: `python tests/golden/make.py`.

It needs torch, safetensors and charlstm.

CELL/… of a torch.nn.RNN, LSTM or GRU of two layers in float64, and a Linear above it, all random:
    param/NAME, grad/NAME   parameters by PyTorch's names, and their gradients
    ids, targets (T, B)     characters read (V is the unknown) and asked for (V counts for nothing)
    before/S, after/S       states h and c around the window, (layers, B, H), none of them zero
    grad_before/S           gradients of the states before
    logits (T, B, V), loss
export-CELL/… of a small model that was exported and loaded by the snippet in docs/export.md:
    ours/NAME, tensor/NAME  its weights here, and as PyTorch read them; logits of the snippet's text
"""

import sys
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import torch

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "helpers"))

from doc_snippets import run_snippet  # noqa: E402
from torch_cases import (  # noqa: E402
    CELLS,
    LAYERS,
    SAVED,
    WEIGHT,
    B,
    H,
    T,
    V,
    exported_model,
)

from charlstm.export import export  # noqa: E402


def window(cell: str) -> dict[str, Any]:
    """Forward and backward through one window."""
    torch.manual_seed(1)
    net = getattr(torch.nn, cell.upper())(V + 1, H, LAYERS).double()
    net.readout = torch.nn.Linear(H, V).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_(0.0, 0.7)
    ids, targets = torch.randint(V + 1, (T, B)), torch.randint(V, (T, B))
    ids[1, 0] = targets[2, 1] = V
    states = ("h", "c") if cell == "lstm" else ("h",)
    before = {name: torch.randn(LAYERS, B, H).double().requires_grad_() for name in states}
    given = tuple(before.values()) if cell == "lstm" else before["h"]
    outputs, after = net(torch.nn.functional.one_hot(ids, V + 1).double(), given)
    logits = net.readout(outputs)
    asked = torch.where(targets == V, -100, targets)  # which cross_entropy passes over
    loss = torch.nn.functional.cross_entropy(
        logits.reshape(-1, V), asked.reshape(-1), reduction="sum"
    )
    (WEIGHT * loss).backward()
    left = dict(zip(states, after if cell == "lstm" else (after,), strict=True))
    found = {"ids": ids, "targets": targets, "logits": logits, "loss": loss}
    found |= {f"before/{name}": state for name, state in before.items()}
    found |= {f"grad_before/{name}": state.grad for name, state in before.items()}
    found |= {f"after/{name}": state for name, state in left.items()}
    found |= {f"param/{name}": parameter for name, parameter in net.named_parameters()}
    found |= {f"grad/{name}": parameter.grad for name, parameter in net.named_parameters()}
    return {f"{cell}/{name}": value.detach().numpy() for name, value in found.items()}


def exported(cell: str) -> dict[str, Any]:
    """What the documented snippet makes of an exported model."""
    model = exported_model(cell)
    export(model, Path("model.safetensors"))
    names = run_snippet("torch")
    found = {"logits": names["logits"].detach().numpy()}
    found |= {f"ours/{name}": value for name, value in model.parameters.by_name.items()}
    found |= {f"tensor/{name}": value.numpy() for name, value in names["net"].state_dict().items()}
    return {f"export-{cell}/{name}": value for name, value in found.items()}


if __name__ == "__main__":
    values: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for cell in CELLS:
            values |= window(cell) | exported(cell)
    np.savez_compressed(SAVED, **values)
