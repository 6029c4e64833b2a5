"""The validation loss of a run as nanoGPT measures it: on random windows, nothing read before them.

    python benchmarks/random_windows.py runs/tinyshakespeare

A run's own figure carries the state through the whole validation text. In a window of 256
characters a model must predict the first ones from next to nothing, so this figure is higher.
"""

import argparse
import json

import numpy as np

import charlstm
from charlstm.nn.network import Network

COLUMNS = 64  # windows that are read side by side


def main() -> None:
    """Print the loss of random windows beside that of the whole validation text."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run")
    parser.add_argument("--windows", type=int, default=2048)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    model = charlstm.load(args.run)
    ids = np.asarray(model.validation_ids())
    network = Network(model.parameters, args.length, COLUMNS)
    rng, losses = np.random.default_rng(args.seed), []
    for _ in range(-(-args.windows // COLUMNS)):
        starts = rng.integers(0, ids.size - args.length, COLUMNS)
        window = ids[starts + np.arange(args.length + 1)[:, None]].astype(np.intp)
        network.reset()
        losses.append(network.score(window[:-1], window[1:]).mean())
    nats = float(np.mean(losses))
    error = float(np.std(losses) / np.sqrt(len(losses)))
    print(json.dumps({"random_windows": nats, "standard_error": error, "length": args.length}))


if __name__ == "__main__":
    main()
