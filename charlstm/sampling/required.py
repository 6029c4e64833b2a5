"""The texts that must occur, checked: a text that cannot occur is refused before the work."""

from collections.abc import Sequence

from charlstm.errors import ConfigError, CorpusError
from charlstm.sampling.chosen import Chosen
from charlstm.sampling.stops import Stops
from charlstm.text.shown import names, quoted
from charlstm.text.unknown import cure
from charlstm.text.vocabulary import Vocabulary


def required(
    vocabulary: Vocabulary, texts: Sequence[str | bytes], length: int, stops: Stops
) -> list[list[int]]:
    """The ids of each of the texts, for samples of up to `length` characters with these stops.

    Raises:
        ConfigError: if a text is empty, too long, or has a stop in it.
        CorpusError: if it has characters that the model never writes.
    """
    return [_checked(vocabulary, text, length, stops) for text in texts]


def lacking(texts: Sequence[str | bytes], samples: Sequence[Chosen]) -> str:
    """In one line, what samples lack of the texts that must occur; "" if it is nothing."""
    short = [sample for sample in samples if sample.missing]
    if not short:
        return ""
    missing = dict.fromkeys(k for sample in short for k in sample.missing)
    which = (
        f"{len(short):,} of {len(samples):,} samples lack" if len(samples) > 1 else "no sample has"
    )
    drawn = f"of {short[0].drawn:,} none has all the texts"
    return (
        f"{which} {', '.join(_shown(texts[k]) for k in missing)}: {drawn}, and no place was found"
    )


def _shown(text: str | bytes) -> str:
    return quoted(text if isinstance(text, str) else text.decode("utf-8", "replace"))


def _checked(vocabulary: Vocabulary, text: str | bytes, length: int, stops: Stops) -> list[int]:
    ids: list[int] = vocabulary.encode(text).tolist()
    shown = _shown(text)
    if not ids:
        raise ConfigError(
            "the text that must occur is empty; every sample has it, so leave it out."
        )
    if unseen := vocabulary.unseen(text):
        raise CorpusError(
            f"no sample has {shown}: the model never writes {names(unseen)}"
            f"{cure(vocabulary, unseen)}"
        )
    if len(ids) > length:
        raise ConfigError(
            f"no sample of {length:,} {vocabulary.unit}s has {shown}, which is longer: it has "
            f"{len(ids):,}."
        )
    for end in range(1, len(ids) + 1):
        if cut := stops.complete(ids[:end]):
            stop = quoted(vocabulary.decode(ids[end - cut : end]))
            raise ConfigError(f"no sample has {shown}: it would end before the stop {stop} in it.")
    return ids
