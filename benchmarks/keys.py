"""How long a key of `charlstm write` takes to be answered, in a text of 10,000 characters.

    python benchmarks/keys.py RUN TEXT

A key changes the text, and then the model says what is likeliest to follow. The times are medians
over some keys, and the longest, in ms. Nothing is drawn on a screen.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import charlstm
from charlstm.sampling import Filters
from charlstm.sampling.session import Session

WAYS: dict[str, dict[str, int]] = {
    "plain": {},
    "--no-repeat 8": {"no_repeat": 8},
    "--avoid-copying 30": {"avoid_copying": 30},
}


def timed(session: Session, action: Callable[[], object]) -> float:
    """How long it takes, in ms, with the guess and the likeliest characters after it."""
    start = perf_counter()
    action()
    _ = session.guess
    session.likeliest(8)
    return 1000 * (perf_counter() - start)


def main() -> None:
    """Press keys."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", help="a run folder or checkpoint")
    parser.add_argument("text", type=Path, help="its training text")
    parser.add_argument("--length", type=int, default=10_000, help="characters of the text")
    args = parser.parse_args()
    model = charlstm.load(args.run)
    text = args.text.read_text(encoding="utf-8")[: args.length]
    heads = ("first look", "a character", "Backspace", "Tab", "Enter", "elsewhere")
    print(f"{'':20}" + "".join(f"{head:>16}" for head in heads))
    for name, options in WAYS.items():
        filters = Filters(**options)  # type: ignore[arg-type]
        session = model.session(text, filters, seed=1)
        draft = session.draft
        places = [len(text) // 3, len(text)] * 10  # the cursor goes to and fro
        times = [
            [timed(session, lambda: None)],
            [timed(session, partial(draft.type, c)) for c in "The cats which saw"],
            [timed(session, draft.back) for _ in range(200)],
            [timed(session, session.write_word) for _ in range(30)],
            [timed(session, session.write_line) for _ in range(30)],
            [timed(session, partial(draft.move, place)) for place in places],
        ]
        cells = [f"{median(each):.1f} ({max(each):.1f})" for each in times]
        print(f"{name:20}" + "".join(f"{cell:>16}" for cell in cells))


if __name__ == "__main__":
    main()
