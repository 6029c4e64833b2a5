"""The texts of a run: encoded, split for validation, and checked when a run is resumed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from charlstm.checkpoint import Checkpoint, EncodedText
from charlstm.config import Config
from charlstm.errors import CorpusError
from charlstm.novelty import Index
from charlstm.text.corpus import Corpus, ReadProgress, encode_corpus, is_kept
from charlstm.text.slices import TextSlice, split
from charlstm.text.vocabulary import Tokens, Vocabulary
from charlstm.training.defaults import validation_share


@dataclass(frozen=True)
class Texts:
    """What a run reads: the parts to train and validate on, and how they were encoded."""

    train: TextSlice
    val: TextSlice | None
    vocabulary: Vocabulary
    corpus: EncodedText
    val_corpus: EncodedText | None

    @property
    def prime(self) -> int:
        """The id that stands before the validation text: the newline, or the unknown character."""
        return int(self.vocabulary.encode("\n")[0])


def read_texts(
    config: Config,
    cache: Path,
    *,
    old: Checkpoint | None = None,
    extend: bool = False,
    allow_changed: bool = False,
    cure: str = "pass --allow-changed-corpus to go on with the new text",
    on_read: ReadProgress | None = None,
) -> Texts:
    """Encode a config's texts; with `old`, in its vocabulary, which `extend` lets the text enlarge.

    Raises:
        CorpusError: if a text cannot be read or, when a run is resumed (no `extend`) without
            `allow_changed`, is not the one that `old` was trained on; `cure` says what to do.
    """
    vocabulary = old.vocabulary if old else None
    before = None if extend else old

    def encode(
        sources: Sequence[str],
        vocabulary: Vocabulary | None,
        known: EncodedText | None,
        extend: bool,
    ) -> tuple[EncodedText, Vocabulary]:
        if known and vocabulary and "-" in sources:  # standard input is gone: the cache must do
            return _kept(known, vocabulary), vocabulary
        tokens: Tokens = "byte" if config.tokens == "byte" else "char"
        corpus = encode_corpus(
            sources,
            tokens=tokens,
            encoding=config.encoding,
            cache=cache,
            vocabulary=vocabulary,
            extend=extend,
            progress=on_read,
        )
        if known and corpus.digest != known.digest and not allow_changed:
            raise CorpusError(
                f"{', '.join(map(str, sources))} has changed since the run was started; {cure}"
            )
        return _source(corpus), corpus.vocabulary

    corpus, vocabulary = encode(
        config.corpus, vocabulary, before.corpus if before else None, extend and old is not None
    )
    dtype = str(vocabulary.dtype)
    if config.val is not None:
        known = before.val if before else None
        val_corpus, _ = encode((config.val,), vocabulary, known, extend=False)
        train = TextSlice(corpus.path, dtype, 0, corpus.characters)
        val = TextSlice(val_corpus.path, dtype, 0, val_corpus.characters)
        return Texts(train, val, vocabulary, corpus, val_corpus)
    first, last = split(corpus.characters, validation_share(config, corpus.characters))
    train = TextSlice(corpus.path, dtype, first.start, first.stop)
    val_part = (
        TextSlice(corpus.path, dtype, last.start, last.stop) if last.stop > last.start else None
    )
    return Texts(train, val_part, vocabulary, corpus, None)


def training_text(old: Checkpoint, cache: Path) -> TextSlice:
    """What `old` was trained on: its encoded copy if there still is one, else encoded again.

    Raises:
        CorpusError: if there is neither that nor the text itself, unchanged.
    """
    source, dtype = old.corpus, old.vocabulary.dtype
    for path in (cache / Path(source.path).name, Path(source.path)):
        if path.is_file() and path.stat().st_size == source.characters * dtype.itemsize:
            val = 0.0 if old.config.val else validation_share(old.config, source.characters)
            return TextSlice(str(path), str(dtype), 0, split(source.characters, val)[0].stop)
    if "-" in old.config.corpus:
        raise CorpusError(
            "the training text came from standard input and its encoded copy is gone, so nothing "
            "can be compared with it"
        )
    cure = "nothing can be compared with the text of before"
    return read_texts(old.config, cache, old=old, cure=cure).train


def index_of(part: TextSlice, cache: Path) -> Index:
    """The index that finds what a text shares with `part`; a large one is kept in `cache`.

    Raises:
        CorpusError: if it cannot be kept there.
    """
    return Index(part.open(), cache / f"{Path(part.path).stem}-{part.stop}.pieces")


def absolute(name: str) -> str:
    """The name of a text as it holds in any folder; - stays standard input."""
    return name if name == "-" else str(Path(name).resolve())


def _source(corpus: Corpus) -> EncodedText:
    return EncodedText(corpus.digest, str(corpus.path.resolve()), int(corpus.ids.size))


def _kept(source: EncodedText, vocabulary: Vocabulary) -> EncodedText:
    if not is_kept(Path(source.path), source.digest, vocabulary, source.characters):
        raise CorpusError(
            f"the text came from standard input and its encoded copy {source.path!r} is gone or "
            f"damaged; start a new run with --init-from"
        )
    return source
