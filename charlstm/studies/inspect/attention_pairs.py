"""What a model looks at when it decides the verb of a minimal pair, and whether it needs that.

The step that decides is the one that predicts the first character in which the right and the wrong
form differ. A noun is the word that ends at the pair's `subject_end` or `attractor_end`, and the
character after it, since only the output after that has seen that the word is over.

To hide outputs, their weights are set to zero and the others divided by what is left, in each head
or in one. Attention stands outside the recurrence, so what a step looks at changes no other step:
to hide outputs from the steps of the verb is the same as to hide them from all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from charlstm.errors import CorpusError
from charlstm.nn import Array
from charlstm.nn.loss import cross_entropy
from charlstm.nn.parameters import Parameters
from charlstm.nn.recording import Recording, record
from charlstm.pairs.pair import Pair
from charlstm.pairs.scores import scored_parts
from charlstm.text.slices import batches_by_length
from charlstm.text.vocabulary import Vocabulary

BATCH = 32  # pairs read at a time


@dataclass(frozen=True)
class Look:
    """What the step that decides the verb of a pair looks at.

    `subject` and `attractor` are shares of its weight, that of one head or the mean of all; an
    attractor is None where the pair names none. `subject_by_head` has the subject's of each head.
    `subject_chance` and `attractor_chance` are the noun's outputs ÷ those that the step sees.
    The log-odds are those of the right form against the wrong one, in nats: as they are, with the
    subject's outputs hidden, and with as many random others hidden.
    """

    pair: Pair
    subject: float
    subject_by_head: Sequence[float]
    subject_chance: float
    attractor: float | None
    attractor_chance: float | None
    log_odds: float
    log_odds_without_subject: float
    log_odds_without_random: float

    @property
    def right(self) -> bool:
        """Whether the right form is likelier."""
        return self.log_odds > 0.0

    @property
    def without_subject(self) -> bool:
        """The same with the subject's outputs hidden."""
        return self.log_odds_without_subject > 0.0

    @property
    def without_random(self) -> bool:
        """The same with as many random others hidden."""
        return self.log_odds_without_random > 0.0


@dataclass(frozen=True)
class _Task:
    """A pair as ids after a newline, good and bad, whose steps from `verb` on predict the form.

    `decides` is the step that decides; the nouns and the random places are steps too.
    """

    pair: Pair
    ids: tuple[NDArray[np.intp], NDArray[np.intp]]
    verb: int
    decides: int
    subject: Sequence[int]
    attractor: Sequence[int]
    random: Sequence[int]


