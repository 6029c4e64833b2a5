"""What can be measured inside a model: its gates, units, gradients, and what it looks back at."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from charlstm.api.arguments import factors, one_of, one_text, places, several_texts, whole_number
from charlstm.api.scoring import Given, Scoring
from charlstm.text.vocabulary import Ids

if TYPE_CHECKING:  # imported where they are used, so that sampling starts fast
    from charlstm.pairs.pair import Pair
    from charlstm.studies.inspect.attention import AttentionView
    from charlstm.studies.inspect.attention_report import AttentionReport
    from charlstm.studies.inspect.gates_report import GatesReport
    from charlstm.studies.inspect.gradients_report import GradientsReport
    from charlstm.studies.inspect.units_report import UnitsReport

Text = str | bytes | Ids


class Measuring(Scoring):
    """A model that can be measured.

    A `text` may be a text or its ids (N,), and None is the run's own validation text. `pairs` may
    be a file or a list, and None are those of `charlstm agree`. `progress` is called with the
    number of steps newly done.
    """

    def gates(self, text: Text | None = None, *, fresh: bool = False) -> "GatesReport":
        """How often each gate is open or shut, how large c becomes, and how much of it is kept.

        With `fresh` also what the network kept before training.

        Raises:
            CharlstmError: if the cell has no gates, or there is no text.
        """
        from charlstm.nn.variants import untrained  # noqa: PLC0415
        from charlstm.studies.inspect.gates import measure_gates, sigmoid_gates  # noqa: PLC0415
        from charlstm.studies.inspect.gates_report import GatesReport  # noqa: PLC0415

        sigmoid_gates(self.parameters.cell)  # refuses a cell without gates before a text is read
        ids, alphabet = self._given(text), self.vocabulary.alphabet
        gates = measure_gates(self.parameters, ids, alphabet)
        network = untrained(self.parameters, self.config.seed) if fresh else None
        before = measure_gates(network, ids, alphabet) if network else None
        return GatesReport(gates, self.name, unit=self.vocabulary.unit, before=before)

    def units(
        self,
        feature: str = "number",
        pairs: Given = None,
        *,
        unit: tuple[int, int] | None = None,
        per_condition: int = 40,
        candidates: int = 10,
        controls: int = 30,
        long: int = 20,
        seed: int = 1,
        progress: Callable[[int], object] = lambda _: None,
    ) -> "UnitsReport":
        """The units that carry the subject's "number" to the verb, or its "gender" to the pronoun.

        The `candidates` most separable units are ablated, and so many random `controls`. A way of
        more than `long` characters is long. Conditions with fewer than five items of both readings
        are left out. The time courses are of `unit`, or of the best one.

        Raises:
            CharlstmError: if no condition shows the feature in five items over a long way, or the
                unit is not there.
        """
        from charlstm.nn.units import checked_unit  # noqa: PLC0415
        from charlstm.pairs.scores import left_out_of, readable  # noqa: PLC0415
        from charlstm.studies.inspect.spans import (  # noqa: PLC0415
            READINGS,
            spans_of,
            with_enough_items,
        )
        from charlstm.studies.inspect.unit_courses import unit_courses  # noqa: PLC0415
        from charlstm.studies.inspect.units import FEWEST_CONTROLS, find_units  # noqa: PLC0415
        from charlstm.studies.inspect.units_report import UnitsReport  # noqa: PLC0415

        feature = one_of("feature", feature, tuple(READINGS))
        candidates = whole_number("candidates", candidates, 1)
        controls = whole_number("controls", controls, FEWEST_CONTROLS)
        long = whole_number("long", long, 0)
        chosen = None if unit is None else checked_unit(self.parameters.architecture, unit)
        pair_set = self.pair_set(pairs, per_condition, seed)
        known = readable(self.vocabulary, pair_set.pairs)[0]
        span_set = with_enough_items(spans_of(known, feature))
        network = self.parameters, self.vocabulary, span_set.spans
        units = find_units(
            *network,
            candidates=candidates,
            controls=controls,
            long=long,
            seed=seed,
            progress=progress,
        )
        place = chosen or (units.best.layer, units.best.unit)
        courses, missing = unit_courses(*network, units, place, long)
        not_used = left_out_of(pair_set, known) | dict(span_set.left_out)
        return UnitsReport(units, courses, feature, self.name, missing, not_used)

    def gradients(
        self,
        text: Text | None = None,
        pairs: Given = None,
        *,
        fresh: bool = False,
        cells: Sequence[str] = (),
        gains: Sequence[float] = (),
        steps: int = 100,
        samples: int = 32,
        name: str | None = None,
    ) -> "GradientsReport":
        """The gradient of a loss up to `steps` back, in this network and in fresh ones.

        The losses are along a text, or at the verbs of pairs; with neither at the verbs if the
        run's corpus is made by the grammar. `fresh` adds the same network before training, `cells`
        fresh networks of these cells, and each gain the same with its weights on h times so much.
        `name` is what the report calls this network.

        Raises:
            CharlstmError: if the text is too short, or there is no such cell.
        """
        from charlstm.nn.variants import untrained  # noqa: PLC0415
        from charlstm.store.metrics import read_numbers  # noqa: PLC0415
        from charlstm.studies.agreement.grammar_pairs import grammar_pairs  # noqa: PLC0415
        from charlstm.studies.inspect import gradients  # noqa: PLC0415
        from charlstm.studies.inspect.gradients_report import GradientsReport  # noqa: PLC0415
        from charlstm.studies.inspect.spans import spans_of  # noqa: PLC0415

        steps = whole_number("steps", steps, 2, 2000)
        samples = whole_number("samples", samples, 1, 512)
        cells, gains = several_texts("cells", cells), factors("gains", gains, 1000)
        unit, name = self.vocabulary.unit, name or self.name
        if pairs is not None or (text is None and grammar_pairs(self.config.corpus)):
            spans = spans_of(self._readable(pairs, gradients.PAIRS)).spans
            losses = gradients.losses_at_verbs(self.vocabulary, spans, steps, samples)
        else:
            losses = gradients.losses_along(self._given(text), steps, samples, unit)
        networks = {name: self.parameters}
        for cell in dict.fromkeys([*[""] * fresh, *cells]):
            network = untrained(self.parameters, self.config.seed, cell)
            networks[f"{name}, fresh {network.cell.name}"] = network
        reaches = {
            (label, gain): gradients.reach(network, losses, steps, gain)
            for label, network in networks.items()
            for gain in dict.fromkeys((1.0, *gains))
        }
        rows = read_numbers(self.path.parent / "metrics.csv")
        clipped = {name: gradients.clipping(rows, self.config.clip_norm)}
        return GradientsReport(reaches, clipped, losses.place, f"{unit}s")

    def attention(
        self, text: str | bytes, at: Sequence[int] = (), head: int | None = None
    ) -> "AttentionView":
        """What the steps that predict the characters `at`, or all, look back at in a text.

        It is that of one head, or the mean of all.

        Raises:
            CharlstmError: if the model has no attention or no such head, or the text no such place.
        """
        from charlstm.studies.inspect.attention import AttentionView  # noqa: PLC0415
        from charlstm.studies.inspect.heads import require_attention, require_head  # noqa: PLC0415
        from charlstm.trace import trace_text  # noqa: PLC0415

        at, head = places("at", at), None if head is None else whole_number("head", head)
        require_attention(self.parameters.architecture, self.name)
        require_head(self.parameters.architecture, self.name, head)
        trace = trace_text(self.parameters, self.vocabulary, one_text("text", text))
        for place in at:
            trace.check_place(place)
        return AttentionView(trace, at, self.name, self.read_by(len(trace.symbols)), head)

    def attention_in_pairs(
        self,
        pairs: Given = None,
        *,
        head: int | None = None,
        per_condition: int = 400,
        seed: int = 1,
        progress: Callable[[int], object] = lambda _: None,
    ) -> "AttentionReport":
        """Where the weight lies when the verb is decided, and what is right without the subject.

        `pairs` without `subject_end` are left out.

        Raises:
            CharlstmError: if the model has no attention or no such head, or no pair `subject_end`.
        """
        from charlstm.studies.inspect.attention_pairs import look_at_pairs  # noqa: PLC0415
        from charlstm.studies.inspect.attention_report import AttentionReport  # noqa: PLC0415
        from charlstm.studies.inspect.heads import require_attention, require_head  # noqa: PLC0415

        head = None if head is None else whole_number("head", head)
        shape = self.parameters.architecture
        require_attention(shape, self.name)
        require_head(shape, self.name, head)
        given = self._readable(pairs, per_condition, seed)
        looks = look_at_pairs(
            self.parameters, self.vocabulary, given, seed=seed, head=head, progress=progress
        )
        return AttentionReport(looks, self.name, shape.attention, shape.attention_heads, head)

    def _given(self, text: Text | None) -> Ids:
        if text is None:
            return self.validation_ids()
        return text if isinstance(text, np.ndarray) else self._ids(text)

    def _readable(self, pairs: Given, per_condition: int, seed: int = 1) -> "list[Pair]":
        """The pairs that the model can read."""
        from charlstm.pairs.scores import readable  # noqa: PLC0415

        given = self.pair_set(pairs, per_condition, seed).pairs
        return readable(self.vocabulary, given)[0]
