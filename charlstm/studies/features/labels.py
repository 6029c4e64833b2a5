"""A feature's values and needs at the ids of a text; what is too rare is left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charlstm.studies.features.characters.marking import Feature, Marking
from charlstm.studies.features.halves import Halves
from charlstm.text.vocabulary import Vocabulary, code_points

RARE = 20  # places at which a flag must be True, and False, in each half
FEW = 20  # characters that need a feature, for ablation to say something


@dataclass(frozen=True)
class Labels:
    """A feature's values at the kept places of both halves.

    They are flags, or counts. `needs` are the places in the second half of the characters that need
    the feature; None if no character does.
    """

    feature: Feature
    chosen: NDArray[Any]
    reported: NDArray[Any]
    needs: NDArray[np.intp] | None

    @property
    def counts(self) -> bool:
        """Whether the values are counts, not flags."""
        return self.chosen.dtype != np.bool_

    @property
    def mean(self) -> float:
        """The mean count, or the share of characters for which it holds, over both halves."""
        return float(np.concatenate([self.chosen, self.reported]).mean())


class LeftOut(NamedTuple):
    """A feature that is not measured, and why."""

    name: str
    why: str


def labels_of(
    features: Sequence[Feature], vocabulary: Vocabulary, ids: NDArray[Any], halves: Halves
) -> tuple[list[Labels], list[LeftOut]]:
    """The labels of features that occur often enough, and the others."""
    labels, left_out = [], []
    for feature, (values, needs) in zip(features, markings(features, vocabulary, ids), strict=True):
        chosen, reported = values[halves.chosen], values[halves.reported]
        why = _why_not(values, chosen, reported)
        if why:
            left_out.append(LeftOut(feature.name, why))
            continue
        places = None if needs is None else np.flatnonzero(needs[halves.middle :]) + halves.middle
        labels.append(Labels(feature, chosen, reported, places))
    return labels, left_out


def markings(
    features: Sequence[Feature], vocabulary: Vocabulary, ids: NDArray[Any]
) -> Iterator[Marking]:
    """Each feature's values and needs at all ids (N,)."""
    text, sizes = _text_of(vocabulary, ids)
    for feature in features:
        yield _at_ids(feature.mark(text), sizes)


def _text_of(vocabulary: Vocabulary, ids: NDArray[Any]) -> tuple[str, NDArray[np.intp] | None]:
    """The text of ids, and of bytes how many each character has."""
    if vocabulary.tokens == "char":
        return vocabulary.decode(ids), None
    text = vocabulary.decode_bytes(ids).decode("utf-8", errors="surrogateescape")
    codes = code_points(text)
    sizes = 1 + (codes > 0x7F).astype(np.intp) + (codes > 0x7FF) + (codes > 0xFFFF)
    sizes[(codes >= 0xDC80) & (codes <= 0xDCFF)] = 1  # a byte that is no UTF-8
    return text, sizes


def _at_ids(marking: Marking, sizes: NDArray[np.intp] | None) -> Marking:
    """The marking of characters as one of bytes: a value holds after a character's last byte."""
    if sizes is None:
        return marking
    values, needs = marking
    earlier = np.concatenate([np.zeros(1, values.dtype), values[:-1]])
    spread = np.repeat(earlier, sizes)
    spread[np.cumsum(sizes) - 1] = values
    return Marking(spread, None if needs is None else np.repeat(needs, sizes))


def _why_not(values: NDArray[Any], *halves: NDArray[Any]) -> str:
    """Why a feature cannot be measured, "" if it can."""
    if values.dtype != np.bool_:
        usual = [half != np.bincount(half).argmax() for half in halves]
        if not (values != values[0]).any():
            return f"is always {values[0]}"
        return _rare(usual, "is nearly always the same: it differs")
    if not values.any():
        return "never occurs"
    if values.all():
        return "always holds"
    return _rare(halves, "occurs too rarely:") or _rare(
        [~half for half in halves], "holds nearly always, but"
    )


def _rare(halves: Sequence[NDArray[np.bool_]], words: str) -> str:
    least = min(int(half.sum()) for half in halves)
    return f"{words} at {least:,} places in one half of the text" if least < RARE else ""
