"""Python's way in: train a model, load one, let it write, and score text with it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from charlstm import checkpoint, evaluate
from charlstm.config import Config
from charlstm.errors import CorpusError
from charlstm.nn import Array
from charlstm.nn.parameters import Parameters
from charlstm.sampler import Filters, Stopper, Text, generate
from charlstm.store.runs import checkpoint_path, find_run, text_cache
from charlstm.text.vocabulary import Vocabulary

if TYPE_CHECKING:  # imported when first needed, as sampling starts quicker without
    from charlstm.novelty import Index, Novelty


class Model:
    """A trained model with its vocabulary and settings.

    `network` holds the weights, `network.params` by name; `path` is the checkpoint.
    """

    def __init__(self, saved: checkpoint.Checkpoint, path: Path) -> None:
        self.parameters: Parameters = checkpoint.parameters_of(saved, path)
        self.vocabulary: Vocabulary = saved.vocabulary
        self.config: Config = saved.config
        self.checkpoint = replace(saved, arrays={})
        self.path = path

    def sample(
        self,
        prime: str | bytes = "",
        *,
        length: int = 500,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
        stop: Sequence[str] = (),
        seed: int | None = None,
    ) -> Iterator[str]:
        """Up to `length` characters after `prime`, one by one; a newline stands before no prime.

        `stop` are texts before which the sample ends. The same seed gives the same text; None is
        a new one each time. `Filters` says what the rest means. A byte model's bytes come as
        characters U+0000 to U+00FF; see `sample_bytes`.

        Raises:
            ConfigError: for a value out of range.
        """
        filters = Filters(temperature, top_k, top_p, min_p)
        seed = SystemRandom().getrandbits(32) if seed is None else seed
        if self.vocabulary.tokens == "byte":
            pieces = self.sample_bytes(prime, length, filters, seed, [s.encode() for s in stop])
            return (piece.decode("latin-1") for piece in pieces)
        characters = self.vocabulary.characters
        return _shown(
            (characters[ids[0]] for ids in self._draw(prime, length, filters, [seed])),
            Stopper(stop, ""),
        )

    def sample_bytes(
        self,
        prime: str | bytes,
        length: int,
        filters: Filters,
        seed: int,
        stop: Sequence[bytes] = (),
    ) -> Iterator[bytes]:
        """What `sample` writes, as a byte model's bytes or in UTF-8."""
        encode = self.vocabulary.decode_bytes
        drawn = self._draw(prime, length, filters, [seed])
        return _shown((encode(ids[:1]) for ids in drawn), Stopper(stop, b""))

    def samples(
        self,
        prime: str | bytes,
        length: int,
        filters: Filters,
        seeds: Sequence[int],
        stop: Sequence[bytes] = (),
    ) -> list[bytes]:
        """One sample for each seed, run as one batch, as bytes or in UTF-8."""
        drawn = list(self._draw(prime, length, filters, seeds))
        texts = []
        for k in range(len(seeds)):
            written = self.vocabulary.decode_bytes([ids[k] for ids in drawn])
            stopper = Stopper(stop, b"")
            text = stopper.feed(written)
            texts.append(text if stopper.stopped else text + stopper.rest())
        return texts

    def _draw(
        self, prime: str | bytes, length: int, filters: Filters, seeds: Sequence[int]
    ) -> Iterator[list[int]]:
        return generate(self.parameters, self._ids(prime or "\n"), length, filters, seeds)

    def log_likelihood(self, text: str | bytes, prime: str | bytes = "\n") -> float:
        """The log-probability of `text` after `prime` in nats, summed over its characters.

        Characters that the model does not know are read as unknown and add nothing.
        """
        return self.log_likelihoods([text], prime)[0]

    def log_likelihoods(
        self, texts: Sequence[str | bytes], prime: str | bytes = "\n"
    ) -> list[float]:
        """`log_likelihood` of many texts, run in batches of similar length."""
        ids = [self._ids(text) for text in texts]
        return evaluate.log_likelihoods(self.parameters, self._ids(prime or "\n"), ids)

    def evaluate(self, text: str | bytes) -> evaluate.Score:
        """The score of a text whose first character follows a newline, with carried state."""
        return evaluate.score_text(self.parameters, self._ids(text), int(self._ids("\n")[0]))

    def novelty(self, text: str | bytes) -> "Novelty":
        """How much of `text` stands word for word in the text that the model was trained on.

        Raises:
            CorpusError: if that is gone, and its encoded copy in the cache of the runs as well.
        """
        return self._index.novelty(self._ids(text))

    def validation_ids(self) -> NDArray[Any]:
        """The ids (N,) of the text that the run validates on.

        Raises:
            CorpusError: if the run has no such text, or it has changed.
        """
        from charlstm.training.texts import read_texts_again  # noqa: PLC0415 - slow to import

        cache = text_cache(self.path.resolve().parent)
        texts = read_texts_again(self.config, cache, self.checkpoint, cure="name another text")
        if texts.val is None:
            raise CorpusError("the run has no validation part; name a text")
        return texts.val.open()

    @cached_property
    def _index(self) -> "Index":
        from charlstm.training.texts import index_of, training_text  # noqa: PLC0415

        cache = text_cache(self.path.resolve().parent)
        return index_of(training_text(self.checkpoint, cache), cache)

    def _ids(self, text: str | bytes) -> Array:
        return self.vocabulary.encode(text)


def load(run: str | Path | None = None, *, root: Path = Path("runs")) -> Model:
    """The model of a run folder or checkpoint; None is the newest run under `root`.

    Of a run folder it is the checkpoint that was best on the validation text, else the last one.

    Raises:
        RunError: if there is no such run.
        CheckpointError: if the checkpoint cannot be used.
    """
    path = checkpoint_path(find_run(run, root))
    return Model(checkpoint.load(path, weights_only=True), path)


def train(
    corpus: str | Path | Sequence[str | Path],
    *,
    root: str | Path = "runs",
    watch: Callable[[Any], object] = lambda _: None,
    **settings: Any,
) -> Model:
    """Train on text files or folders and return the model that validated best.

    `settings` are those of a config file (`hidden_size=256`, `max_minutes=5`, …). `watch` is
    called with every event of the run (`charlstm.training.events`). Run folders are made under
    `root`.

    Raises:
        CharlstmError: as `charlstm.training.fit.fit`.
    """
    from charlstm.config import from_mapping  # noqa: PLC0415
    from charlstm.nn.cells import cell_options  # noqa: PLC0415 - loading a model needs no training
    from charlstm.training.events import Finished  # noqa: PLC0415
    from charlstm.training.fit import fit  # noqa: PLC0415

    names = [corpus] if isinstance(corpus, str | Path) else corpus
    given = {k: str(v) if isinstance(v, Path) else v for k, v in settings.items()}
    config = from_mapping({**given, "corpus": [str(name) for name in names]}, cell_options())
    for event in fit(config, root=Path(root)):
        watch(event)
        if isinstance(event, Finished):
            return load(event.run)
    raise AssertionError("a run ends with Finished")


def _shown(pieces: Iterator[Text], stopper: Stopper[Text]) -> Iterator[Text]:
    for piece in pieces:
        shown = stopper.feed(piece)
        if shown:
            yield shown
        if stopper.stopped:
            return
    held = stopper.rest()
    if held:
        yield held
