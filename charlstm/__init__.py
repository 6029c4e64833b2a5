"""charlstm: a character-level LSTM text generator in pure NumPy.

>>> import charlstm
>>> model = charlstm.train("corpus.txt", max_minutes=1)   # doctest: +SKIP
>>> "".join(model.sample("The cats", length=40, seed=1))  # doctest: +SKIP
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["Model", "__version__", "compare_agreement", "load", "train"]

if TYPE_CHECKING:
    from charlstm.api import Model, compare_agreement, load, train
else:  # unseen by type checkers, which would take any name for one of this package

    def __getattr__(name: str) -> object:
        """Import the API on its first use, so that `charlstm --help` needs no NumPy."""
        if name in ("Model", "compare_agreement", "load", "train"):
            from charlstm import api  # noqa: PLC0415

            return getattr(api, name)
        raise AttributeError(f"module 'charlstm' has no attribute {name!r}")

    def __dir__() -> list[str]:
        return __all__
