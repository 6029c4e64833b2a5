"""What a step of the chain is: one change of the logits, with a name."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import DTypeLike, NDArray

from charlstm.sampling.history import History
from charlstm.text.vocabulary import Vocabulary

if TYPE_CHECKING:  # sampling starts faster without it
    from charlstm.copying import Passages


class Context:
    """What a step may need to know of the model."""

    def __init__(
        self, vocabulary: Vocabulary, passages: "Callable[[int], Passages] | None" = None
    ) -> None:
        """`passages` gives the runs of so many symbols that stand in the training text."""
        self.vocabulary, self.passages = vocabulary, passages


class ChainStep:
    """Changes the logits of the next character, in a batch of samples.

    Its own memory is the history: a step looks back `looks_back` characters there, and may keep a
    note of the type `note` beside each character, and a ring of `ring` numbers. A step that
    `forbids` takes characters away whatever their probability is. It may leave none: then the
    sample goes back, and takes another way.
    """

    name: ClassVar[str]
    looks_back: int = 0
    note: ClassVar[DTypeLike | None] = None
    ring: int = 0
    forbids: ClassVar[bool] = False

    def apply(self, logits: NDArray[Any], history: History) -> None:
        """Change the logits (V,) or (B, V) in place; the highest of a sample is 0, −∞ forbids."""
        raise NotImplementedError

    def needs(self, ids: NDArray[Any]) -> int:
        """How many of the last ids (N,) of a prime it must have seen to be as after all of them."""
        del ids
        return self.looks_back

    def wrote(self, history: History) -> None:
        """Write the notes of the last character; this is called after each, the prime's too."""
