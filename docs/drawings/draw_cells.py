"""Writes the drawings of the pages in docs/: python docs/drawings/draw_cells.py [FOLDER]."""

import sys
from collections.abc import Callable
from pathlib import Path

import attention
import hadamard
import legend

from charlstm.output.drawing import cells, gated
from charlstm.output.drawing.sketch import Sketch
from charlstm.output.drawing.svg import svg

DRAWINGS: dict[str, Callable[[], Sketch]] = {
    "rnn": cells.rnn,
    "lstm": cells.lstm,
    "peephole": cells.peephole,
    "coupled": cells.coupled,
    "gru": gated.gru,
    "gru-after": gated.gru_after,
    "attention": attention.attention,
    "hadamard": hadamard.hadamard,
    "legend": legend.legend,
}


def main(folder: Path) -> None:
    """Write every drawing to `folder`."""
    for name, sketch in DRAWINGS.items():
        (folder / f"{name}.svg").write_text(svg(sketch()), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
