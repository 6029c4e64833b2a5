"""What can be seen inside a model: the trace of a text, why a character, one step's arithmetic."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from charlstm.api.arguments import one_text, whole_number
from charlstm.api.loaded import Loaded

if TYPE_CHECKING:  # imported where they are used, so that sampling starts fast
    from charlstm.studies.inspect.step import StepArithmetic
    from charlstm.studies.inspect.text import TextView
    from charlstm.studies.inspect.why import Why
    from charlstm.trace import Trace


class Inspecting(Loaded):
    """A model that can be looked into. Every text is read after a newline from zero state."""

    def trace(self, text: str | bytes) -> "Trace":
        """All gates, states and expectations, character by character.

        Raises:
            CorpusError: if the text is empty.
        """
        from charlstm.trace import trace_text  # noqa: PLC0415

        return trace_text(self.parameters, self.vocabulary, one_text("text", text))

    def view(self, text: str | bytes, *units: tuple[int, int], guesses: int = 3) -> "TextView":
        """The text coloured by the memory of these units, or else of the two most salient ones.

        Raises:
            CharlstmError: if the text is empty, or a unit is not there.
        """
        from charlstm.nn.units import checked_unit  # noqa: PLC0415
        from charlstm.studies.describe.equations import one_step  # noqa: PLC0415
        from charlstm.studies.inspect.salience import salient_units  # noqa: PLC0415
        from charlstm.studies.inspect.text import TextView  # noqa: PLC0415
        from charlstm.trace import TOP  # noqa: PLC0415

        guesses = whole_number("guesses", guesses, 0, TOP)
        chosen = [checked_unit(self.parameters.architecture, unit) for unit in units]
        trace = self.trace(text)
        top = len(trace.memory) - 1
        chosen = chosen or [(top, unit) for unit in salient_units(trace.memory[top], 2)]
        written, about = one_step(self.parameters.cell).written, self.read_by(len(trace.symbols))
        return TextView(trace, chosen, guesses, self.name, written, about, self.on_the_way)

    def step(self, text: str | bytes, at: int, unit: tuple[int, int]) -> "StepArithmetic":
        """The arithmetic of a unit's step that reads character `at` of the text, counted from 0.

        Raises:
            CharlstmError: if the text has no such character, or the model no such unit.
        """
        from charlstm.nn.units import checked_unit  # noqa: PLC0415
        from charlstm.studies.describe.equations import one_step  # noqa: PLC0415
        from charlstm.studies.inspect.step import step_arithmetic  # noqa: PLC0415
        from charlstm.trace import check_place  # noqa: PLC0415

        at, N = whole_number("at", at), len(self._ids(text))
        check_place(at, N, self.vocabulary.unit)
        unit = checked_unit(self.parameters.architecture, unit)
        step = one_step(self.parameters.cell)
        return step_arithmetic(
            self.parameters, self.vocabulary, text, at, unit, step.graph, step.written, self.name
        )

    def why(
        self,
        prime: str | bytes,
        continuation: str | bytes,
        against: str | bytes | None = None,
        *,
        progress: Callable[[int], object] = lambda _: None,
    ) -> "Why":
        """What speaks for a continuation of `prime`, or for it and against another one.

        `progress` is called with the number of characters that have newly been left out.

        Raises:
            CorpusError: if a text is empty, a continuation has a character that the model does not
                know, or one continuation is the beginning of the other.
        """
        from charlstm.studies.inspect.why import why  # noqa: PLC0415

        return why(
            self.parameters,
            self.vocabulary,
            one_text("prime", prime),
            one_text("continuation", continuation),
            None if against is None else one_text("against", against),
            run=self.name,
            progress=progress,
        )
