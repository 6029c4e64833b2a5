"""From draws to samples: where each of them ends, and what of it is certain meanwhile."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter

if TYPE_CHECKING:  # sampling starts faster without it
    from charlstm.sampling.log_probs import LogProbs


class Written:
    """A sample: its ids, and how likely each was where that is asked for.

    It has `ended` early if the steps left it no further character. So many characters were
    `taken_back` on the way. A `stop` that ended it is no part of it.
    """

    def __init__(
        self,
        ids: list[int],
        log_probs: "list[LogProbs]",
        *,
        ended: bool,
        taken_back: int,
        stop: Sequence[int] = (),
    ) -> None:
        self.ids, self.log_probs, self.ended = ids, log_probs, ended
        self.taken_back, self.stop = taken_back, list(stop)


def write_all(writer: SampleWriter, length: int, stops: Stops) -> list[Written]:
    """Write up to `length` characters of each sample, which ends before the first of the stops."""
    rows: list[list[int]] = []
    scores: list[list[LogProbs]] = []
    ends: dict[int, int] = {}  # where samples have ended
    taken_back = [0] * writer.count  # of each until it ended
    cuts: dict[int, list[int]] = {}  # the stops that ended them
    for row in islice(writer.draws(), length):
        rows.append(row)
        scores.append(writer.log_probs)
        for k in writer.rewritten.keys() - ends.keys():
            characters, taken_back[k] = writer.rewritten[k], writer.taken_back[k]
            for t, (id_, score) in enumerate(characters, len(rows) - len(characters)):
                rows[t][k] = id_
                if score:
                    scores[t][k] = score
        if writer.rewritten or not stops.last.isdisjoint(row):
            for k, id_ in enumerate(row):
                if k not in ends and (id_ in stops.last or k in writer.rewritten):
                    new = len(writer.rewritten.get(k, [id_]))
                    tail = [ids[k] for ids in rows[-stops.longest - new :]]
                    end, cut = _end(tail, new, stops)
                    if cut:
                        ends[k] = len(rows) - end
                        cuts[k] = tail[-end:][:cut]
        for k, end in writer.ended.items():
            ends.setdefault(k, end)
        if len(ends) == writer.count:
            break
    return [
        Written(
            [ids[k] for ids in rows[: ends.get(k)]],
            [parts[k] for parts in scores[: ends.get(k)] if parts],
            ended=writer.ended.get(k, -1) == ends.get(k),
            taken_back=taken_back[k],
            stop=cuts.get(k, []),
        )
        for k in range(writer.count)
    ]


def _end(ids: list[int], new: int, stops: Stops) -> tuple[int, int]:
    """The first stop that the last `new` ids complete: its begin from their end, and its length."""
    for left in range(new - 1, -1, -1):
        cut = stops.complete(ids[: len(ids) - left])
        if cut:
            return left + cut, cut
    return 0, 0


def stream(writer: SampleWriter, length: int, stops: Stops) -> Iterator[list[int]]:
    """Write one sample as `write_all` does, and yield its ids as soon as they are certain.

    What may be taken back, and what may be the beginning of a stop, waits for more text.
    """
    draws = islice(writer.draws(), length)
    if not stops.longest and not writer.reach:
        yield from draws
        return
    waiting: list[int] = []
    for ids in draws:
        if writer.ended:
            break
        new = [id_ for id_, _ in writer.rewritten.get(0, [])] or ids
        waiting[len(waiting) - len(new) + 1 :] = new
        end, _ = _end(waiting, len(new), stops)
        if end:
            waiting = waiting[:-end]
            break
        certain = len(waiting) - max(writer.reach, stops.begun(waiting))
        if certain > 0:
            yield waiting[:certain]
            waiting = waiting[certain:]
    if waiting:
        yield waiting
