"""The training text of a model, as far as it is needed to avoid copies of it."""

from typing import TYPE_CHECKING

from charlstm.api.priming import Priming
from charlstm.errors import CorpusError

if TYPE_CHECKING:  # sampling starts faster without it
    from charlstm.copying import Passages
    from charlstm.text.slices import TextSlice
    from charlstm.text.vocabulary import Vocabulary


class Avoiding(Priming):
    """A model that knows the runs of its training text."""

    _passages: "Passages | None" = None

    def passages(self, n: int) -> "Passages":
        """The runs of `n` characters of the training text, blanks folded.

        Raises:
            CorpusError: if there are none so long, or that text and its encoded copy are both gone.
        """
        from charlstm.training.indexes import passages_in  # noqa: PLC0415 - sampling starts faster so

        if self._passages is None or self._passages.n != n:
            texts, wall = self._training_texts(), self.predictor.reset_at
            self._passages = passages_in(texts, self.vocabulary, n, wall)
        if not self._passages.entries.size:
            raise CorpusError(
                f"no {'line' if self.config.lines else 'part'} of the training text has {n:,} "
                f"{self.vocabulary.unit}s, blanks folded, so none can be copied; choose fewer"
            )
        return self._passages

    def _training_texts(self) -> "list[tuple[TextSlice, Vocabulary]]":
        """The text that the model was trained on, in the ids of this vocabulary."""
        from charlstm.training.texts import training_text  # noqa: PLC0415 - see above

        text = training_text(self.checkpoint, self.path.resolve().parent)
        return [(text, self.vocabulary)]
