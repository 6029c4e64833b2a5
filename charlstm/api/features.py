"""Which units carry a feature of the characters of a text."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from charlstm.api.arguments import patterns, several_texts, whole_number
from charlstm.api.measuring import Measuring, Text

if TYPE_CHECKING:  # imported where it is used, so that sampling starts fast
    from charlstm.studies.features.report import FeaturesReport
    from charlstm.studies.features.result import Features
    from charlstm.text.vocabulary import Ids

LENGTH = 1500  # characters of a page


class Featuring(Measuring):
    """A model whose units can be asked for a feature of characters."""

    def features(
        self,
        text: Text | None = None,
        names: Sequence[str] = (),
        define: Mapping[str, str] | None = None,
        *,
        candidates: int = 3,
        controls: int = 30,
        shifts: int = 199,
        seed: int = 1,
        progress: Callable[[int, int], object] = lambda _done, _total: None,
    ) -> "FeaturesReport":
        """The units that carry a feature of characters, such as an open quotation.

        The features are those of the library with these `names`, or all of them, and those that you
        `define`: a regular expression by its name. `candidates` units a feature are ablated, and so
        many random `controls`. `progress` gets the number of units ablated, and of those to ablate.

        Raises:
            CharlstmError: if there is no such feature, it cannot be defined so, the text is too
                short, or it has none of the features often enough.
        """
        from charlstm.studies.features.choice import chosen_features  # noqa: PLC0415
        from charlstm.studies.features.measure import (  # noqa: PLC0415
            FEWEST_CONTROLS,
            FEWEST_SHIFTS,
            MOST_SHIFTS,
            find_features,
        )
        from charlstm.studies.features.passage import passage_of  # noqa: PLC0415
        from charlstm.studies.features.report import FeaturesReport  # noqa: PLC0415

        features = chosen_features(several_texts("names", names), patterns("define", define))
        network = self.parameters, self.vocabulary, self._given(text)
        measured = find_features(
            *network,
            features,
            candidates=whole_number("candidates", candidates, 1),
            controls=whole_number("controls", controls, FEWEST_CONTROLS),
            shifts=whole_number("shifts", shifts, FEWEST_SHIFTS, MOST_SHIFTS),
            seed=whole_number("seed", seed, 0),
            progress=progress,
        )
        passage = passage_of(*network, features, measured)
        page = partial(self._page, network[2][passage.start :], measured)
        return FeaturesReport(measured, self.name, self.vocabulary.unit, passage, page)

    def _page(self, ids: "Ids", measured: "Features") -> bytes:
        """The page that reads the beginning of `ids`, with the names of units."""
        from charlstm.output.page.network import early_limit, page_limit  # noqa: PLC0415
        from charlstm.studies.describe.equations import one_step  # noqa: PLC0415
        from charlstm.studies.inspect.text_page import trace_page  # noqa: PLC0415
        from charlstm.trace import trace_text  # noqa: PLC0415

        some = ids[: min(LENGTH, page_limit(self.parameters))]
        is_bytes = self.vocabulary.tokens == "byte"
        text = self.vocabulary.decode_bytes(some) if is_bytes else self.vocabulary.decode(some)
        return trace_page(
            trace_text(self.parameters, self.vocabulary, text),
            next(iter(measured.names), measured.features[0].best.place),
            f"What {self.name} knows of a text",
            self.read_by(len(some)),
            one_step(self.parameters.cell).written,
            self.on_the_way(early_limit(self.parameters)),
            measured.names,
        )
