"""The texts of a run: encoded, cut for validation, and checked when a run is resumed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from charlstm.checkpoint import Checkpoint, EncodedText
from charlstm.config import Config
from charlstm.errors import CorpusError
from charlstm.store.runs import text_cache
from charlstm.text.corpus import Corpus, ReadProgress, encode_corpus
from charlstm.text.lengths import Scale, scale
from charlstm.text.line_corpus import lines_in_order
from charlstm.text.lines import split_lines
from charlstm.text.slices import TextSlice, split
from charlstm.text.sources import is_pipe
from charlstm.text.unknown import new_words, nothing_known, unknown_words
from charlstm.text.vocabulary import Tokens, Vocabulary
from charlstm.training.defaults import validation_fraction
from charlstm.training.moved import going_on, is_gone, kept


@dataclass(frozen=True)
class Texts:
    """What a run reads: the slices to train and validate on, and the encoded texts."""

    train: TextSlice
    val: TextSlice | None
    vocabulary: Vocabulary
    corpus: EncodedText
    val_corpus: EncodedText | None  # if the validation text is a text of its own
    notes: Sequence[str] = ()  # for the user, on what the texts hold

    @property
    def prime(self) -> int:
        """The id that precedes the validation text: the newline, or the unknown character."""
        return int(self.vocabulary.encode("\n")[0])

    @property
    def val_scale(self) -> Scale | None:
        """The scale of losses of the validation text; it reads the text once."""
        return scale(self.vocabulary, self.val.open()) if self.val else None


def read_texts(
    config: Config,
    cache: Path,
    *,
    vocabulary: Vocabulary | None = None,
    on_read: ReadProgress | None = None,
) -> Texts:
    """Encode the texts of a new run. A given vocabulary gets the further characters of the corpus.

    Raises:
        CorpusError: if a text cannot be read, or nothing of it can be scored.
    """
    corpus = _encode(config, config.corpus, cache, vocabulary, on_read, extend=bool(vocabulary))
    val, notes = None, new_words(vocabulary, corpus.vocabulary)
    notes_of_files = [*corpus.notes]
    if config.val is not None:
        encoded = _encode(config, (config.val,), cache, corpus.vocabulary, on_read)
        val = _described(encoded)
        notes += _on_unknown((config.val,), encoded)
        notes_of_files += encoded.notes
    texts = _texts(config, corpus.vocabulary, _described(corpus), val, notes)
    return replace(texts, notes=notes_of_files + notes)


def read_texts_again(
    config: Config,
    run: Path,
    old: Checkpoint,
    *,
    allow_changed: bool = False,
    cure: str = "",
    on_read: ReadProgress | None = None,
) -> Texts:
    """Encode the texts of the run of `old`, whose folder is `run`, again in its vocabulary.

    Standard input comes once, so its encoded copy is taken.

    Raises:
        CorpusError: if a text cannot be read, has changed (without `allow_changed`), or if nothing
            of it can be scored. `cure` says what to do, without it how to go on with the run.
    """
    notes: list[str] = []

    def again(sources: Sequence[str], before: EncodedText | None) -> EncodedText:
        gone = next(filter(is_gone, sources), None)
        if before and "-" in sources:
            if copy := kept(before, old.vocabulary, run):
                return copy
            raise CorpusError(
                f"the text came from standard input and its encoded copy {before.path!r} is gone "
                "or damaged; start a new run with --init-from"
            )
        if gone:
            where = cure or going_on(config, run)
            raise CorpusError(f"cannot read {gone}: No such file or directory; {where}")
        corpus = _encode(config, sources, text_cache(run), old.vocabulary, on_read)
        if before and corpus.digest != before.digest and not allow_changed:
            was = old.config.corpus if before is old.corpus else (old.config.val,)
            what = "has changed since the run was started"
            if tuple(sources) != was:
                what = f"is not the text of the run, which is {', '.join(map(str, was))}"
            raise CorpusError(
                f"{', '.join(map(str, sources))} {what}; "
                f"{cure or 'pass --allow-changed-corpus to go on with the new text'}"
            )
        notes.extend(_on_unknown(sources, corpus))
        return _described(corpus)

    corpus = again(config.corpus, old.corpus)
    val = again((config.val,), old.val) if config.val is not None else None
    return _texts(config, old.vocabulary, corpus, val, notes)


def training_text(old: Checkpoint, run: Path) -> TextSlice:
    """The training text of `old`: its encoded copy if it still exists, else encoded again.

    Raises:
        CorpusError: if there is neither that nor the text itself, unchanged.
    """
    if copy := kept(old.corpus, old.vocabulary, run):
        return _cut(old.config, old.vocabulary, copy)[0]
    if "-" in old.config.corpus:
        raise CorpusError(
            "the training text came from standard input and its encoded copy is gone, so nothing "
            "can be compared with it"
        )
    cure = "nothing can be compared with the text of before"
    return read_texts_again(old.config, run, old, cure=cure).train


def absolute(name: str) -> str:
    """The path of a text from any folder; any pipe is standard input under another name."""
    return "-" if is_pipe(name) else str(Path(name).resolve())


def _encode(
    config: Config,
    sources: Sequence[str],
    cache: Path,
    vocabulary: Vocabulary | None,
    on_read: ReadProgress | None,
    *,
    extend: bool = False,
) -> Corpus:
    tokens: Tokens = "byte" if config.tokens == "byte" else "char"
    corpus = encode_corpus(
        sources,
        tokens=tokens,
        encoding=config.encoding,
        lines=config.lines,
        cache=cache,
        vocabulary=vocabulary,
        extend=extend,
        on_read=on_read,
    )
    return lines_in_order(corpus, config.seed) if config.lines else corpus


def _described(corpus: Corpus) -> EncodedText:
    return EncodedText(corpus.digest, str(corpus.path.resolve()), int(corpus.ids.size))


def _on_unknown(sources: Sequence[str], corpus: Corpus) -> list[str]:
    """A note on the characters that the vocabulary does not know, if there are any."""
    if not corpus.unseen:
        return []
    words = unknown_words(corpus.vocabulary, corpus.unseen, corpus.ids)
    return [f"{', '.join(sources)}: {words}"]


def _texts(
    config: Config,
    vocabulary: Vocabulary,
    corpus: EncodedText,
    val: EncodedText | None,
    notes: Sequence[str],
) -> Texts:
    """The texts of a run, which validates on `val` or else on the last part of `corpus`."""
    train, val_slice = _cut(config, vocabulary, corpus)
    if val:
        val_slice = _slice(vocabulary, val, slice(0, val.characters))
    for name, part in (("training", train), ("validation", val_slice)):
        if notes and part.size and nothing_known(vocabulary, part.open()):
            raise CorpusError(
                f"the model knows no character of the {name} text, so nothing can be scored; "
                f"name another text. {notes[-1]}"
            )
    return Texts(train, val_slice if val_slice.size else None, vocabulary, corpus, val, notes)


def _cut(config: Config, vocabulary: Vocabulary, text: EncodedText) -> tuple[TextSlice, TextSlice]:
    """The part of a corpus to train on, and the last part, which may be empty, to validate on."""
    size = text.characters
    fraction = 0.0 if config.val else validation_fraction(config, size)
    first, last = split(size, fraction)
    if config.lines:
        ids = _slice(vocabulary, text, slice(0, size)).open()
        cut = split_lines(ids, int(vocabulary.encode("\n")[0]), fraction)
        first, last = slice(0, cut), slice(cut, size)
    return _slice(vocabulary, text, first), _slice(vocabulary, text, last)


def _slice(vocabulary: Vocabulary, text: EncodedText, part: slice) -> TextSlice:
    return TextSlice(text.path, str(vocabulary.dtype), part.start, part.stop, text.characters)
