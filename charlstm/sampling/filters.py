"""How the next character is chosen: the settings of the chain, each of them an option."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, fields

from charlstm.errors import ConfigError
from charlstm.sampling.chain import Chain
from charlstm.sampling.steps.base import ChainStep, Context
from charlstm.setting import check_values, setting

STEPS: dict[str, tuple[str, ...]] = {  # the chain in its order: each step's file and its settings
    "no_repeat": ("no_repeat",),
    "avoid_copying": ("avoid_copying",),
    "top_p": ("top_p",),
    "top_k": ("top_k",),
    "min_p": ("min_p",),
    "word_temperature": ("within_word", "word_temperature"),
    "temperature": ("temperature",),
}


@dataclass(frozen=True)
class Filters:
    """How the next character is chosen from the softmax.

    `top_p` (Holtzman et al. 2020), `top_k` and `min_p` keep the likeliest characters of the
    model's own distribution. Then `temperature` flattens or sharpens the probabilities of these. At
    temperature 0 the likeliest character is chosen, and the first of equal ones.
    docs/sampling.md explains each of them.

    Raises:
        ConfigError: if a value has another type or is out of range.
    """

    temperature: float = setting(1.0, "0 is greedy.", 0.0, 1e6)
    top_k: int | None = setting(None, "Keep the K likeliest characters.", 1)
    top_p: float | None = setting(
        None, "Keep the likeliest with P of the probability together.", above=0.0, high=1.0
    )
    min_p: float | None = setting(
        None, "Keep those at least P times as likely as the likeliest.", above=0.0, high=1.0
    )
    no_repeat: int | None = setting(
        None, "Let no run of N characters of the last 1,000 come again.", 2, 1000
    )
    avoid_copying: int | None = setting(
        None, "Complete no run of N characters of the training text.", 2, 10_000
    )
    within_word: str | None = setting(
        None,
        "greedy: only the first character of a word is drawn, the rest is the likeliest.",
        choices=("greedy",),
    )
    word_temperature: float | None = setting(
        None, "Temperature of the characters of a word after its first.", 0.0, 1e6
    )

    def __post_init__(self) -> None:
        check_values(self)
        if self.within_word is not None and self.word_temperature is not None:
            raise ConfigError("within_word and word_temperature exclude each other; give one.")

    @property
    def temperature_within_words(self) -> float | None:
        """The temperature of the characters of a word after its first, if it is one of its own."""
        return 0.0 if self.within_word == "greedy" else self.word_temperature

    def chain(self, context: Context | None = None) -> Chain:
        """The chain of steps that these settings ask for; some steps need to know the model."""
        greedy = self.temperature == 0.0 and not self.temperature_within_words
        return Chain(tuple(self._steps(context)), greedy=greedy)

    def _steps(self, context: Context | None) -> Iterator[ChainStep]:
        defaults = {f.name: f.default for f in fields(self)}
        for name, settings in STEPS.items():
            if any(getattr(self, setting) != defaults[setting] for setting in settings):
                module = importlib.import_module(f"charlstm.sampling.steps.{name}")
                step: ChainStep | None = module.step(self, context)
                if step:
                    yield step