def look_at_pairs(
    parameters: Parameters,
    vocabulary: Vocabulary,
    pairs: Sequence[Pair],
    *,
    seed: int = 1,
    head: int | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> list[Look]:
    """What is looked at in each of the pairs that have a `subject_end`, in their order.

    `seed` decides the random places. Shares are of `head`, and outputs are hidden from it alone;
    None are all. `progress` gets the number of pairs since the last call.

    Raises:
        CorpusError: if no pair has a `subject_end`.
    """
    named = [pair for pair in pairs if pair.subject_end is not None]
    if not named:
        raise CorpusError(
            "no pair says where its subject ends; add subject_end, the number of characters up to "
            "there, to each line"
        )
    rng, reach = Random(seed), parameters.architecture.attention  # noqa: S311
    heads = slice(None) if head is None else slice(head, head + 1)
    tasks = [_task(vocabulary, pair, reach, rng) for pair in named]
    looks: dict[int, Look] = {}
    for batch in batches_by_length([task.ids[0].size for task in tasks], BATCH):
        rows = [row for n in batch for row in tasks[n].ids]
        padded = np.full(
            (max(row.size for row in rows), len(rows)), parameters.vocabulary_size, np.intp
        )
        for column, row in enumerate(rows):
            padded[: row.size, column] = row
        recording = record(parameters, padded[:-1])
        for k, n in enumerate(batch):
            looks[n] = _look(parameters, recording, tasks[n], 2 * k, heads)
        progress(len(batch))
    return [looks[n] for n in range(len(tasks))]


def _task(vocabulary: Vocabulary, pair: Pair, reach: int, rng: Random) -> _Task:
    text = pair.sentence_good
    before, *forms = scored_parts(pair, "verb")
    good, bad = (vocabulary.encode(f"\n{before}{form}").astype(np.intp) for form in forms)
    decides = next(k for k, (a, b) in enumerate(zip(good, bad, strict=False)) if a != b) - 1
    seen = range(max(0, decides - reach), decides)

    def noun(end: int | None) -> list[int]:
        """The steps that read a noun and the character after it, of those that are seen."""
        if end is None:
            return []
        start = text.rfind(" ", 0, end) + 1
        first, last = (vocabulary.encode(f"\n{text[:k]}").size for k in (start, end + 1))
        return [step for step in range(first, last) if step in seen]

    subject = noun(pair.subject_end)
    others = [step for step in seen if step not in subject]
    return _Task(
        pair,
        (good, bad),
        vocabulary.encode(f"\n{before}").size - 1,
        decides,
        subject,
        noun(pair.attractor_end),
        rng.sample(others, min(len(subject), len(others))),
    )


def _look(
    parameters: Parameters, recording: Recording, task: _Task, column: int, heads: slice
) -> Look:
    """The look of the task whose good text is in this column, and its bad text in the next."""
    p = recording.attention[task.decides, column]  # (R, M)
    seen = min(p.shape[1], task.decides)

    def by_head(noun: Sequence[int]) -> Array:
        shares: Array = p[:, [task.decides - 1 - step for step in noun]].sum(axis=1)
        return shares

    def share(noun: Sequence[int]) -> float:
        return float(by_head(noun)[heads].mean())

    def log_odds(hidden: Sequence[int]) -> float:
        good, bad = (
            _log_likelihood(parameters, recording, ids, task.verb, column + k, hidden, heads)
            for k, ids in enumerate(task.ids)
        )
        return good - bad

    has_attractor = task.pair.attractor_end is not None
    return Look(
        pair=task.pair,
        subject=share(task.subject),
        subject_by_head=by_head(task.subject).tolist(),
        subject_chance=len(task.subject) / seen,
        attractor=share(task.attractor) if has_attractor else None,
        attractor_chance=len(task.attractor) / seen if has_attractor else None,
        log_odds=log_odds(()),
        log_odds_without_subject=log_odds(task.subject),
        log_odds_without_random=log_odds(task.random),
    )


def _log_likelihood(
    parameters: Parameters,
    recording: Recording,
    ids: NDArray[np.intp],
    verb: int,
    column: int,
    hidden: Sequence[int],
    blind: slice,
) -> float:
    """The log-likelihood of `ids` from step `verb` on, with outputs `hidden` from `blind` heads."""
    steps = range(verb, ids.size - 1)
    h = recording.states[-1]["h"][: ids.size - 1, :, column]
    heads = np.stack([_by_step(recording.attention[t, column], t, len(h)) for t in steps], axis=1)
    heads[blind, :, list(hidden)] = 0.0
    left = heads.sum(axis=2, keepdims=True)
    heads = np.divide(heads, left, out=np.zeros_like(heads), where=left > 0.0)
    picked = zip(heads, np.split(h, len(heads), axis=1), strict=True)
    u = np.concatenate([p @ units for p, units in picked], axis=1)
    z = h[verb:] + parameters.by_name["attention.v"][:, 0] * u
    logits = parameters.by_name["W_y"] @ z.T + parameters.by_name["b_y"]
    return -float(cross_entropy(logits.astype(np.float64), ids[verb + 1 :]).sum())


def _by_step(p: Array, t: int, count: int) -> Array:
    """The weights (R, M) of step t, given by distance, over all `count` steps (R, count)."""
    seen = min(p.shape[1], t)
    weights = np.zeros((len(p), count), p.dtype)
    weights[:, t - seen : t] = p[:, :seen][:, ::-1]
    return weights
