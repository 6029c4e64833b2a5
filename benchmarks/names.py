"""30,000 invented place names: an LSTM of 200,000 parameters beside a transformer of as many.

    python -m venv torch-env && torch-env/bin/pip install torch numpy
    python benchmarks/names.py --torch-python torch-env/bin/python --minutes 2

Both sides get the same list, the same minutes (validations count) and all cores, one after the
other. `charlstm train --lines` draws the lines that it validates on; the transformer, which is
torch_names.py, trains on the other lines and is validated on the same ones. Each name's end is
predicted too. The result is each side's best validation, in nats per character.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

from charlstm import load
from charlstm.nn.parameters import Architecture
from charlstm.studies.compare.runner import hidden_size_for

PARAMETERS = 200_000
# A region has beginnings, consonants and vowels of syllables, and ends of its own: so the first
# letters of a name say something of its last.
REGIONS = (
    ("Ash Bram Cald Dray Eld Farn Hurst Linth Mars Thorn", "b c d l m n r t w", "a e i o er in",
     "bury by den field ford ham ley stead ton wick worth"),
    ("Abri Belle Cour Dour Fonta Gran Maure Orsa Roche Val", "b c ch d g l m n r s t v",
     "a é i o ou ai en on", "gnac lieu mont nay ville court fontaine sac"),
    ("Aal Bjer Egil Fjord Grim Hol Krag Nord Skar Tor", "b d f g k l m n r s t v",
     "a e i o u ø å", "by dal fjell havn holt vik sund torp ås"),
    ("Alba Casti Fiora Gravi Loren Monte Pontre Rocca Salva Terra", "b c d f l m n r s t v z",
     "a e i o u", "gliano lino nello retta rola sco setta tina vento"),
    ("Bere Dolni Gora Jasno Krasno Lubo Novo Radomi Stari Zele", "b d g k l m n r s š v z ž",
     "a e i o u", "chov gorod grad ice nice ovka pole sko ves"),
)  # fmt: skip
BEFORE = ("Upper", "Lower", "Old", "New", "Great", "Little", "North", "South")


def names(count: int, seed: int = 1) -> list[str]:
    """So many different names in alphabetical order."""
    random, found = Random(seed), set[str]()
    while len(found) < count:
        beginnings, consonants, vowels, ends = map(str.split, random.choice(REGIONS))
        middle = "".join(
            random.choice(consonants) + random.choice(vowels)
            for _ in range(random.choice((0, 1, 1, 2)))
        )
        name = random.choice(beginnings) + middle + random.choice(ends)
        found.add(f"{random.choice(BEFORE)} {name}" if random.random() < 0.08 else name)
    return sorted(found)


def output_of(*command: object) -> dict[str, float]:
    """The JSON object that a command prints."""
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def main() -> None:
    """Train both sides and print what they come to, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--torch-python", required=True, help="a Python that has PyTorch")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--count", type=int, default=30_000, help="names")
    parser.add_argument("--parameters", type=int, default=PARAMETERS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cell", default="lstm")
    parser.add_argument("--lr", type=float, help="of the transformer")
    args, more = parser.parse_known_args()  # the rest goes to `charlstm train`
    with tempfile.TemporaryDirectory() as folder:
        place, run = Path(folder), Path(folder) / "run"
        every = names(args.count)
        (place / "names.txt").write_text("".join(f"{name}\n" for name in every), encoding="utf-8")
        V = len({*"".join(every), "\n"})
        H = hidden_size_for(Architecture(args.cell), V, args.parameters)
        ours = output_of(
            sys.executable, "-m", "charlstm", "train", place / "names.txt", "--lines",
            "--cell", args.cell, "--hidden-size", H, "--max-minutes", args.minutes,
            "--seed", args.seed, "--out", run, "--json", *more,
        )  # fmt: skip
        model = load(run)
        held_out = model.vocabulary.decode(model.validation_ids()).splitlines()
        (place / "val.txt").write_text("\n".join(held_out), encoding="utf-8")
        rest = sorted({*every} - {*held_out})
        (place / "train.txt").write_text("\n".join(rest), encoding="utf-8")
        side = Path(__file__).with_name("torch_names.py")
        words = [place / "train.txt", place / "val.txt", "--minutes", args.minutes]
        rate = ["--lr", args.lr] if args.lr else []
        theirs = output_of(args.torch_python, side, *words, "--seed", args.seed, *rate)
    mine = {"parameters": model.parameters.num_parameters, "nats": ours["best_val_nats"]}
    mine |= {"seconds": ours["seconds"], "updates": ours["steps"]}
    print(json.dumps({"charlstm": mine, "transformer": theirs, "held out": len(held_out)}))


if __name__ == "__main__":
    main()
