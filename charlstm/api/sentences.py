"""What a model expects in sentences: the surprisal of their parts, and test suites of them."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from charlstm.api.arguments import listed, one_of, several_texts, shown, whole_number
from charlstm.api.loaded import Loaded
from charlstm.errors import ConfigError, CorpusError

if TYPE_CHECKING:  # imported where they are used, so that sampling starts fast
    from charlstm.studies.suite.files import Suite
    from charlstm.studies.suite.report import SuiteReport
    from charlstm.studies.surprisal import Base, SurprisalTable
    from charlstm.text.parts import By

HALF = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")  # of a character; the rest are single bytes


class Sentences(Loaded):
    """A model that reads sentences, each after a newline from zero state."""

    def surprisal(
        self,
        sentences: str | Sequence[str],
        by: "By" = "word",
        *,
        base: "Base" = 2,
        closing_blank: bool = True,
        first: int = 1,
    ) -> "SurprisalTable":
        """The surprisal of each character, word or region of sentences, or of one.

        A sentence is read after a newline from zero state, and the newline that ends it counts.
        `by` is "char", "word" or "region". Tabs mark regions: a blank joins two, and the model does
        not read the tab. For characters and words they do so if the model does not know the tab.
        With `closing_blank` a word has the blank after it, else the one before it. `base` is 2 for
        bits, "e" for nats. `first` is the number of the first sentence in the table.

        Raises:
            CorpusError: if a sentence has a line break or half a surrogate pair in it.
            ConfigError: for another `by`, `base` or `first`, or what are no sentences.
        """
        from charlstm.studies.surprisal import BASES, SurprisalTable  # noqa: PLC0415
        from charlstm.surprisal import surprisals  # noqa: PLC0415
        from charlstm.text.parts import BETWEEN, By, cut  # noqa: PLC0415

        by = one_of("by", by, get_args(By))
        base = BASES[one_of("base", str(base), tuple(BASES))]
        first = whole_number("first", first, 1)
        several = several_texts(
            "sentences", [sentences] if isinstance(sentences, str) else sentences
        )
        for number, sentence in enumerate(several, first):
            if "\n" in sentence:
                raise CorpusError(f"sentence {number} has a line break in it; give it as two")
            if HALF.search(sentence):
                raise CorpusError(f"sentence {number} has half a surrogate pair in it")
        how = {"closing_blank": closing_blank, "tabs_mark": bool(self.vocabulary.unseen(BETWEEN))}
        cuts = [cut(sentence, by, **how) for sentence in several]
        texts = [parts.sentence for parts in cuts]
        values = surprisals(self.parameters, self.vocabulary, self._start("\n"), texts)
        return SurprisalTable(cuts, values, by, base, first)

    def suites(
        self,
        suites: "str | Path | Sequence[str | Path | Suite]",
        *,
        lower: bool = False,
        progress: Callable[[int], object] = lambda _: None,
    ) -> "SuiteReport":
        """For how many items of test suites of SyntaxGym, or of one, each prediction holds.

        A suite is a file, or has been read. `lower` puts it in small letters. `progress` is called
        with the number of sentences that have newly been read.

        Raises:
            CorpusError: if a suite cannot be read, or the model knows the characters of no item.
            ConfigError: for what is neither a suite nor the name of a file.
        """
        from charlstm.studies.suite.files import Suite, read_suite  # noqa: PLC0415
        from charlstm.studies.suite.measure import score_suite  # noqa: PLC0415
        from charlstm.studies.suite.report import SuiteReport  # noqa: PLC0415

        several = [suites] if isinstance(suites, str | Path | Suite) else suites
        several = listed("suites", several, "suites or files")
        for suite in several:
            if not isinstance(suite, str | Path | Suite):
                raise ConfigError(f"suites must be suites or files; {shown(suite)} is neither")
        read = [suite if isinstance(suite, Suite) else read_suite(suite) for suite in several]
        network = self.parameters, self.vocabulary, self._start("\n")
        scores = [
            score_suite(*network, suite.lowered() if lower else suite, progress) for suite in read
        ]
        return SuiteReport(self.path.parent, scores, self.changes)
