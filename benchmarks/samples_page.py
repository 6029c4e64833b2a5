"""Fills a page of samples: runs each `charlstm sample` of the page, and shows below what comes out.

    python PATH/TO/benchmarks/samples_page.py PATH/TO/docs/samples.md > samples.md

Start it in the folder that the commands of the page name their runs in. A command is an indented
line. The block in backticks and the line "Measured: ..." that follow it are made anew, and lines
"Held out of RUN: ...", which have the same figures of the text itself: of its part for validation,
beside its part for training. All else is left as it is. The seeds stand in the commands.

A word is a run of letters, digits, underscores and inner apostrophes; the case does not count, nor
do underscores at its ends. The last word of a sample is left out, as it may be cut off.
"""

import argparse
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import mean
from typing import Any

import charlstm

PLACE = re.compile(
    r"^    (?P<command>charlstm sample .+)\n\n```text\n(?:.*\n)*?```\n\nMeasured:.*\n",
    re.MULTILINE,
)
HELD_OUT = re.compile(r"^Held out of (?P<run>\S+): .*$", re.MULTILINE)
WORD = re.compile(r"\w+(?:['’]\w+)*")
PAIRS = {")": "(", "]": "[", "}": "{"}


def words(text: str) -> list[str]:
    """The words of a text, in small letters."""
    bare = (match[0].strip("_").lower() for match in WORD.finditer(text))
    return [word for word in bare if word]


def open_quotations(texts: Iterable[str]) -> tuple[int, int]:
    """Paragraphs with an odd number of quotation marks, and those with any; no last ones."""
    counts = [part.count('"') for text in texts for part in text.split("\n\n")[:-1]]
    return sum(count % 2 for count in counts), sum(count > 0 for count in counts)


def brackets(text: str) -> tuple[int, int]:
    """Brackets that close what is not open, and those that are never closed."""
    wrong, waiting = 0, list[str]()
    for character in text:
        if character in PAIRS.values():
            waiting.append(character)
        elif character in PAIRS:
            if waiting and waiting[-1] == PAIRS[character]:
                waiting.pop()
            else:
                wrong += 1
    return wrong, len(waiting)


def run(command: str, *more: str) -> str:
    """What the command writes to standard output."""
    _, *rest = shlex.split(command)
    script = [sys.executable, "-m", "charlstm", *rest, *more]
    return subprocess.run(script, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout


def models(command: str) -> tuple[charlstm.Model, dict[charlstm.Model, float]]:
    """The model of --run, and those of --blend with their shares."""
    (name,) = re.findall(r"--run (\S+)", command)
    blended = re.findall(r"--blend (\S+):(\S+)", command)
    return charlstm.load(name), {charlstm.load(run): float(share) for run, share in blended}


def corpus(model: charlstm.Model) -> str:
    """The text that the run of a model has learnt and validated on."""
    encoding = model.config.encoding
    return "\n".join(Path(file).read_text(encoding=encoding) for file in model.config.corpus)


def measured(command: str) -> str:
    """The line of figures on the samples of a command."""
    samples: list[dict[str, Any]] = json.loads(run(command, "--json", "--novelty"))["samples"]
    texts = [sample["prime"] + sample["text"] for sample in samples]
    model, others = models(command)
    writer = model.blend(others) if others else model
    source = "\n".join(map(corpus, (model, *others)))
    known = set(words(source))
    written = [word for text in texts for word in words(text)[:-1]]
    unknown = sum(word not in known for word in written)
    written_nats = [writer.log_likelihood(sample["text"], sample["prime"]) for sample in samples]
    nats = -sum(written_nats) / sum(len(sample["text"]) for sample in samples)
    copied = mean(sample["novelty"]["copied"] for sample in samples)
    longest = max(sample["novelty"]["longest"] for sample in samples)
    figures = [
        f"{nats:.2f} nats per character",
        f"{unknown} of {len(written)} words are not in the text",
        f"{100 * copied:.0f} % copied" + f", at most {longest} characters in a row" * (longest > 0),
    ]
    if "{" in source:
        wrong, waiting = map(sum, zip(*map(brackets, texts), strict=True))
        figures.append(f"brackets that close what is not open: {wrong}; open at the end: {waiting}")
    elif any('"' in text for text in texts):
        odd, whole = open_quotations(texts)
        figures.append(f"{odd} of {whole} paragraphs with quotation marks leave one open")
    return "Measured: " + "; ".join(figures) + "."


def held_out(place: re.Match[str]) -> str:
    """The figures of the validation part of the text of a run."""
    model = charlstm.load(place["run"])
    text, share = corpus(model), model.config.val_fraction
    if not share:
        raise SystemExit(f"{place['run']} has held out no part of its text")
    end = len(text) - int(len(text) * share)
    known, there = set(words(text[:end])), words(text[end:])
    figures = [
        f"{model.evaluate(text[end:]).nats_per_char:.2f} nats per character",
        f"{100 * mean(word not in known for word in there):.1f} % of the words are new",
        f"{100 * model.novelty(text[end:]).copied:.0f} % copied",
    ]
    odd, whole = open_quotations([text[end:]])
    if "{" not in text and whole:
        figures.append(f"{odd} of {whole} paragraphs with quotation marks leave one open")
    return f"Held out of {place['run']}: " + "; ".join(figures) + "."


def filled(place: re.Match[str]) -> str:
    """The command with what it writes."""
    command = place["command"]
    print(command, file=sys.stderr)
    output = run(command)
    output += "\n" * (not output.endswith("\n"))
    return f"    {command}\n\n```text\n{output}```\n\n{measured(command)}\n"


def main() -> None:
    """Print the page, filled."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("page", type=Path)
    page = parser.parse_args().page.read_text(encoding="utf-8")
    sys.stdout.write(HELD_OUT.sub(held_out, PLACE.sub(filled, page)))


if __name__ == "__main__":
    main()
