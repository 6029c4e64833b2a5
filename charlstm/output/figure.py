"""Figures of results with matplotlib: how one is begun and how it is written."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from charlstm.errors import CharlstmError
from charlstm.hints import install
from charlstm.store.target import target_file

if TYPE_CHECKING:  # only a command that draws imports it
    from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe & Ito 2008
PICTURES = (".png", ".svg")  # endings


def require_matplotlib() -> None:
    """Find out early whether pictures can be drawn.

    Raises:
        CharlstmError: if matplotlib is missing; it says how to get it.
    """
    try:
        import matplotlib as mpl  # noqa: F401, PLC0415 - optional
    except ImportError as error:
        raise CharlstmError(
            f"a picture needs matplotlib: {install('plot')}, or save as .csv"
        ) from error


@contextmanager
def style() -> Iterator[None]:
    """Plain axes, and the same bytes for the same picture."""
    import matplotlib as mpl  # noqa: PLC0415

    settings: dict[Any, Any] = {
        "font.size": 9.0,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.25,
        "legend.frameon": False,
        "savefig.dpi": 150,
        "text.parse_math": False,
        "text.usetex": False,  # which a file of the current folder may ask for, and runs programs
        "svg.fonttype": "none",
        "svg.hashsalt": "charlstm",
    }
    with mpl.rc_context(settings):
        yield


@contextmanager
def drawing(
    width: float, height: float, layout: Literal["constrained"] | None = "constrained"
) -> Iterator["Figure"]:
    """An empty figure of `width` by `height` inches, in the style of `style` while it is drawn.

    Raises:
        CharlstmError: if matplotlib is missing.
    """
    require_matplotlib()
    from matplotlib.figure import Figure  # noqa: PLC0415 - optional and slow

    with style():
        yield Figure(figsize=(width, height), layout=layout)


def write_figure(path: Path, figure: "Figure", *, force: bool = False) -> None:
    """Write a figure as .png or .svg, by the ending of `path`.

    Raises:
        OutputError: if it may not or cannot be written; an old file then stays.
    """
    ending = path.suffix.lower()
    metadata = {"Date": None} if ending == ".svg" else {"Software": "charlstm"}
    picture = io.BytesIO()
    with style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # a name in another script
        figure.savefig(picture, format=ending[1:], metadata=metadata)
    with target_file(path, force=force) as file:
        file.write(picture.getvalue())
