"""The settings of a run: their defaults, their ranges and their help.

This module knows no cell: the caller of `from_mapping` passes the settings that cells declare.
"""

from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any

from charlstm.errors import ConfigError
from charlstm.exclusions import broken, options_set
from charlstm.hints import did_you_mean
from charlstm.setting import brief, checked, may_be_none, setting

MOST = 10**12  # the highest count of anything: no run comes near it, and a float holds it exactly


@dataclass(frozen=True)
class Config:
    """Every setting of a training run. None means that a rule decides; see `training.defaults`.

    If the type of a setting has no None, a rule decides it before the run begins.
    """

    corpus: tuple[str, ...] = setting((), "Text to train on: files, folders, .gz, or -.")
    val: str | None = setting(None, "Validate on this text, not on the last part of the corpus.")
    val_fraction: float | None = setting(
        None,
        "Last share of the corpus, to validate on.  [default: 0.1, at most 300,000 characters]",
        0.0,
        0.9,
    )
    tokens: str = setting("char", "Read characters or bytes.", choices=("char", "byte"))
    encoding: str = setting("utf-8", "How the text files are encoded.")
    lines: bool = setting(False, "Every line is an example of its own, in an order drawn anew.")
    cell: str = setting("lstm", "Kind of recurrent cell.")
    cell_options: Mapping[str, Any] = field(default_factory=dict)
    hidden_size: int = setting(
        None, "Units in each layer.  [default: by the length of the text]", 1, 65536
    )
    num_layers: int = setting(1, "Recurrent layers.", 1, 64)
    attention: int = setting(
        0, "Outputs of earlier characters that each step looks back at; 0 for none.", 0, 4096
    )
    attention_heads: int = setting(4, "Groups of units of which each looks back for itself.", 1, 64)
    dropout: float = setting(
        None,
        "Share of outputs dropped between layers and before the readout.  "
        "[default: by the passes and the weights]",
        0.0,
        0.95,
    )
    weight_drop: float = setting(
        None,
        "Share of the recurrent weights dropped for each update.  "
        "[default: 0.2 where dropout is chosen to be 0.5]",
        0.0,
        0.95,
    )
    memory_penalty: float = setting(
        0.0,
        "Weight of the mean square of the memory (c, or h) in the loss; 0 for none.  "
        "[default: 0.3, or 0 with a config file that sets lr]",
        0.0,
        1e6,
    )
    batch_size: int = setting(32, "Parallel streams of text.", 1, 65536)
    seq_length: int = setting(50, "Characters in a window of truncated BPTT.", 1, 65536)
    epochs: float | None = setting(
        None, "Budget: passes over the training text.", above=0.0, high=1e9
    )
    max_steps: int | None = setting(None, "Budget: updates.", 1, MOST)
    max_minutes: float | None = setting(
        None, "Budget: minutes, turned into updates at the start.", above=0.0, high=1e9
    )
    optimizer: str = setting("adam", "Update rule.", choices=("adam", "rmsprop", "sgd"))
    lr: float = setting(
        None, "Highest learning rate.  [default: by the units and the updates]", above=0.0, high=1e6
    )
    schedule: str = setting(
        "cosine", "Learning rate after warm-up.", choices=("cosine", "constant")
    )
    warmup_steps: int = setting(50, "Updates until the highest learning rate.", 0, MOST)
    clip_norm: float = setting(1.0, "Largest global norm of a gradient; 0 for no limit.", 0.0)
    seed: int = setting(1, "Decides weights, dropout and previews.", 0, 2**63 - 1)
    threads: int = setting(1, "BLAS threads of each worker.", 1, 1024)
    workers: int | None = setting(
        None, "Processes that share the work.  [default: one for each core and shard]", 1, 1024
    )
    shards: int | None = setting(
        None,
        "Parts of the batch. Their number changes the bits of a run; workers do not.  "
        "[default: one for each core, 8 columns or more each]",
        1,
        1024,
    )
    out: str | None = setting(None, "Folder of the run.  [default: runs/<name of the corpus>]")
    eval_every: int | None = setting(
        None, "Updates between validations.  [default: a twentieth of the budget or more]", 1, MOST
    )
    checkpoint_every: int | None = setting(
        None, "Updates between saves.  [default: at each validation]", 1, MOST
    )
    checkpoint_minutes: float = setting(5.0, "Most minutes between saves.", above=0.0, high=1e9)
    keep: int = setting(0, "Periodic checkpoints kept beside best and last.", 0, MOST)
    keep_early: int = setting(
        0, "Checkpoints of weights left on the way, at growing intervals.", 0, 1000
    )
    sample_every: int | None = setting(None, "Updates between previews.  [default: none]", 1, MOST)
    patience: int | None = setting(
        None, "Stop after so many validations without a new best.  [default: never]", 1, MOST
    )

    def __post_init__(self) -> None:
        for f in SETTINGS.values():
            object.__setattr__(self, f.name, checked(f, getattr(self, f.name)))
        for rule in broken("train", options_set(self)):
            if rule.strict:
                raise ConfigError(rule.message())

    @property
    def undecided(self) -> list[str]:
        """The settings without a value that need one before a run begins."""
        names = [f.name for f in SETTINGS.values() if not may_be_none(f)]
        return [name for name in names if getattr(self, name) is None]

    def to_mapping(self) -> dict[str, Any]:
        """The settings by their YAML keys, those of the cell among them."""
        mapping = asdict(self)
        options = dict(mapping.pop("cell_options"))
        return mapping | {"corpus": list(self.corpus)} | options


SETTINGS: dict[str, Field[Any]] = {f.name: f for f in fields(Config) if f.name != "cell_options"}
RETIRED = {"average": 0.0}  # settings of earlier versions, at the value that changed nothing
# A run may go on with other values of these settings, because they decide no weight.
HOUSEKEEPING = (
    "threads",
    "workers",
    "checkpoint_every",
    "checkpoint_minutes",
    "keep",
    "keep_early",
    "sample_every",
)


def from_mapping(mapping: Mapping[Any, Any], cell_options: Mapping[str, Field[Any]]) -> Config:
    """A config from settings by name. `cell_options` declares the settings of the cells.

    Raises:
        ConfigError: if a name is neither a setting nor one of `cell_options` (the message names
            the nearest), or a value has the wrong type or is out of range.
    """
    own, options = {}, {}
    for name, value in mapping.items():
        if name in SETTINGS:
            own[name] = value
        elif name in cell_options:
            options[name] = checked(cell_options[name], value)
        elif name not in RETIRED or RETIRED[name] != value:
            near = did_you_mean(name, [*SETTINGS, *cell_options])
            raise ConfigError(f"unknown setting {brief(name)}{near}")
    return Config(**own, cell_options=options)
