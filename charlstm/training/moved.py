"""Texts that are not where a run found them: their encoded copies, and what the user can type."""

from dataclasses import replace
from pathlib import Path

from charlstm.checkpoint import EncodedText
from charlstm.config import Config
from charlstm.hints import command
from charlstm.store.runs import text_cache
from charlstm.text.cache import is_cached
from charlstm.text.vocabulary import Vocabulary


def kept(text: EncodedText, vocabulary: Vocabulary, run: Path) -> EncodedText | None:
    """The encoded text in the cache beside the run, or where it was made, if it is intact."""
    caches = (text_cache(run), text_cache(run.resolve()), Path(text.path).parent)
    for path in (cache / Path(text.path).name for cache in caches):
        if is_cached(path, text.digest, vocabulary, text.characters):
            return replace(text, path=str(path.resolve()))
    return None


def is_gone(source: str) -> bool:
    """Whether a file or folder is not there any more."""
    return source != "-" and not Path(source).exists()


def going_on(config: Config, run: Path) -> str:
    """How to go on with a run whose texts are not where they were."""
    names = [Path(name).name if is_gone(name) else name for name in config.corpus]
    words = (names if len(names) < 6 else ["FOLDER"]) if any(map(is_gone, config.corpus)) else []
    if config.val and is_gone(config.val):
        words += ["--val", Path(config.val).name]
    return f"if it has moved, say where it is: {command('train', *words, '--resume', run)}"
