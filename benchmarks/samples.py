"""What steps of the chain do to what a run writes: new words, variety, loops, likelihood.

    python benchmarks/samples.py RUN TEXT

Each row is one choice of the options, over five samples (seeds 0 to 4) written as one batch. A word
is a run of letters and apostrophes; the first and the last of a sample are left out, as they may be
cut off. A run of 20 characters comes again if it stands in the 1,000 characters before its last
one. The nats are those of what was written, under the model.
"""

import argparse
import re
from pathlib import Path
from statistics import mean

import charlstm
from charlstm.sampling import Filters

WAYS: dict[str, dict[str, object]] = {
    "plain": {},
    "--temperature 0.7": {"temperature": 0.7},
    "--temperature 0.5": {"temperature": 0.5},
    "--word-temperature 0.7": {"word_temperature": 0.7},
    "--word-temperature 0.5": {"word_temperature": 0.5},
    "--within-word greedy": {"within_word": "greedy"},
    "--temperature 0": {"temperature": 0.0},
    "--temperature 0 --no-repeat 20": {"temperature": 0.0, "no_repeat": 20},
}
WORD = re.compile("[^\\W\\d_]+(?:['’][^\\W\\d_]+)*")


def words(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return [match[0].lower() for match in WORD.finditer(text)]


def come_again(text: str, n: int = 20, window: int = 1000) -> float:
    """The share of runs of n that stand in the characters before their last."""
    ends = range(n, len(text) + 1)
    return mean(text[e - n : e] in text[max(0, e - 1 - window) : e - 1] for e in ends)


def main() -> None:
    """Write and count."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", help="a run folder or checkpoint")
    parser.add_argument("text", type=Path, help="the text that it was trained on")
    parser.add_argument("--length", type=int, default=20_000, help="characters of each sample")
    args = parser.parse_args()
    model, known = charlstm.load(args.run), set(words(args.text.read_text(encoding="utf-8")))
    heads = ("words", "not in the text", "different", "runs that come again", "nats")
    print(f"{'':31}" + "".join(f"{head:>{len(head) + 3}}" for head in heads))
    for name, options in WAYS.items():
        filters = Filters(**options)  # type: ignore[arg-type]
        samples = model.written("", args.length, filters, range(5), likeliest=0)
        texts = [model.vocabulary.decode(sample.ids) for sample in samples]
        found = [word for text in texts for word in words(text)[1:-1]]
        new = sum(word not in known for word in found) / len(found)
        nats = -mean(score.model for sample in samples for score in sample.log_probs)
        again = mean(map(come_again, texts))
        print(
            f"{name:31}{len(found):8,}{new:18.2%}{len(set(found)):12,}{again:23.2%}{nats:7.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
