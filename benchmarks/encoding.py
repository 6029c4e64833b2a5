"""Measures how fast a generated text is encoded, beside `wc -m`, and how much memory it takes."""

import argparse
import os
import random
import subprocess
import tempfile
import time
from pathlib import Path

from charlstm.text.corpus import encode_corpus

SCRIPTS = {  # of each kind of text: (first letter, number of letters, share of the lines)
    "ascii": [("a", 26, 1)],
    "mixed": [
        ("a", 26, 4),
        ("à", 31, 2),
        ("α", 25, 1),
        ("а", 32, 2),
        ("一", 2000, 1),
        ("😀", 60, 1),
    ],
}


def lines(kind: str, seed: int) -> list[bytes]:
    """4096 lines of random words, each line in one script."""
    rng = random.Random(seed)
    text = []
    for _ in range(4096):
        (script,) = rng.choices(SCRIPTS[kind], [share for _, _, share in SCRIPTS[kind]])
        letters = [chr(ord(script[0]) + i) for i in range(script[1])]
        words = ["".join(rng.choices(letters, k=rng.randint(1, 9))) for _ in range(12)]
        text.append((" ".join(words).capitalize() + ".\n").encode())
    return text


def generate(folder: Path, kind: str, megabytes: int, files: int, seed: int) -> list[Path]:
    """Write a text of one kind, in so many files; return their paths."""
    pool, rng = lines(kind, seed), random.Random(seed)
    paths = []
    for i in range(files):
        paths.append(folder / f"{kind}-{i:06}.txt")
        with paths[-1].open("wb") as file:
            while file.tell() < megabytes * 1e6 / files:
                file.writelines(rng.choices(pool, k=10_000 if files == 1 else 1))
    return paths


def private_megabytes() -> float:
    """The memory of this process that is no copy of a file, in MB; NaN where there is no /proc."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return float("nan")
    return int(status.split("RssAnon:")[1].split()[0]) * 1024 / 1e6


def measure(folder: Path, source: Path, paths: list[Path]) -> None:
    """Encode a text twice and count it with `wc -m`; print one row of the table."""
    megabytes = sum(path.stat().st_size for path in paths) / 1e6
    started: dict[str, float] = {}  # when each pass did
    peak, last_look = 0.0, 0.0

    def watch(_done: int, _total: int | None, phase: str) -> None:
        nonlocal peak, last_look
        now = time.perf_counter()
        started.setdefault(phase, now)
        if now - last_look > 0.01:  # looking takes time too
            peak, last_look = max(peak, private_megabytes()), now

    times = []
    for _ in range(2):  # the second time reuses the encoded copy
        start = time.perf_counter()
        corpus = encode_corpus(source, cache=folder / "cache", on_read=watch)
        times.append(time.perf_counter() - start)
        if len(times) == 1:
            vocabulary = started["encoding"] - start
        peak = max(peak, private_megabytes())
    counted = float("nan")
    if len(paths) == 1:
        start = time.perf_counter()
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        subprocess.run(["wc", "-m", str(source)], env=environment, check=True, capture_output=True)
        counted = time.perf_counter() - start
    print(
        f"{megabytes:10,.0f}{len(paths):9,}{corpus.vocabulary.size:7,}{corpus.vocabulary.dtype!s:>8}"
        f"{megabytes / vocabulary:12,.0f}{megabytes / (times[0] - vocabulary):10,.0f}"
        f"{megabytes / times[0]:10,.0f}{megabytes / times[1]:10,.0f}{megabytes / counted:8,.0f}"
        f"{counted / times[0]:8.2f}{peak:14,.0f}"
    )


def main() -> None:
    """Generate each text, measure, delete it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="+", choices=SCRIPTS, default=list(SCRIPTS))
    parser.add_argument("--megabytes", type=int, nargs="+", default=[1, 100])
    parser.add_argument("--files", type=int, default=1, help="spread the text over a folder of N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", help="where to put the text meanwhile (default: temp)")
    args = parser.parse_args()
    print("MB/s of the whole file; ratio: encoding, both passes, against wc -m; peak: private MB")
    print(
        f"{'':6}{'MB':>10}{'files':>9}{'V':>7}{'ids':>8}{'vocabulary':>12}{'encoding':>10}"
        f"{'both':>10}{'reused':>10}{'wc -m':>8}{'ratio':>8}{'peak':>14}"
    )
    for kind in args.kinds:
        for megabytes in args.megabytes:
            with tempfile.TemporaryDirectory(dir=args.folder) as name:
                texts = Path(name, "texts")
                texts.mkdir()
                paths = generate(texts, kind, megabytes, args.files, args.seed)
                print(f"{kind:6}", end="")
                measure(Path(name), paths[0] if args.files == 1 else texts, paths)


if __name__ == "__main__":
    main()
