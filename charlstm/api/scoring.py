"""How likely text is to a model: log-likelihoods, scores, minimal pairs, and what it has copied."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from charlstm import evaluate, likelihood
from charlstm.api.loaded import Loaded
from charlstm.errors import CorpusError
from charlstm.store.runs import text_cache
from charlstm.text.shown import names
from charlstm.text.unknown import cure
from charlstm.text.vocabulary import Ids

if TYPE_CHECKING:  # sampling starts faster without these, so they are imported where they are used
    from charlstm.novelty import Index, Novelty
    from charlstm.studies.cloze import Cloze


class Scoring(Loaded):
    """A model that scores text."""

    def log_likelihood(self, text: str | bytes, prime: str | bytes = "\n") -> float:
        """The log-probability of `text` after `prime`, in nats; unknown characters add nothing."""
        return self.log_likelihoods([text], prime)[0]

    def log_likelihoods(
        self, texts: str | bytes | Sequence[str | bytes], prime: str | bytes = "\n"
    ) -> list[float]:
        """The `log_likelihood` of each text, or of one; similar lengths run as one batch."""
        several = [texts] if isinstance(texts, str | bytes) else texts
        ids = [self._ids(text) for text in several]
        return likelihood.log_likelihoods(self.parameters, self._start(prime), ids)

    def cloze(self, prime: str, continuations: Sequence[str]) -> "Cloze":
        """How likely each of several continuations is after `prime`.

        Raises:
            CorpusError: if one is empty, or has a character that the model has never seen.
        """
        from charlstm.studies.cloze import Cloze  # noqa: PLC0415 - see above

        if not all(continuations):
            raise CorpusError("a continuation is empty; give at least one character")
        if unseen := self.vocabulary.unseen("".join(continuations)):
            helped = cure(self.vocabulary, unseen)
            raise CorpusError(
                f"the model has never seen {names(unseen)} and cannot say how likely that is"
                f"{helped}"
            )
        return Cloze(prime, continuations, self.log_likelihoods(continuations, prime))

    def evaluate(self, text: str | bytes) -> evaluate.TextScore:
        """The score of a text whose first character follows a newline, with carried state."""
        return evaluate.score_ids(self.parameters, self.vocabulary, self._ids(text))

    def novelty(self, text: str | bytes) -> "Novelty":
        """How much of `text` stands word for word in the training text.

        Raises:
            CorpusError: if that text and its encoded copy in the runs' cache are both gone.
        """
        return self._index.novelty(self._ids(text), self.parameters.reset_at)

    def validation_ids(self) -> Ids:
        """The ids (N,) of the run's validation text.

        Raises:
            CorpusError: if the run has none, or its text has changed.
        """
        from charlstm.training.texts import read_texts_again  # noqa: PLC0415 - slow to import

        run, cure = self.path.resolve().parent, "name the file to read"
        texts = read_texts_again(self.config, run, self.checkpoint, cure=cure)
        if texts.val is None:
            raise CorpusError("the run has no validation part; name a text to read")
        return texts.val.open()

    @cached_property
    def _index(self) -> "Index":
        from charlstm.training.texts import index_of, training_text  # noqa: PLC0415 - see above

        run = self.path.resolve().parent
        return index_of(training_text(self.checkpoint, run), text_cache(run))
