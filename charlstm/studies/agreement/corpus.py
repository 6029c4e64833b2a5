"""A corpus of agreement sentences, and beside it the settings that make it again byte for byte."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from random import Random

from charlstm.errors import ConfigError, CorpusError
from charlstm.hints import command, did_you_mean
from charlstm.store.json_text import json_text
from charlstm.store.target import target_file
from charlstm.studies.agreement.draw import Draw, anything, not_held_out
from charlstm.studies.agreement.grammar import CONSTRUCTIONS, GRAMMAR
from charlstm.studies.agreement.phrases import MIN_FILLER, Frame


@dataclass(frozen=True)
class CorpusSettings:
    """The settings that decide every byte of a corpus.

    `max_attractors` is the largest number of misleading nouns in a sentence (of the other number,
    or for a pronoun of the other gender). `without` names the constructions to leave out.
    `hold_out` keeps one subject × predicate pair in five for testing. `max_filler` is the length of
    the longest filler, in characters.

    Raises:
        ConfigError: if a setting is out of range or names no construction.
    """

    sentences: int = 40_000
    seed: int = 1
    max_attractors: int = 1
    without: tuple[str, ...] = ()
    hold_out: bool = True
    max_filler: int = 120

    def __post_init__(self) -> None:
        object.__setattr__(self, "without", tuple(sorted(set(self.without))))
        least_of = {"sentences": 1, "max_attractors": 0, "max_filler": MIN_FILLER}
        for name, least in least_of.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ConfigError(f"{name} must be a whole number from {least} up, not {value!r}")
        if not isinstance(self.seed, int) or not isinstance(self.hold_out, bool):
            raise ConfigError("seed must be a whole number, and hold_out true or false")
        for name in self.without:
            if name not in CONSTRUCTIONS:
                near = did_you_mean(name, CONSTRUCTIONS)
                raise ConfigError(
                    f"no construction is called {name!r}{near} There are {', '.join(CONSTRUCTIONS)}"
                )
        if set(self.without) == set(CONSTRUCTIONS):
            raise ConfigError("a corpus without any construction has no sentences; leave one in")


NAMES = {field.name for field in fields(CorpusSettings)}
MOST = 10_000  # bytes of a file of settings


def _other_readings(draw: Draw, reading: int, nouns: int, max_attractors: int) -> list[int]:
    """The readings of the other nouns: half the time all the subject's, else some attractors."""
    most = min(nouns, max_attractors)
    attractors = 1 + draw.below(most) if most and draw.chance(0.5) else 0
    others = [1 - reading] * attractors + [reading] * (nouns - attractors)
    for n in range(nouns - 1, 0, -1):  # a shuffle that calls Random.random alone
        m = draw.below(n + 1)
        others[n], others[m] = others[m], others[n]
    return others


def frames(settings: CorpusSettings) -> Iterator[tuple[str, Frame, int]]:
    """The construction, the frame and the reading of each sentence of a corpus."""
    rng = Random(settings.seed)  # noqa: S311
    allowed = not_held_out if settings.hold_out else anything
    bag = [
        name
        for name, construction in GRAMMAR.items()
        if name not in settings.without
        for _ in range(construction.weight)
    ]
    for _ in range(settings.sentences):
        draw = Draw(rng, allowed, (MIN_FILLER, settings.max_filler))
        name = draw.choice(bag)
        reading = draw.below(2)
        depths = GRAMMAR[name].depths(settings.max_attractors)
        nouns = depths[int(len(depths) * draw.rng.random() ** 2)]  # mostly few: learnt first
        others = _other_readings(draw, reading, nouns, settings.max_attractors)
        yield name, GRAMMAR[name].build(draw, others), reading


def sentences(settings: CorpusSettings) -> Iterator[str]:
    """The sentences of a corpus, each ending in a full stop, in the order of its lines."""
    for _, frame, reading in frames(settings):
        yield frame.text(reading)


def write_corpus(path: Path, settings: CorpusSettings, *, force: bool = False) -> None:
    """Write the sentences, one on a line, and beside them the settings as `<stem>.json`.

    Raises:
        OutputError: if one of the files is there already, and not `force`.
        CorpusError: if `path` itself ends in .json, or cannot be written; both files are then
            what they were before.
    """
    beside = settings_path(path)
    with (
        target_file(path, CorpusError, force=force) as text,
        target_file(beside, CorpusError, force=force) as note,
    ):
        text.writelines(f"{sentence}\n".encode() for sentence in sentences(settings))
        note.write(f"{json_text(asdict(settings), indent=2)}\n".encode())


def settings_path(corpus: Path) -> Path:
    """The file that holds the settings of a corpus."""
    if not corpus.name:
        raise CorpusError("no corpus is named; give a file that corpus agreement wrote")
    if corpus.suffix == ".json":
        raise CorpusError(f"{corpus}: the settings go into the .json file; call the corpus .txt")
    return corpus.with_suffix(".json")


def has_settings(corpus: Path) -> bool:
    """Whether the file beside a text holds settings of a corpus: it may be of another program."""
    try:
        path = settings_path(corpus)
        small = path.is_file() and path.stat().st_size < MOST
        settings = json.loads(path.read_text(encoding="utf-8")) if small else None
    except (OSError, ValueError, RecursionError, CorpusError):
        return False
    return isinstance(settings, dict) and settings.keys() >= NAMES


def read_settings(corpus: Path) -> CorpusSettings:
    """The settings beside a corpus.

    Raises:
        CorpusError: if their file is missing or is not JSON.
        ConfigError: if a setting is unknown, missing or out of range.
    """
    path = settings_path(corpus)
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CorpusError(
            f"{path}: cannot read the settings of {corpus.name} ({error.strerror}); "
            f"{command('corpus', 'agreement')} FILE writes both"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}: not JSON in UTF-8; write the corpus again") from error
    if not isinstance(settings, dict) or settings.keys() != NAMES:
        raise ConfigError(f"{path}: expected exactly the settings {', '.join(sorted(NAMES))}")
    if not isinstance(settings["without"], list):
        raise ConfigError(f"{path}: without must be a list of constructions")
    try:
        return CorpusSettings(**settings | {"without": tuple(map(str, settings["without"]))})
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
