"""Which option has no effect beside which other, or without it: one table for all commands.

A setting stands here as its option, also where a file or Python gives it. An option that has no
effect is an error on the command line. In a file it gives a note, so that old files go on working.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

ANY = object()  # stands for every value
ALL = "*"  # stands for every option but --json
BYTES = "a byte model"  # what the chosen model is, named as if it were given


@dataclass(frozen=True)
class Rule:
    """`option` of `command` has no effect with `other`, or (if it `needs` that) without it.

    It is so if `other` has the `value`, or it alone, and none of those in `unless` is given. A rule
    that is `strict` holds in files too; one that is `mild` gives a note even on the command line.
    """

    command: str
    option: str
    other: str
    why: str
    value: Any = ANY
    needs: bool = False
    unless: str = ""
    strict: bool = False
    mild: bool = False

    def is_broken(self, given: Mapping[str, Any]) -> bool:
        """Whether the option has no effect among the values of the `given` ones."""
        if self.needs == (self.other in given) or any(o in given for o in self.unless.split()):
            return False
        return self.needs or self.value is ANY or given[self.other] in (self.value, (self.value,))

    def message(self) -> str:
        """What has no effect, why, and what to do."""
        value = "" if self.value is ANY else f" {self.value}"
        relation = "without" if self.needs else "with"
        either = self.value is ANY and not self.needs and self.other != BYTES
        return (
            f"{self.option} has no effect {relation} {self.other}{value}: {self.why}; "
            f"leave out {'one of them' if either else self.option}."
        )


def _with(
    commands: str, options: str, other: str, why: str, value: Any = ANY, **more: Any
) -> Iterator[Rule]:
    """A rule for each of the commands and options, which commas and blanks separate."""
    for command in commands.split(", "):
        for option in options.split():
            yield Rule(command, option, other, why, value, **more)


def _without(commands: str, option: str, other: str, why: str, **more: Any) -> Iterator[Rule]:
    yield from _with(commands, option, other, why, needs=True, **more)


BUDGET, GREEDY, OWN = "each sets the budget", "the likeliest is written", "it has its own pairs"
DRAWN = (
    "--seed --count --temperature --top-k --top-p --min-p --within-word --word-temperature "
    "--logprobs --best-of --must-contain"
)
ALWAYS = "--temperature", GREEDY, 0.0
RAW, READ = "bytes are read as they are", "only files that you name are read with it"
NO_FILE = "no file is written"
HEADS = "--attention-heads", "--attention", "nothing is looked back at"
VIEWS = (
    "inspect text, inspect attention, inspect gates, inspect units, inspect features, "
    "inspect gradients"
)
READERS = "eval, surprisal, inspect gates, inspect features, inspect gradients"
SAVING = f"plot, {VIEWS}"
MADE = "the pairs that are made suit their corpus"
SUITE = "a suite has its own sentences and predictions"
RULES = (
    *_with("train", "--max-steps --max-minutes", "--epochs", BUDGET, strict=True),
    *_with("train", "--max-minutes", "--max-steps", BUDGET, strict=True),
    *_with("train", "--config", "--resume", "a run goes on with its own settings"),
    *_with("train", "--init-from", "--resume", "a run goes on with its own weights"),
    *_without("train", "--allow-changed-corpus", "--resume", "a new run takes any text"),
    *_with("train", "--val-fraction", "--val", "the validation text is that one"),
    *_with("train", "--patience", "--val-fraction", "nothing is validated", 0.0, unless="--val"),
    *_with("train, describe", "--encoding", "--tokens", RAW, "byte"),
    *_with("describe", "--corpus --vocabulary", "--tokens", "there are 256 bytes", "byte"),
    *_with("describe", "--vocabulary", "--corpus", "its characters are counted"),
    *_without("describe", "--encoding", "--corpus", READ),
    *_with("describe", ALL, "--run", "a run has its own network"),
    *_with("sample, write", "--prime", "--prime-file", "each gives the prime"),
    *_with("sample, write", "--top-k --top-p --min-p", *ALWAYS, unless="--word-temperature"),
    *_with("sample, write", "--seed", *ALWAYS, unless="--word-temperature", mild=True),
    *_with("sample, write", "--within-word", *ALWAYS),
    *_with("sample, write", "--within-word", "--word-temperature", "each says how a word goes on"),
    *_without("sample", "--force", "--save-state", NO_FILE),
    *_with("sample", "--best-of --tries", *ALWAYS, unless="--word-temperature"),
    *_with("sample", DRAWN, "--beam", "nothing is drawn"),
    *_with("sample", "--best-of", "--must-contain", "the first that has the texts is written"),
    *_with("sample", "--logprobs", "--must-contain", "a text that is placed is not drawn"),
    *_without("sample", "--tries", "--must-contain", "the first sample is written"),
    *_without("sample", "--logprobs", "--json", "a text has no place for numbers"),
    *_with("eval", "--dynamic", "--lines", "each line is scored by itself"),
    *_without("eval", "--lines", "TEXT", READ),
    *_with("eval", "--dynamic", "--blend", "the weights of one model follow the text"),
    *_with("eval", "--dynamic", "--ablate", "the weights would learn again what it takes"),
    *_without("eval", "--dynamic-rate", "--dynamic", "the weights stay as they are"),
    *_without("eval", "--dynamic-decay", "--dynamic", "the weights stay as they are"),
    *_without("eval, inspect gates, inspect features", "--encoding", "TEXT", READ),
    *_without("inspect gradients", "--encoding", "--text", READ),
    *_with(READERS, "--encoding", BYTES, RAW),
    *_with("surprisal", "--no-closing-blank", "--by", "a row is a single character", "char"),
    *_with("agree", "--sweep --corpus --per-condition --seed", "--pairs", OWN),
    *_with("inspect units, inspect attention", "--per-condition", "--pairs", OWN),
    *_with("agree", "--pairs --sweep --score --corpus --per-condition --seed", "--suite", SUITE),
    *_without("agree", "--lower", "--pairs", MADE, unless="--suite"),
    *_without("inspect units, inspect attention", "--lower", "--pairs", MADE),
    *_with("inspect text", "--layer --span --count", "--unit", "no unit is left to pick"),
    *_with("inspect text", "--layer", "--span", "it picks units of all layers"),
    *_with("inspect text, inspect attention", "--color", "--json", "JSON has no colours"),
    *_with("inspect attention", "--pairs --per-condition --seed", "TEXT", "a text is no pair"),
    *_without("inspect attention", "--at", "TEXT", "pairs are looked at where they differ"),
    *_without("inspect attention", "--cut", "TEXT", "pairs are read whole"),
    *_without("inspect attention", "--color", "--at", "a table has no colours"),
    *_with("inspect text", "--top", "--json", "JSON has all guesses", unless="--save"),
    *_with("inspect features", ALL, "--list", "it lists the library and measures nothing"),
    *_with("inspect gates", "--count", "--json", "JSON has all units"),
    *_with("train", "--force", "--resume", "a run goes on in its own folder"),
    *_without(f"write, {SAVING}", "--force", "--save", NO_FILE),
    *_without("agree", "--force", "--save", NO_FILE, unless="--items"),
    *_without("train", *HEADS, unless="--config --resume --init-from"),  # may bring attention
    *_without("describe", *HEADS, unless="--run"),
    *_without("bench", *HEADS),
    *_with("train, describe, bench", *HEADS, 0),
    *_with("compare", "per_condition", "pairs", OWN, unless="sweeps"),
    *_without("compare", "lower", "pairs", MADE),
)


def option_of(setting: str) -> str:
    """The option of a setting."""
    return "--" + setting.replace("_", "-")


def options_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The values of settings by their options, of those that have one."""
    return {option_of(name): value for name, value in settings.items() if value is not None}


def options_set(config: Any) -> dict[str, Any]:
    """The options of the settings of a dataclass that differ from their defaults."""
    values = {f.name: (getattr(config, f.name), f.default) for f in fields(config)}
    return options_of(
        {name: value for name, (value, by_rule) in values.items() if value != by_rule}
    )


def replaced(command: str, given: Iterable[str]) -> set[str]:
    """The options whose place the `given` ones take where a file has them."""
    pairs = [
        {rule.option, rule.other}
        for rule in RULES
        if rule.command == command and rule.value is ANY and not rule.needs
    ]
    return {other for option in given for pair in pairs if option in pair for other in pair} - {
        *given
    }


def broken(command: str, given: Mapping[str, Any], asked: Collection[str] = ()) -> Iterator[Rule]:
    """The rules of a command that the `given` values break, of the options `asked`, or of all."""
    for rule in RULES:
        if rule.command == command and rule.option in (asked or given) and rule.is_broken(given):
            yield rule
        elif rule.command == command and rule.option == ALL and rule.other in given:
            for option in sorted(given.keys() - {rule.other, "--json"}):
                yield Rule(command, option, rule.other, rule.why)
