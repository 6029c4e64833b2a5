"""Best of N: of samples that are drawn side by side, the likeliest per character.

A longer text is less likely, whatever it says. So samples of different lengths are compared by the
mean log-probability of a character, under the model itself, before all steps of the chain.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlstm.sampling.chain import Chain
from charlstm.sampling.chosen import Chosen
from charlstm.sampling.samples import write_all
from charlstm.sampling.scores import means
from charlstm.sampling.source import Source
from charlstm.sampling.stops import Stops
from charlstm.sampling.writer import SampleWriter


def best_of(
    source: Source,
    chain: Chain,
    prime: NDArray[Any],
    seeds: Sequence[int],
    length: int,
    stops: Stops,
    likeliest: int | None = None,
) -> Chosen:
    """The likeliest per character of the samples of these seeds after `prime` (N,).

    The `source` has one column, and has read all of the prime but its last character. A stop counts
    as a part of the sample that it ends. Of equal samples it is the first. `likeliest` is that of
    `SampleWriter`.
    """
    writer = SampleWriter(source.wide(len(seeds)), chain, prime, seeds, likeliest)
    samples = write_all(writer, length, stops)
    scores = means(source, int(prime[-1]), [sample.ids + sample.stop for sample in samples])
    best = int(np.nan_to_num(scores, nan=-np.inf).argmax())
    chosen = Chosen(samples[best], seeds[best])
    chosen.mean, chosen.drawn = float(scores[best]), len(seeds)
    return chosen
