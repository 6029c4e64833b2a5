"""How likely text is to a model: log-likelihoods, scores, minimal pairs, and what it has copied."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from charlstm.api.arguments import (
    listed,
    one_of,
    one_or_several_texts,
    one_text,
    several_texts,
    whole_number,
)
from charlstm.api.loaded import Loaded
from charlstm.errors import ConfigError, CorpusError
from charlstm.store.runs import text_cache
from charlstm.text.unknown import refuse_unseen
from charlstm.text.vocabulary import Ids

if TYPE_CHECKING:  # sampling starts faster without these, so they are imported where they are used
    from charlstm.novelty import Index, Novelty
    from charlstm.pairs.pair import Pair, PairSet
    from charlstm.pairs.scores import ScoreKind
    from charlstm.score import TextScore
    from charlstm.studies.agreement.report import AgreementReport
    from charlstm.studies.cloze import Cloze


Given: TypeAlias = "str | Path | Sequence[str | Path] | Sequence[Pair] | PairSet | None"


class Scoring(Loaded):
    """A model that scores text."""

    def log_likelihood(self, text: str | bytes, prime: str | bytes = "\n") -> float:
        """The log-probability of `text` after `prime`, in nats; unknown characters add nothing."""
        return self.log_likelihoods([one_text("text", text)], prime)[0]

    def log_likelihoods(
        self, texts: str | bytes | Sequence[str | bytes], prime: str | bytes = "\n"
    ) -> list[float]:
        """The `log_likelihood` of each text, or of one; similar lengths run as one batch."""
        from charlstm.likelihood import log_likelihoods  # noqa: PLC0415 - see above

        ids = [self._ids(text) for text in one_or_several_texts("texts", texts)]
        return log_likelihoods(self.predictor, self._start(prime), ids)

    def cloze(self, prime: str, continuations: Sequence[str]) -> "Cloze":
        r"""How likely each of several continuations is after `prime`, which is read as it is.

        A prime that begins with "\n" starts from where `agree`, `evaluate` and a trace start.

        Raises:
            CorpusError: if there are none, one is empty, or one has a character that the model has
                never seen.
        """
        from charlstm.studies.cloze import Cloze  # noqa: PLC0415 - see above

        several = several_texts("continuations", continuations)
        if not several:
            raise CorpusError("there are no continuations; give at least one")
        if not all(several):
            raise CorpusError("a continuation is empty; give at least one character")
        refuse_unseen(self.vocabulary, "".join(several))
        after_newline = bool(self._start(prime)[0] == self._ids("\n")[0])
        scores = self.log_likelihoods(several, prime)
        return Cloze(prime, several, scores, after_newline)

    def agree(
        self,
        pairs: Given = None,
        *,
        score: "ScoreKind" = "sentence",
        per_condition: int = 400,
        seed: int = 1,
        lower: bool = False,
        progress: Callable[[int], object] = lambda _: None,
    ) -> "AgreementReport":
        """How often the right sentence of a minimal pair is likelier than the wrong one.

        `score` is "sentence", or "verb" for the differing word alone. `progress` is called with the
        number of pairs that have newly been scored. `pair_set` explains the other arguments.

        Raises:
            CorpusError: if the pairs cannot be read, or the model knows the characters of none.
        """
        given = self.pair_set(pairs, per_condition, seed, lower=lower)
        return self.agree_beside([], given, score, progress)

    def agree_beside(
        self,
        others: "Sequence[Scoring]",
        pair_set: "PairSet",
        score: "ScoreKind",
        progress: Callable[[int], object],
    ) -> "AgreementReport":
        """The same, on those pairs whose characters the `others` know too.

        Raises:
            CorpusError: if there are none.
        """
        from charlstm.pairs.report import measure  # noqa: PLC0415 - see above
        from charlstm.pairs.scores import SCORE_KINDS  # noqa: PLC0415
        from charlstm.studies.agreement.report import AgreementReport  # noqa: PLC0415

        score = one_of("score", score, SCORE_KINDS)
        beside = [other.vocabulary for other in others]
        report = measure(self.predictor, self.vocabulary, pair_set, score, progress, beside)
        return AgreementReport(
            self.path.parent,
            self.config.seq_length,
            report,
            self.vocabulary.unit,
            self.changes,
        )

    def pair_set(
        self, pairs: Given, per_condition: int = 400, seed: int = 1, *, lower: bool = False
    ) -> "PairSet":
        """Minimal pairs: those of files and folders, or given, or made like the run's corpus.

        So many are made for each condition; `seed` decides which. If no grammar made the corpus,
        they are like those of the bundled one. `lower` puts them in small letters.

        Raises:
            CorpusError: if a file cannot be read, or a folder has no pairs.
            ConfigError: for pairs that are neither pairs nor files.
        """
        from charlstm.pairs.pair import Pair, PairSet  # noqa: PLC0415
        from charlstm.pairs.reading import read_pair_set  # noqa: PLC0415
        from charlstm.studies.agreement.grammar_pairs import (  # noqa: PLC0415
            bundled_grammar_pairs,
            grammar_pairs,
        )

        per_condition = whole_number("per_condition", per_condition, 2)
        seed = whole_number("seed", seed, 0)
        if pairs is None:
            grammar = grammar_pairs(self.config.corpus) or bundled_grammar_pairs()
            given = grammar.default(per_condition, seed)
        elif isinstance(pairs, PairSet):
            given = pairs
        elif isinstance(pairs, str | Path):
            given = read_pair_set(pairs)
        else:
            several = listed("pairs", pairs, "pairs or files")
            made = [pair for pair in several if isinstance(pair, Pair)]
            files = [str(file) for file in several if isinstance(file, str | Path)]
            if len(several) not in (len(made), len(files)):
                raise ConfigError("pairs must be a file, or a list of pairs or of files")
            given = read_pair_set(files) if files else PairSet(made)
        return given.lowered() if lower else given

    def score_each(self, ids: Ids, *, cut: bool = False) -> "list[TextScore]":
        """The score of the ids (N,) of a text, and of a blend also those of its parts.

        With `cut` the text is a part of a longer one, so a byte model may read half a character.
        """
        from charlstm.evaluate import score_ids  # noqa: PLC0415 - see above

        return [score_ids(self.predictor, self.vocabulary, ids, cut=cut)]

    def evaluate(
        self,
        text: str | bytes,
        *,
        dynamic: bool = False,
        dynamic_rate: float | None = None,
        dynamic_decay: float | None = None,
    ) -> "TextScore":
        """The score of a text whose first character follows a newline, with carried state.

        With `dynamic` it is that by weights which follow the text (`charlstm.dynamic`).

        Raises:
            ConfigError: if a setting is out of range, or the weights cannot follow the text.
            CheckpointError: if the checkpoint has no mean squares of gradients.
        """
        settings = {"dynamic_rate": dynamic_rate, "dynamic_decay": dynamic_decay}
        given = {name: value for name, value in settings.items() if value is not None}
        ids = self._ids(text)
        if not dynamic:
            if given:
                raise ConfigError(f"{next(iter(given))} has no effect without dynamic")
            return self.score_each(ids)[0]
        from charlstm.api.moving import dynamic_score  # noqa: PLC0415 - see above
        from charlstm.dynamic import Dynamic  # noqa: PLC0415

        return dynamic_score(self, ids, Dynamic(**given))

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
        from charlstm.training.indexes import index_of  # noqa: PLC0415 - see above
        from charlstm.training.texts import training_text  # noqa: PLC0415

        run = self.path.resolve().parent
        return index_of(training_text(self.checkpoint, run), text_cache(run))
