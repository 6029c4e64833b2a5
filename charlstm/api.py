"""The Python interface: train a model or load one, sample from it, and score text with it."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import numpy as np

from charlstm import checkpoint, evaluate, likelihood
from charlstm.config import Config
from charlstm.errors import CorpusError
from charlstm.nn.parameters import Parameters
from charlstm.sampler import Filters, Stopper, generate, listed
from charlstm.store.runs import checkpoint_path, find_run, text_cache
from charlstm.text.vocabulary import Ids, Vocabulary

if TYPE_CHECKING:  # sampling starts faster without these, so they are imported where they are used
    from charlstm.novelty import Index, Novelty
    from charlstm.training.events import Event


class Model:
    """A trained model with its vocabulary and settings.

    `parameters` holds the weights (by name in `parameters.by_name`), `vocabulary` the characters,
    `config` the settings of the run, `checkpoint` the header of the checkpoint file `path`.
    """

    def __init__(self, saved: checkpoint.Checkpoint, path: Path) -> None:
        self.parameters: Parameters = checkpoint.parameters_of(saved, path)
        self.vocabulary: Vocabulary = saved.vocabulary
        self.config: Config = saved.config
        self.checkpoint = replace(saved, arrays={})
        self.path = path

    @property
    def name(self) -> str:
        """The name of the folder that holds the checkpoint."""
        return self.path.resolve().parent.name

    @property
    def network(self) -> Parameters:
        """The old name of `parameters`. It is deprecated: the next release removes it."""
        warnings.warn(
            "Model.network is now called Model.parameters; the next release removes the old name",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.parameters

    def sample(
        self,
        prime: str | bytes = "",
        *,
        length: int = 500,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
        stop: str | Sequence[str] | None = None,
        seed: int | None = None,
    ) -> Iterator[str]:
        """Write up to `length` characters after `prime`, and yield them one by one.

        An empty prime stands for a newline. The sample ends before the first of the texts `stop`; a
        str is one text. None is the end of the line in a run with `lines`, else no text.
        The same seed gives the same text; None draws a new seed each time. `Filters` explains the
        other arguments. A byte model yields each byte as a character from U+0000 to U+00FF;
        `sample_bytes` yields bytes.

        Raises:
            ConfigError: if a value is out of range.
        """
        filters = Filters(temperature, top_k, top_p, min_p)
        seed = SystemRandom().getrandbits(32) if seed is None else seed
        stop = "\n" * self.config.lines if stop is None else stop
        if self.vocabulary.tokens == "byte":
            stops = [text.encode("utf-8", "surrogateescape") for text in listed(stop)]
            pieces = self.sample_bytes(prime, length, filters, seed, stops)
            return (piece.decode("latin-1") for piece in pieces)
        characters = self.vocabulary.characters
        drawn = self._draw(prime, length, filters, [seed])
        return Stopper(stop, "").passed(characters[ids[0]] for ids in drawn)

    def sample_bytes(
        self,
        prime: str | bytes,
        length: int,
        filters: Filters,
        seed: int,
        stop: bytes | Sequence[bytes] = (),
    ) -> Iterator[bytes]:
        """Write as `sample` does, but yield bytes: those of a byte model, or UTF-8."""
        decode = self.vocabulary.decode_bytes
        drawn = self._draw(prime, length, filters, [seed])
        return Stopper(stop, b"").passed(decode(ids[:1]) for ids in drawn)

    def samples(
        self,
        prime: str | bytes,
        length: int,
        filters: Filters,
        seeds: Sequence[int],
        stop: bytes | Sequence[bytes] = (),
    ) -> list[bytes]:
        """Write one sample for each seed, all in one batch, as `sample_bytes` would write it."""
        drawn = list(self._draw(prime, length, filters, seeds))
        decode = self.vocabulary.decode_bytes
        texts = [decode([ids[k] for ids in drawn]) for k in range(len(seeds))]
        return [b"".join(Stopper(stop, b"").passed([text])) for text in texts]

    def _draw(
        self, prime: str | bytes, length: int, filters: Filters, seeds: Sequence[int]
    ) -> Iterator[list[int]]:
        return generate(self.parameters, self._start(prime), length, filters, seeds)

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

    def _ids(self, text: str | bytes) -> Ids:
        return self.vocabulary.encode(text)

    def _start(self, prime: str | bytes) -> Ids:
        """The ids of a prime. A newline stands for none, and begins it in a run of lines."""
        newline = [self._ids("\n")] * (self.config.lines or not prime)
        return np.concatenate([*newline, self._ids(prime)])


def load(run: str | Path | None = None, *, root: Path = Path("runs")) -> Model:
    """Load the model of a run folder or a checkpoint file; None takes the newest run in `root`.

    From a run folder this loads the checkpoint with the best validation loss, or else the last one.

    Raises:
        RunError: if there is no such run.
        CheckpointError: if the checkpoint cannot be used.
    """
    path = checkpoint_path(find_run(run, root))
    return Model(checkpoint.load(path, weights_only=True), path)


def train(
    corpus: str | Path | Sequence[str | Path] = (),
    *,
    resume: str | Path | None = None,
    init_from: str | Path | None = None,
    allow_changed_corpus: bool = False,
    root: str | Path = "runs",
    watch: Callable[["Event"], object] = lambda _: None,
    **settings: Any,
) -> Model:
    """Train on text files or folders, and return the model with the best validation loss.

    `settings` are those of a config file (`hidden_size=256`, `max_minutes=5`, …). `resume` names a
    run to go on with, which has its own settings and corpus, `init_from` one whose weights a new
    run starts from. `watch` is called with each event (`charlstm.training.events`). Runs are found
    and made under `root`.

    Raises:
        CharlstmError: as `charlstm.training.fit.fit`, and for settings that have no effect.
    """
    from charlstm.training.events import Finished  # noqa: PLC0415 - sampling needs no training
    from charlstm.training.fit import fit  # noqa: PLC0415
    from charlstm.training.settings import settings_of  # noqa: PLC0415

    given = {**settings, **({"corpus": corpus} if corpus else {})}
    runs = {"resume": resume, "init_from": init_from}
    way: dict[str, Any] = {k: find_run(v, Path(root)) for k, v in runs.items() if v is not None}
    way["allow_changed_corpus"] = allow_changed_corpus
    for event in fit(settings_of(given, **way), root=Path(root), **way):
        watch(event)
        if isinstance(event, Finished):
            return load(event.run)
    raise AssertionError("a run ends with Finished")
