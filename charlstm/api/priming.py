"""Primes that have been read once, so that samples go on from them at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from charlstm.api.arguments import one_text
from charlstm.api.loaded import Loaded
from charlstm.sampling.source import ALL, NetworkSource, Source
from charlstm.text.vocabulary import Ids

if TYPE_CHECKING:  # imported where it is used, so that sampling starts fast
    from charlstm.sampling.primed import Primed, Reader

Prime: TypeAlias = "str | bytes | Primed"


class Priming(Loaded):
    """A model that reads a prime, and goes on from one that it has read."""

    def state_after(self, prime: str | bytes, state: "Primed | None" = None) -> "Primed":
        """What is left of a prime that has been read; or, after a `state`, of both together.

        It takes the place of the prime in `sample` and its like. `save` writes it to a file.

        Raises:
            CheckpointError: if the state is of other weights.
        """
        from charlstm.sampling import primed  # noqa: PLC0415 - see above

        readers = self.readers()
        if state is None:
            return primed.after_prime(self.source(), readers, self._start(prime))
        primed.check_readers(state, readers)
        return primed.after_prime(self.source(), readers, self._ids(prime, "prime"), state)

    def load_state(self, path: str | Path) -> "Primed":
        """The state that `Primed.save` or `--save-state` has written.

        Raises:
            CheckpointError: if the file is damaged, or of other weights.
        """
        from charlstm.sampling import primed  # noqa: PLC0415 - see above

        return primed.load(path, self.source(), self.readers(), self.vocabulary.unknown)

    def source(self) -> Source:
        """The distributions of the model, for one sample that has read nothing."""
        return NetworkSource(self.predictor)

    def readers(self) -> "list[Reader]":
        """The networks of the model, by which a state is known."""
        from charlstm.sampling.primed import reader_of  # noqa: PLC0415 - see above

        return [reader_of(str(self.path), self.parameters, self.vocabulary)]

    def begun(self, prime: Prime) -> tuple[Source, Ids]:
        """The ids of a prime, and a source that has read all of them but the last.

        Raises:
            CheckpointError: if the prime is a state of other weights.
        """
        source = self.source()
        if isinstance(prime, str | bytes):
            start = self._start(prime)
            source.read(start[:-1])
            return source, start
        from charlstm.sampling.primed import Primed, check_readers  # noqa: PLC0415 - see above

        given: Any = prime
        if not isinstance(given, Primed):
            one_text("prime", given)  # refuses it
        check_readers(prime, self.readers())
        source.put(ALL, prime.state)
        return source, prime.ids
