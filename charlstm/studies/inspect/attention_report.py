"""What is looked at when a verb is decided: a table, JSON, a figure, and lines to read."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from charlstm.errors import CharlstmError
from charlstm.output.figure import COLOURS, drawing
from charlstm.output.result import Result
from charlstm.output.terminal import table
from charlstm.studies.inspect.attention_pairs import Look
from charlstm.studies.inspect.heads import whose
from charlstm.text.shown import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 200  # conditions in a picture
SHARES = ("subject", "subject_chance", "attractor", "attractor_chance", "elsewhere")
ANSWERS = ("right", "without_subject", "without_random")
COLUMNS = (*SHARES, *ANSWERS)
TITLES = ("subject", "chance", "other noun", "chance", "elsewhere", "right", "hidden", "random")
LEGEND = (
    "subject: the weight of the step that decides the verb on the subject's noun and the character",
    "after it; chance: their share of the outputs it sees. other noun: the same of the one that",
    "misleads in incongruent pairs. right: pairs right; hidden: with the subject's outputs hidden,",
    "random: with as many others hidden.",
)
IN_ONE_HEAD = "in one head: the head with the most weight on the subject, and that weight."


@dataclass(frozen=True)
class Group:
    """Means over the looks at some pairs; None where no pair names a noun that misleads.

    `elsewhere` is the weight on neither noun. `right`, `without_subject` and `without_random` are
    shares of right pairs, as they are and with outputs hidden. `best_head` is the one that puts
    most weight on the subject, which is `subject_in_best_head`.
    """

    pairs: int
    subject: float
    subject_chance: float
    attractor: float | None
    attractor_chance: float | None
    elsewhere: float
    right: float
    without_subject: float
    without_random: float
    best_head: int
    subject_in_best_head: float


def group_of(looks: Sequence[Look]) -> Group:
    """The means over at least one look."""

    def mean(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if known else None

    columns = {
        name: mean([getattr(look, name) for look in looks]) for name in (*SHARES[:4], *ANSWERS)
    }
    elsewhere = mean([1.0 - look.subject - (look.attractor or 0.0) for look in looks])
    in_head = np.mean([look.subject_by_head for look in looks], axis=0).tolist()
    best = in_head.index(max(in_head))
    values: dict[str, Any] = {"pairs": len(looks), "elsewhere": elsewhere, **columns}
    return Group(best_head=best, subject_in_best_head=in_head[best], **values)


@dataclass(frozen=True, repr=False)
class AttentionReport(Result):
    """What the model `run`, whose steps see up to `reach` outputs, looked at in pairs.

    `head` is the one of its `heads` that the looks are of; None are all.
    """

    looks: Sequence[Look]
    run: str
    reach: int
    heads: int
    head: int | None

    @property
    def conditions(self) -> dict[str, Group]:
        """The means over each condition, in the order of the pairs."""
        names = dict.fromkeys(look.pair.condition for look in self.looks)
        return {
            name: group_of([look for look in self.looks if look.pair.condition == name])
            for name in names
        }

    @property
    def totals(self) -> dict[str, Group]:
        """The means over all pairs, and over those in which the other noun misleads or does not."""
        parts = {
            "overall": self.looks,
            "congruent": [look for look in self.looks if look.pair.congruent is True],
            "incongruent": [look for look in self.looks if look.pair.congruent is False],
        }
        return {name: group_of(looks) for name, looks in parts.items() if looks}

    def to_table(self) -> tuple[list[str], list[list[Any]]]:
        """One row for each condition."""
        rows = [[name, *asdict(group).values()] for name, group in self.conditions.items()]
        return ["condition", *Group.__dataclass_fields__], rows

    def to_mapping(self) -> dict[str, Any]:
        """Shares from 0 to 1, by condition and over all."""
        return {
            "run": self.run,
            "reach": self.reach,
            "heads": self.heads,
            "head": self.head,
            "conditions": {name: asdict(group) for name, group in self.conditions.items()},
            **{name: asdict(group) for name, group in self.totals.items()},
        }

    def lines(self) -> Iterator[str]:
        """A row for each condition and total, and what the columns are."""
        several = self.heads > 1 and self.head is None
        if about := whose(self.head, self.heads):
            alone = "" if several else ", from which alone outputs are hidden"
            yield from (f"weights: {about}{alone}", "")
        rows = [["", "pairs", *TITLES, *["in one head"] * several]]
        for groups in (self.conditions, self.totals):
            rows += [
                [
                    printable(name),
                    f"{group.pairs:,}",
                    *(_percent(getattr(group, c)) for c in COLUMNS),
                    *[f"{group.best_head}: {group.subject_in_best_head:.1%}"] * several,
                ]
                for name, group in groups.items()
            ]
        shown = list(table(rows, range(1, len(rows[0])), indent="", gap="  "))
        cut = len(self.conditions) + 1
        yield from (*shown[:cut], "", *shown[cut:], "", *LEGEND, *[IN_ONE_HEAD] * several)

    def to_figure(self) -> "Figure":
        """Where the weight lies, with chance, and the pairs right; a row for each condition.

        Raises:
            CharlstmError: if matplotlib is missing, or there are over 200 conditions.
        """
        groups = self.conditions
        if len(groups) > MOST:
            raise CharlstmError(
                f"{len(groups):,} conditions are too many for a picture; save as .csv"
            )
        with drawing(8.5, 1.5 + 0.34 * len(groups)) as figure:
            looks, answers = figure.subplots(1, 2, sharey=True)
            title = f"{self.run}: when it decides the verb"
            of = filter(None, (title, whose(self.head, self.heads)))
            looks.set_title(", ".join(of), fontsize=10, loc="left")
            for k, (part, label) in enumerate(
                (("subject", "subject"), ("attractor", "other noun"))
            ):
                for row, group in enumerate(groups.values()):
                    _draw_share(looks, row + 0.36 * (k - 0.5), group, part, label, COLOURS[k])
            looks.set_xlabel("weight on the noun, %")
            for name, label, style in (
                ("right", "right", {"marker": "|", "ms": 16, "color": "black"}),
                ("without_random", "random outputs hidden", {"marker": "D", "color": COLOURS[5]}),
                ("without_subject", "subject hidden", {"marker": "o", "color": COLOURS[2]}),
            ):
                shares = [100 * getattr(group, name) for group in groups.values()]
                answers.plot(shares, range(len(groups)), ls="", label=label, **style)
            answers.axvline(50, color="0.4", lw=0.8, ls=":", label="guessing")
            answers.set_xlim(-2, 103)
            answers.set_xlabel("pairs right, %")
            looks.set_yticks(range(len(groups)), list(groups))
            looks.set_ylim(len(groups) - 0.4, -0.6)
            shown: dict[str, Any] = {}
            for axes in (looks, answers):
                handles, labels = axes.get_legend_handles_labels()
                shown |= dict(zip(labels, handles, strict=True))
            figure.legend(shown.values(), shown.keys(), loc="outside lower center", ncols=4)
        return figure


def _draw_share(axes: "Axes", y: float, group: Group, part: str, label: str, colour: str) -> None:
    """A bar as long as the weight on a noun, and a tick at what chance gives."""
    share, chance = getattr(group, part), getattr(group, f"{part}_chance")
    if share is not None:
        axes.barh(y, 100 * share, 0.34, color=colour, label=label)
        axes.plot([100 * chance], [y], "|", ms=9, mew=1.5, color="black", label="chance")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
