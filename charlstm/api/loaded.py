"""A model in memory: its weights, vocabulary and settings, and copies of it that are changed."""

import math
import warnings
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np

from charlstm import checkpoint
from charlstm.api.arguments import number, one_text
from charlstm.config import Config
from charlstm.errors import ConfigError
from charlstm.nn.ablation import ablated
from charlstm.nn.hold import held
from charlstm.nn.parameters import Parameters
from charlstm.nn.predictors import Predictor
from charlstm.nn.units import checked_unit, unit_name
from charlstm.store.runs import early_checkpoints
from charlstm.text.vocabulary import Ids, Vocabulary

Unit = tuple[int, int]  # (layer, unit), both from 0


class Loaded:
    """A trained model with its vocabulary and settings.

    `parameters` holds the weights (by name in `parameters.by_name`), `vocabulary` the characters,
    `config` the settings of the run, `checkpoint` the header of the checkpoint file `path`.
    `changes` says in words how a copy differs from the model of the file.
    """

    def __init__(self, saved: checkpoint.Checkpoint, path: Path) -> None:
        self.parameters: Parameters = checkpoint.parameters_of(saved, path)
        self.vocabulary: Vocabulary = saved.vocabulary
        self.config: Config = saved.config
        self.checkpoint = replace(saved, arrays={})
        self.path = path
        self.changes: tuple[str, ...] = ()

    @property
    def predictor(self) -> Predictor:
        """What says how likely each next character is: the parameters of one network, or more."""
        return self.parameters

    @property
    def name(self) -> str:
        """The name of the folder that holds the checkpoint, and how this copy differs."""
        return ", ".join([self.path.resolve().parent.name, *self.changes])

    def read_by(self, count: int) -> str:
        """The words about a page: so many characters, read by this model."""
        shape = self.parameters.architecture
        return (
            f"{count:,} {self.vocabulary.unit}s read by {self.name}: {shape.cell}, "
            f"{shape.num_layers} × {shape.hidden_size} units{shape.looks_back}"
        )

    def __repr__(self) -> str:
        from charlstm.output.terminal import table  # noqa: PLC0415 - sampling starts faster so

        return "\n".join([f"Model {self.name}", *table(self._facts())])

    def _repr_html_(self) -> str:
        from charlstm.output.result import table_html  # noqa: PLC0415 - as above

        return table_html(("model", self.name), self._facts())

    def _facts(self) -> list[tuple[str, str]]:
        """What a reader wants to know first, each with its name."""
        config, progress, unit = self.config, self.checkpoint.progress, self.vocabulary.unit
        batch, loss = f"{config.batch_size}×{config.seq_length}", "none"
        if (nats := progress.last_val) is not None:
            loss = f"{nats:.4f} nats/{config.tokens} ({nats / math.log(2):.4f} bits)"
            loss += ", before the changes" * bool(self.changes)
        settings = "lr", "dropout", "memory_penalty", "seed"
        return [
            ("network", str(self.parameters.architecture)),
            ("parameters", f"{self.parameters.num_parameters:,}"),
            ("vocabulary", f"{self.vocabulary.size:,} {unit}s"),
            ("reads", "lines, each from zero state" if config.lines else "one text"),
            ("training", f"{progress.update:,} updates of {batch} {unit}s"),
            ("settings", ", ".join(f"{name} {getattr(config, name):g}" for name in settings)),
            ("validation", loss),
        ]

    @property
    def network(self) -> Parameters:
        """The old name of `parameters`. It is deprecated: the next release removes it."""
        warnings.warn(
            "Model.network is now called Model.parameters; the next release removes the old name",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.parameters

    def ablate(self, *units: Unit) -> Self:
        """A copy in which nothing reads these units, each (layer, unit), any more.

        `charlstm.nn.ablation.ablated` says which weights become zero.

        Raises:
            CharlstmError: if there is no such unit.
        """
        units = tuple(checked_unit(self.parameters.architecture, unit) for unit in units)
        names = tuple(f"without {unit_name(unit)}" for unit in units)
        return self._changed(ablated(self.parameters, *units), *names)

    def hold(self, unit: Unit, **gates: float) -> Self:
        """A copy in which gates of a unit have the same value at every step: `f=0.0`.

        Raises:
            CharlstmError: if there is no such unit or gate, no gate is named, or it cannot have the
                value.
        """
        unit = checked_unit(self.parameters.architecture, unit)
        if not gates:
            raise ConfigError(
                "no gate is named; name one with its value, such as hold(unit, f=0.0)"
            )
        values = {gate: number(f"the value of {gate}", value) for gate, value in gates.items()}
        parameters = held(self.parameters, *unit, values)
        names = tuple(f"{unit_name(unit)}:{gate} = {value:g}" for gate, value in values.items())
        return self._changed(parameters, *names)

    def on_the_way(self, most: int) -> list[tuple[int, Parameters]]:
        """The weights that the run left on its way to these, and these, each with its update.

        The first comes first. Of more than `most` before these, it takes such that lie evenly among
        them. A changed copy has none before it.

        Raises:
            CheckpointError: if a checkpoint cannot be used.
        """
        own, earlier = self.checkpoint.progress.update, []
        left = {} if self.changes or not most else early_checkpoints(self.path.parent)
        before = [path for update, path in left.items() if update < own]
        count = min(most, len(before))
        for k in range(count):
            path = before[round(k * (len(before) - 1) / max(1, count - 1))]
            saved = checkpoint.load(path, weights_only=True)
            if self._is_kin(saved):
                earlier.append((saved.progress.update, checkpoint.parameters_of(saved, path)))
        return [*earlier, (own, self.parameters)]

    def _is_kin(self, saved: checkpoint.Checkpoint) -> bool:
        """Whether a checkpoint has the shape and the characters of this model."""
        shape = checkpoint.architecture_of(saved.config), saved.config.lines
        same = shape == (self.parameters.architecture, self.config.lines)
        return same and saved.vocabulary.to_header() == self.vocabulary.to_header()

    def _changed(self, parameters: Parameters, *names: str) -> Self:
        changed = copy(self)
        changed.parameters, changed.changes = parameters, (*self.changes, *names)
        return changed

    def _ids(self, text: str | bytes, name: str = "text") -> Ids:
        """The ids (N,) of a text, which is the argument `name`."""
        return self.vocabulary.encode(one_text(name, text))

    def _start(self, prime: str | bytes) -> Ids:
        """The ids of a prime. A newline stands for none, and begins it in a run of lines."""
        newline = [self._ids("\n")] * (self.config.lines or not prime)
        return np.concatenate([*newline, self._ids(prime, "prime")])
