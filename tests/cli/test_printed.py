"""Each command prints what its JSON says, value by value and label by label.

The results are planted where that is possible, with no two values the same, so that no column, row
or unit can be exchanged unseen.
"""

import json
import math
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from command_line import TEXT, TINY, Runner
from models import VOCABULARY as WILD_VOCABULARY
from models import wild_model
from planted import CARRIER, VOCABULARY, planted_model, planted_pairs
from planted_results import (
    ANY,
    labelled_pairs,
    planted_course,
    planted_gates,
    planted_outcomes,
    planted_reaches,
    planted_units,
)
from printed import all_differ, cells, each, same, table

from charlstm import load
from charlstm.novelty import Novelty
from charlstm.output.terminal import BLOCKS, Depth
from charlstm.pairs.files import read_pairs, write_pairs
from charlstm.pairs.pair import Pair, PairSet
from charlstm.pairs.report import measure
from charlstm.store.json_text import plain
from charlstm.store.metrics import COLUMNS
from charlstm.studies.agreement.report import AgreementReport
from charlstm.studies.compare.result import ComparisonResult
from charlstm.studies.inspect.attention import AttentionView
from charlstm.studies.inspect.attention_pairs import Look
from charlstm.studies.inspect.attention_report import AttentionReport
from charlstm.studies.inspect.character_classes import CLASSES
from charlstm.studies.inspect.gates_report import GatesReport
from charlstm.studies.inspect.gradients import Clipping
from charlstm.studies.inspect.gradients_report import GradientsReport
from charlstm.studies.inspect.text import TextView
from charlstm.studies.inspect.time_course import AFTER, BEFORE, STEPS
from charlstm.studies.inspect.units_report import UnitsReport
from charlstm.studies.speed.result import Speed, Spread
from charlstm.trace import trace_text


def blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines between empty ones."""
    for block in "\n".join(lines).split("\n\n"):
        yield [line for line in block.split("\n") if line]


def block_of(value: float, low: float = 0.0) -> str:
    """The bar of a value from `low` to 1."""
    return BLOCKS[max(0, min(7, math.floor(8 * (value - low) / (1 - low))))]


# agree


def counted(pairs: Sequence[Pair]) -> dict[str, float]:
    """The shares of right pairs, counted by hand: the model knows that A takes p and B takes q."""

    def right(pair: Pair) -> bool:
        return ("A" in pair.sentence_good) is pair.sentence_good.endswith("p.")

    def share(of: Sequence[Pair]) -> float:
        return sum(map(right, of)) / len(of)

    items: dict[tuple[str, str], list[bool]] = {}
    for pair in pairs:
        items.setdefault((pair.condition, pair.item), []).append(right(pair))
    return {
        "accuracy": share(pairs),
        "congruent": share([p for p in pairs if p.congruent]),
        "incongruent": share([p for p in pairs if not p.congruent]),
        "singular": share([p for p in pairs if p.subject_number == "singular"]),
        "plural": share([p for p in pairs if p.subject_number == "plural"]),
        "joint": sum(map(all, items.values())) / len(items),
    }


AGREE_COLUMNS = {
    "pairs": ("pairs", 1),
    "right": ("accuracy", 100),
    "congr.": ("congruent", 100),
    "incongr.": ("incongruent", 100),
    "singular": ("singular", 100),
    "plural": ("plural", 100),
    "joint": ("joint", 100),
    "bias-free": ("bias_free", 100),
    "log-odds": ("log_odds", 1),
    "ties": ("ties", 1),
}


def check_agreement(lines: Sequence[str], found: Any) -> None:
    """Assert that the table shows what the mapping has."""
    close = [re.sub(r"(\S) -\s+(\d)", r"\1 - \2", line) for line in lines]
    shown = table(line for line in close if len(cells(line)) > 1)
    rows = {
        name + " *" * summary["unseen"]: summary for name, summary in found["conditions"].items()
    }
    rows |= {name: of for group in found["groups"].values() for name, of in group.items()}
    rows |= found["lengths"] if set(found["lengths"]) != {"equal"} else {}
    rows |= {"overall": found["overall"], "unseen *": found["unseen"]}
    rows = {name: summary for name, summary in rows.items() if summary}
    assert list(shown) == list(rows)
    for name, summary in rows.items():
        assert set(shown[name]) == {*AGREE_COLUMNS, "95 %"}
        for title, (key, scale) in AGREE_COLUMNS.items():
            same(shown[name][title], summary[key], scale)
        each(shown[name]["95 %"].split(" - "), summary["interval"], 100)


def test_agree_shows_the_shares_that_can_be_counted_by_hand(
    charlstm: Runner, planted_run: Path, here: Path
) -> None:
    pairs = labelled_pairs()
    write_pairs(here / "p.jsonl", pairs)
    flags = ("agree", "-r", planted_run, "--pairs", "p.jsonl")
    found = charlstm.ok(*flags, "--json", "--items", "i.jsonl").json
    check_agreement(charlstm.ok(*flags).stdout.splitlines(), found)
    groups = {name: [p for p in pairs if p.condition == name] for name in found["conditions"]}
    for group, summary in zip(
        (*groups.values(), pairs), (*found["conditions"].values(), found["overall"]), strict=True
    ):
        expected = counted(group)
        assert {name: summary[name] for name in expected} == pytest.approx(expected)
        assert summary["pairs"] == len(group)
    all_differ(counted(pairs).values())
    items = [json.loads(line) for line in (here / "i.jsonl").read_text().splitlines()]
    odds = [item["score_good"] - item["score_bad"] for item in items]
    assert found["overall"]["log_odds"] == pytest.approx(np.mean(odds))
    assert [item["sentence_good"] for item in items] == [pair.sentence_good for pair in pairs]
    verb = charlstm.ok(*flags, "--json", "--score=verb").json
    assert verb["score"] == "verb" and verb["overall"]["log_odds"] != found["overall"]["log_odds"]


def test_agree_shows_groups_lengths_and_what_is_left_out() -> None:
    terms = ("agreement", "islands", "binding")
    out = {("gone", "identical"): 3, ("16", "identical"): 2}
    pairs = [
        replace(
            pair,
            sentence_bad=pair.sentence_bad + "." * (n % 3 == 2),
            labels={"term": terms[n % 3], "field": "syntax" if n % 2 else None, "other": n},
        )
        for n, pair in enumerate(labelled_pairs())
    ]
    more, grouped = [*pairs, Pair("x ☃", "x y", "9", "1")], ("term", "field")
    given = PairSet(more, frozenset({"16"}), group_by=grouped, left_out=out)
    result = AgreementReport(Path("r"), 17, measure(planted_model(), VOCABULARY, given))
    lines, found = list(result.lines()), result.to_mapping()
    check_agreement([line.rsplit("  ", 1)[0].rstrip() for line in lines[:-2]], found)
    assert {label: list(group) for label, group in found["groups"].items()} == {
        "term": list(terms),
        "field": ["syntax"],
    }
    for n, term in enumerate(terms[:2]):  # the pairs of the third are all right by their length
        group = pairs[n::3]
        assert found["groups"]["term"][term]["accuracy"] == pytest.approx(
            counted(group)["accuracy"]
        )
    assert {name: of["pairs"] for name, of in found["lengths"].items()} == {
        "equal": len(pairs) - len(pairs[2::3]),
        "shorter": len(pairs[2::3]),
    }
    titles = [line for line in lines if len(cells(line)) == 1 and line][:3]
    assert titles == ["term", "field", "good sentence"]
    column = {cells(line)[0]: cells(line)[-1] for line in lines if len(cells(line)) > 2}
    rows = ("2", "16 *", "9", "islands", "overall", "unseen *")
    assert [column[row] for row in rows] == ["0", "2", "1", "-", "4", "2"]
    assert lines[-2:] == ["left out: 5 identical, 1 unknown characters", "no pair is left of gone"]
    assert (found["left_out"], found["left_out_by_condition"]) == (
        6,
        {"gone": {"identical": 3}, "16": {"identical": 2}, "9": {"unknown characters": 1}},
    )
    head, values = result.to_table()
    table_of = [dict(zip(head, row, strict=True)) for row in values]
    assert [(row["group"], row["condition"]) for row in table_of] == [
        *(("condition", name) for name in found["conditions"]),
        *(("term", term) for term in terms),
        ("field", "syntax"),
    ]
    assert [row["left_out"] for row in table_of] == [0, 2, 1, None, None, None, None]
    for row in table_of[3:6]:
        summary = found["groups"]["term"][row["condition"]]
        assert [row["accuracy"], row["low"], row["high"]] == [
            summary["accuracy"],
            *summary["interval"],
        ]


def test_agree_shows_a_sweep_and_what_is_not_in_the_corpus() -> None:
    pairs = labelled_pairs()
    at = {pair.condition: int(pair.condition) for pair in pairs}
    swept = PairSet(pairs, frozenset({"16"}), "distance", at)
    report = AgreementReport(Path("r"), 17, measure(planted_model(), VOCABULARY, swept))
    lines, found = list(report.lines()), report.to_mapping()
    check_agreement(lines, found)
    assert lines[-2:] == ["* not in the corpus", "BPTT window: 17 characters"]
    assert {name: c["distance"] for name, c in found["conditions"].items()} == at
    assert [name for name, c in found["conditions"].items() if c["unseen"]] == ["16"]
    for part, there in (("overall", False), ("unseen", True)):
        group = [pair for pair in pairs if (pair.condition == "16") is there]
        assert found[part]["accuracy"] == pytest.approx(counted(group)["accuracy"])
    head, rows = report.to_table()
    for row, (name, summary) in zip(rows, found["conditions"].items(), strict=True):
        low, high = summary["interval"]
        cells_of = {"condition": name, "low": low, "high": high, "left_out": 0} | summary
        assert dict(zip(head, row, strict=True)) == {key: cells_of[key] for key in head}


# compare


def mean(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known)


def test_compare_shows_means_over_seeds() -> None:
    result = ComparisonResult(planted_outcomes(), Path("runs"), "title")
    runs = result.to_mapping()["runs"]
    groups = {cell: [r for r in runs if r["chosen"]["cell"] == cell] for cell in ("gru", "lstm")}
    summary, conditions, sweep = blocks(result.lines())
    shown = table(summary)
    assert list(shown) == list(groups)
    for cell, group in groups.items():
        row = shown[cell]
        assert row.pop("runs") == "2"
        each(row.pop("units").split("-"), sorted(run["hidden_size"] for run in group))
        each(row.pop("parameters").split("-"), sorted(run["parameters"] for run in group))
        same(row.pop("val nats"), mean(run["best_val_nats"] for run in group))
        for title, name in (("agree %", "accuracy"), ("incongr.", "incongruent")):
            same(row.pop(title), mean(run["agreement"]["overall"][name] for run in group), 100)
        same(row.pop("joint"), mean(run["agreement"]["overall"]["joint"] for run in group), 100)
        speed = mean(run["characters"] / run["seconds"] for run in group)
        same(row.pop("k char/s"), speed, 1e-3)
        until = mean(run["characters_until_95"] for run in group)
        number, unit, *few = row.pop("until 95 %").split()
        same(number, until, 1e-6)
        assert (unit, few) == ("M", ["(1/2)"] if cell == "lstm" else [])
        assert row == {}
    for lines, title, name in (
        (conditions, "incongruent, else all", "agreement"),
        (sweep, "sweep: depth", "depth"),
    ):
        assert cells(lines[0]) == [title, *groups]
        for line in lines[1:]:
            condition, *percents = cells(line)
            for percent, group in zip(percents, groups.values(), strict=True):
                reports = [{**run["sweeps"], "agreement": run["agreement"]}[name] for run in group]
                key = "accuracy" if condition == "alone" else "incongruent"
                same(percent, mean(r["conditions"][condition][key] for r in reports), 100)
        assert [cells(line)[0] for line in lines[1:]] == list(runs[0]["agreement"]["conditions"])[
            :3
        ] or name == "depth"
    for run, outcome in zip(runs, result.outcomes, strict=True):
        assert run["characters_per_second"] == outcome.characters / outcome.seconds


def test_compare_writes_a_row_of_csv_for_each_run() -> None:
    result = ComparisonResult(planted_outcomes(), Path("runs"), "title")
    head, rows = result.to_table()
    for row, run in zip(rows, result.to_mapping()["runs"], strict=True):
        found = dict(zip(head, row, strict=True))
        assert found.pop("run") == run["name"]
        assert {name: found.pop(name) for name in run["chosen"]} == run["chosen"]
        for key in ("hidden_size", "parameters", "steps", "characters", "seconds", "diverged"):
            assert found.pop(key) == run[key]
        for key in ("best_val_nats", "last_val_nats"):
            assert found.pop(key) == run[key]
        for key in ("characters_per_second", "characters_until_95"):
            assert found.pop(key) == run[key]
        reports = {"agreement": run["agreement"]["overall"], **run["agreement"]["conditions"]}
        reports |= run["sweeps"]["depth"]["conditions"]
        for place, value in found.items():
            condition, _, key = place.partition(".")
            if key == "characters_until_95":
                assert value is None  # nothing was measured along the way but "overall"
            else:
                assert value == reports[condition][key], place


# eval, cloze


@pytest.mark.parametrize("tokens", ["char", "byte"])
def test_eval_shows_its_measures_and_counts(charlstm: Runner, here: Path, tokens: str) -> None:
    (here / "a.txt").write_text(TEXT + "ünd so weiter €\n" * 9, encoding="utf-8")
    charlstm.ok("train", "a.txt", *TINY, "--max-steps=2", "--tokens", tokens, "--out=run")
    text = "The cat ☃ was ☃ hüre so 7 €.\n"
    flags = ("eval", "-r", "run", "-")
    found = charlstm.ok(*flags, "--json", stdin=text.encode()).json
    shown = charlstm.ok(*flags, stdin=text.encode()).stdout
    counts = found["characters"], found["bytes"], found["unknown"]
    known = text.replace("☃", "").replace("7", "")
    whole = len(known), len(known.encode()), 3
    assert counts == (whole if tokens == "char" else (len(text), len(text.encode()), 0))
    own, other = ("char", "byte") if tokens == "char" else ("byte", "char")
    units = re.findall(r"([\d.]+) (nats|bits)/(char|byte)", shown)
    assert [unit[1:] for unit in units] == [
        (n, of) for of in (own, other) for n in ("nats", "bits")
    ]
    for number, name, of in units:
        same(number, found[f"{name}_per_{of}"])
    (perplexity,) = re.findall(r"([\d.]+) perplexity", shown)
    same(perplexity, found["perplexity"])
    nats = found["nats_per_char"] * counts[0]
    assert nats == pytest.approx(found["nats_per_byte"] * counts[1])
    assert nats == pytest.approx(found["bits_per_char"] * math.log(2) * counts[0])
    assert found["perplexity"] == pytest.approx(math.exp(found[f"nats_per_{own}"]))
    if tokens == "char":
        assert f"{counts[0]} characters scored, 3 unknown left out" in shown
        assert f" over {counts[1]} bytes" in shown
    else:
        assert f"{counts[1]} bytes scored" in shown and f" over {counts[0]} characters" in shown
    expected = load(here / "run").log_likelihood(text if tokens == "char" else text.encode())
    assert nats == pytest.approx(-expected, rel=1e-5)


def test_eval_shows_each_line_with_its_own_score(charlstm: Runner, tiny_run: Path) -> None:
    text = "The cat is wet.\n\nwet\nThe dogs are here.\nThe bird was gone.\n"
    flags = ("eval", "-r", tiny_run, "-", "--lines")
    found = charlstm.ok(*flags, "--json", stdin=text.encode()).json["lines"]
    shown = charlstm.ok(*flags, stdin=text.encode()).stdout.splitlines()
    assert [line["text"] for line in found] == text.splitlines()
    all_differ(round(line["log_likelihood"], 4) for line in found)
    for row, line in zip(shown, found, strict=True):
        same(row[:10].strip(), line["log_likelihood"])
        assert row[10:] == f"  {line['text']}"
        alone = load(tiny_run).log_likelihood(line["text"] + "\n")
        assert line["log_likelihood"] == pytest.approx(alone, rel=1e-5)


def test_cloze_shows_probability_log_likelihood_and_share(charlstm: Runner, tiny_run: Path) -> None:
    choices = [" are", " is", " w", " were gone"]
    flags = ("cloze", "-r", tiny_run, r"--prime=It is wet.\nThe cats", *choices)
    found = charlstm.ok(*flags, "--json").json["choices"]
    before, prime, head, *rows = charlstm.ok(*flags).stdout.splitlines()
    assert (prime, cells(head)) == ("The cats …", ["probability", "log-likelihood", "share"])
    alone = load(tiny_run).log_likelihoods(choices, "It is wet.\nThe cats")
    assert [choice["log_likelihood"] for choice in found] == pytest.approx(alone, rel=1e-5)
    assert before == "It is wet."
    together = sum(math.exp(choice["log_likelihood"]) for choice in found)
    for row, choice, text in zip(rows, found, choices, strict=True):
        label, probability, log, unit, share = re.split(r"\s+(?=\S+$|nats|-?\d)", row.strip())
        assert (label, choice["text"], unit) == (repr(text), text, "nats")
        same(probability, math.exp(choice["log_likelihood"]))
        same(log, choice["log_likelihood"])
        same(share, choice["share"])
        assert choice["share"] == pytest.approx(math.exp(choice["log_likelihood"]) / together)


# inspect


def test_inspect_gates_shows_open_and_shut_and_the_means_after_each_class() -> None:
    report = GatesReport(planted_gates(), "run", 4, before=planted_gates())
    found = plain(report.to_mapping())
    uses, claim, sizes, kept, memories, *couplings = blocks(list(report.lines()))
    start = len("gate    open   shut  either")
    occurring = [name for name in CLASSES if name != "digit"]
    assert uses[1][:start].split() == ["gate", "open", "shut", "either"]
    assert [uses[1][k : k + 12].strip() for k in range(start, len(uses[1]), 12)] == occurring
    for line, gate in zip(uses[2:], found["gates"], strict=True):
        name, _, layer, opened, shut, either, *means = line.split()
        assert (name, layer) == (gate["gate"], str(gate["layer"]))
        same(opened, gate["right_saturated"])
        same(shut, gate["left_saturated"])
        same(either, gate["right_saturated"] + gate["left_saturated"])
        each(means, [gate["by_class"][c] for c in occurring])
        for key in ("right_saturated", "left_saturated", "mean"):
            assert gate[key] == pytest.approx(np.mean(gate["units"][key]))
    all_gates = [g["right_saturated"] + g["left_saturated"] for g in found["gates"]]
    assert found["saturated"] == pytest.approx(np.mean(all_gates))
    judged = re.search(r"([\d.]+) % of the gate values of (\S+) characters", claim[0])
    assert judged and judged[2] == "1,234"
    same(judged[1], found["saturated"], 100)
    assert claim[0].endswith(": true here.") is (found["saturated"] > 0.5)
    for line, layer in zip(sizes, found["memory"], strict=True):
        numbers = re.findall(r"\d[\d.,]*\d|\d", line.replace("90 %", ""))
        each(numbers, [layer[key] for key in ("layer", "median", "p90", "largest")])
    both = [*found["kept"], *found["before_training"]["kept"]]
    for n, (mean, most, layer) in enumerate(zip(kept[::2], kept[1::2], both, strict=True)):
        when = ", before training" if n >= len(found["kept"]) else ""
        assert mean.startswith(f"f of layer {layer['layer']}{when}: a step keeps ")
        assert mean.endswith(" after 50")
        each(re.findall(r"[\d.]+(?= %)", mean), [100 * share for share in layer["shares"]])
        units = np.array(layer["units"])
        np.testing.assert_allclose(layer["shares"], units.mean(axis=1))
        unit = int(units[1].argmax())
        assert most.startswith(f"  most in unit {layer['layer']}:{unit}: ")
        each(re.findall(r"[\d.]+(?= %)", most), [100 * share for share in units[1:, unit]])
    ranked = sorted(
        (
            (gate["units"]["right_saturated"][unit], gate, unit)
            for gate in found["gates"]
            if gate["gate"] == "f"
            for unit in range(3)
        ),
        key=lambda found: -found[0],
    )
    assert cells(memories[0]) == ["longest retention", "open", "mean", "stays open for"]
    for line, (_, gate, unit) in zip(memories[1:], ranked[:4], strict=True):
        place, opened, average, stretch, word = re.split(r"\s+(?=[\d,.]+%?\s|char)", line.strip())
        assert (place, word) == (f"f of {gate['layer']}:{unit}", "characters")
        same(opened, gate["units"]["right_saturated"][unit])
        same(average, gate["units"]["mean"][unit])
        same(stretch, gate["units"]["stretch"][unit])
    for (line,), coupling in zip(couplings, found["coupling"], strict=True):
        numbers = re.findall(r"-?\d[\d.]*%?", line.removeprefix("i against 1 - f"))
        each(numbers[:3], [coupling["layer"], coupling["distance"], coupling["within"]])
        same(numbers[4], coupling["correlation"])
    head, rows = report.to_table()
    for row, (use, unit) in zip(
        rows, ((u, k) for u in found["gates"] for k in range(3)), strict=True
    ):
        cell = dict(zip(head, row, strict=True))
        assert (cell["layer"], cell["gate"], cell["unit"]) == (use["layer"], use["gate"], unit)
        for column, key in (("right", "right_saturated"), ("left", "left_saturated")):
            assert cell[column] == use["units"][key][unit]
        assert cell["mean"] == use["units"]["mean"][unit]
        assert cell["stretch"] == use["units"]["stretch"][unit]
    for gate in found["gates"]:
        own = [row for row in rows if row[:2] == [gate["layer"], gate["gate"]]]
        for name in occurring:
            values = [row[head.index(name)] for row in own]
            assert gate["by_class"][name] == pytest.approx(np.mean(values))


def test_inspect_units_shows_its_table_its_controls_and_its_verdict() -> None:
    units = planted_units()
    left_out = {("a", "identical"): 8, **{(c, "no subject_number"): 10 for c in "abcd"}}
    report = UnitsReport(units, [planted_course()], "number", "run", left_out=left_out)
    found = plain(report.to_mapping())
    pairs, overview, rows, legend, verdict, bars = blocks(list(report.lines()))
    assert found["used"] == units.counts["long"] + units.counts["short"] == 2111
    assert " ".join(pairs) == (
        "2,111 of 2,159 pairs are used. Left out: 8 (identical: a), 40 (no subject_number: a, b, c "
        "and 1 more). Units are judged in 2 conditions with 5 items or more over a long way; not "
        "in thin (3 there)."
    )
    assert found["left_out"] == 48 and found["left_out_by_condition"]["a"]["identical"] == 8
    assert found["long_items"] == {"left": 7, "thin": 3, "right": 9}
    parts = ["long", "long_singular", "long_plural", "short", "short_singular", "short_plural"]
    heads = ["long", "sing.", "plur.", "short", "sing.", "plur."]
    assert overview[0].split() == heads
    for line, label, key in ((overview[1], "pairs", "pairs"), (overview[2], "right", "accuracy")):
        name, *numbers = line.split()
        assert name == label
        each(numbers, [found[key][part] for part in parts])
    assert rows[1].split() == ["unit", "subj.", "mid.", "verb", "sep.", *heads, "in", "reten.",
                               "weight"]  # fmt: skip
    for line, unit in zip(rows[2:5], found["units"], strict=True):
        name, *numbers = line.split()
        assert name == "*" * unit["carries"] + f"{unit['layer']}:{unit['unit']}"
        each(
            numbers[:4],
            [*(unit["auc"][p] for p in ("subject", "middle", "verb")), unit["mean_separability"]],
        )
        each(numbers[4:10], [unit["cost"][part] for part in parts], 100)
        assert numbers[10] == f"{len(unit['constructions'])}/{len(unit['separability'])}"
        each(numbers[11:], [unit["retention"], unit["weight"]])
        assert unit["constructions"] == [
            c for c, least in unit["separability"].items() if least >= 0.9
        ]
    for k, (line, label) in enumerate(
        zip(rows[5:], ("95 % of random units lose from", "to"), strict=True)
    ):
        assert line.strip().startswith(label)
        bounds = [found["control"]["cost_95"][part][k] for part in parts]
        each(line.strip().removeprefix(label).split(), bounds, 100)
    words = " ".join(legend)  # each column of a unit has its word
    for column in ("long, short:", "AUC:", "after the subject, halfway", "before the verb",
                   "sep.:", "in:", "reten.:", "weight:", "plural", "singular"):  # fmt: skip
        assert column in words
    text = " ".join(verdict)
    carrier, long = found["units"][2], found["accuracy"]["long"]
    assert found["carriers"] == [[1, 3]]
    assert text.startswith("* carries number: 1:3. 1:3 separates its readings in left, ")
    percents = re.findall(r"[-\d.]+%", text)
    for n, part in enumerate(("long", "short")):
        before = found["accuracy"][part]
        each(percents[2 * n : 2 * n + 2], [before, before - carrier["cost"][part]])
    assert long == units.accuracy["long"]
    numbers = re.findall(r"p = ([\d.]+\d)", text)
    each(numbers, [carrier["p_labels"], carrier["p_controls"]])
    assert bars[0].startswith("tanh(c) of 1:3 over one sentence")
    assert (bars[0].index("│subject"), bars[0].index("│verb")) == (36 + BEFORE, 36 + BEFORE + STEPS)
    labels = ("singular, incongruent", "singular, congruent", "plural, incongruent",
              "plural, congruent")  # fmt: skip
    for line, label, curve in zip(bars[1:], labels, found["courses"][0]["lines"], strict=True):
        assert line[:36].strip() == label
        assert line[36:] == "".join(block_of(value, -1.0) for value in curve["tanh(c)"])
    head, table_rows = report.to_table()
    for row, unit in zip(table_rows, found["units"], strict=True):
        cell = dict(zip(head, row, strict=True))
        assert [cell["layer"], cell["unit"], cell["carries"]] == [
            unit["layer"], unit["unit"], unit["carries"],
        ]  # fmt: skip
        assert [cell[f"auc_{place}"] for place in unit["auc"]] == list(unit["auc"].values())
        assert [cell[f"cost_{part}"] for part in parts] == [unit["cost"][part] for part in parts]
        for key in ("mean_separability", "retention", "weight", "p_labels", "p_controls"):
            assert cell[key] == unit[key]


def test_inspect_units_follows_two_sentences_to_the_character(
    charlstm: Runner, planted_run: Path, here: Path
) -> None:
    write_pairs(here / "p.jsonl", planted_pairs())
    flags = ["inspect", "units", "-r", str(planted_run), "--pairs", "p.jsonl", "--candidates=2"]
    flags += ["--controls=19", "--unit", str(CARRIER)]
    found = charlstm.ok(*flags, "--json").json
    shown = charlstm.ok(*flags).stdout
    assert f"* carries number: 0:{CARRIER}." in shown and found["carriers"] == [[0, CARRIER]]
    one, two = found["courses"]
    each_way = BEFORE + STEPS + AFTER
    assert one["marks"] == [BEFORE, BEFORE + STEPS]
    assert two["marks"] == [*one["marks"], each_way + BEFORE, each_way + BEFORE + STEPS]
    names = ("singular", "plural")
    for line in two["lines"]:
        label = ", then ".join(names[reading] for reading in line["kind"])
        bars = "".join(block_of(value, -1.0) for value in line["tanh(c)"])
        assert f"  {label:<34}{bars}" in shown.splitlines()
    # The planted unit changes with the subject's own letter and keeps its value from then on.
    far = [pair for pair in planted_pairs() if pair.congruent is not None]
    subject = far[0].sentence_good.index("A") + 1  # where the letter has been read
    for line in two["lines"]:
        first, second = (math.tanh(2 * reading - 1) for reading in line["kind"])
        expected = [0.0] * (BEFORE - 1) + [first] * (1 + STEPS + AFTER)
        expected += [first] * (BEFORE - 1) + [second] * (1 + STEPS + AFTER)
        assert subject == 4
        np.testing.assert_allclose(line["tanh(c)"], expected, atol=0.03)


def test_inspect_gradients_shows_norms_clipping_and_how_fast_they_fall() -> None:
    reaches, clippings = planted_reaches(), {"one": Clipping(ANY(), 3.25, 1.5), "another": None}
    back = next(iter(reaches.values())).back
    report = GradientsReport(reaches, clippings, "at the verb")
    found = plain(report.to_mapping())["networks"]
    labels = ["one", "one, W × 2.5", "another", "third"]
    assert [(n["name"], n["gain"]) for n in found] == list(reaches)
    norms_shown, words = blocks(list(report.lines()))
    assert norms_shown[0] == "norm of the gradient of a loss at the verb, by steps back"
    shown = [int(k) for k in norms_shown[1].split()]
    assert shown == [1, 2, 5, 10, 20]
    rows = iter(norms_shown[2:])
    for name, network in zip(labels, found, strict=True):
        for state, values in network["norms"].items():
            label, *numbers, curve = cells(next(rows))
            assert label == f"{name}, dL/d{state}"
            each(numbers, [values[network["steps_back"].index(k)] for k in shown])
            logs = np.log10(values)
            assert len(curve) == len(values)
            assert curve == "".join(
                block_of(v) for v in (logs - logs.min()) / (logs.max() - logs.min())
            )
    by_name = {line.partition(": ")[0]: line for line in words if ": " in line}
    verbs = ("vanishes", "explodes", "explodes", "fades")
    for name, network, verb in zip(labels, found, verbs, strict=True):
        line = by_name[name]
        assert verb in line
        (shown_pace,) = re.findall(r"×(\S+) a step", line)
        same(shown_pace, network["factor"])
        total = np.sqrt(sum(np.square(v) for v in network["norms"].values()))
        pace = (total[-1] / total[0]) ** (1 / (back[-1] - back[0]))
        assert network["factor"] == pytest.approx(pace)
        below = {"vanishes": "below_hundredth", "fades": "below_half"}.get(verb)
        if below:
            same(line.split()[-3], network[below])
            least = {"below_half": 0.5, "below_hundredth": 0.01}[below] * total[0]
            assert network[below] == next(k for k, t in zip(back, total, strict=True) if t < least)
    hundredfold = [network["above_hundredfold"] for network in found]
    assert [k is None for k in hundredfold] == [True, False, True, True]
    assert by_name["one, W × 2.5"].endswith(f": a hundredfold {hundredfold[1]} steps back")
    assert "hundredfold" not in by_name["another"]
    (clip,) = (line for line in words if "clipped" in line)
    numbers = re.findall(r"[\d.]+%?", clip)
    each(numbers, [found[0]["clipping"][key] for key in ("share", "highest", "limit")])
    assert [network["clipping"] is None for network in found] == [False, True, True, True]


def test_inspect_text_shows_surprise_guesses_and_the_units_gates() -> None:
    text = "The cat sat."
    trace = trace_text(wild_model(num_layers=2), WILD_VOCABULARY, text)
    view = TextView(trace, [(0, 2), (1, 4)], 3, "run", {})
    found = plain(view.to_mapping())
    places = found["characters"]
    general, first, second, ending = blocks(list(view.lines(200, Depth.NONE)))
    rows = [tuple(re.split(r"\s{2}", line.strip(), maxsplit=1)) for line in general]
    surprise = "".join(block_of(min(p["bits"] / 10, 1)) for p in places)
    expected = [("text", text), ("surprise", surprise)]
    for k, rank in enumerate(("1st", "2nd", "3rd")):
        guesses = [place["expected"][k] for place in places]
        letters = "".join(guess["character"].replace("\n", "⏎") for guess in guesses)
        tenths = "".join(str(min(9, int(10 * guess["probability"]))) for guess in guesses)
        expected += [(f"{rank} guess", letters.rstrip()), ("in tenths", tenths)]
    assert rows == expected
    for lines, unit in ((first, found["units"][0]), (second, found["units"][1])):
        assert lines[0] == f"unit {unit['layer']}:{unit['unit']}"
        strips = {"tanh(c)": (unit["memory"], -1.0)}
        strips |= {g: (v, -1.0 if g == "g" else 0.0) for g, v in unit["gates"].items()}
        strips["h"] = unit["h"], -1.0
        assert unit["h"] == pytest.approx(np.multiply(unit["gates"]["o"], unit["memory"]))
        assert [line.split()[0] for line in lines[1:]] == ["tanh(c)", "i", "f", "o", "g", "h"]
        for line, (values, low) in zip(lines[1:], strips.values(), strict=True):
            assert line.split()[1] == "".join(block_of(value, low) for value in values)
    same(ending[0].split()[0], float(np.mean([place["bits"] for place in places])))
    assert ending[0].endswith(f"bits/char over {len(text)} characters")
    assert ending[1].startswith("tanh(c), g, h: ▁ -1 to █ 1; i, f, o: 0 to 1;")
    head, table_rows = view.to_table()
    for k, row in enumerate(table_rows):
        cell = dict(zip(head, row, strict=True))
        assert (cell["character"], cell["bits"]) == (text[k], places[k]["bits"])
        for n, guess in enumerate(places[k]["expected"], 1):
            assert cell[f"guess_{n}"] == guess["character"]
            assert cell[f"probability_{n}"] == guess["probability"]
        for unit in found["units"]:
            name = f"{unit['layer']}:{unit['unit']}"
            assert cell[f"{name}_tanh(c)"] == unit["memory"][k]
            assert all(cell[f"{name}_{g}"] == v[k] for g, v in unit["gates"].items())
            assert cell[f"{name}_h"] == unit["h"][k]


def test_inspect_attention_shows_where_the_weight_lies() -> None:
    text, names = "The cat sat.", ("looks at", "after", "share")
    trace = trace_text(wild_model(attention=5, attention_heads=3, scale=0.5), WILD_VOCABULARY, text)
    for at, asked in (((), None), ((9, 5), None), ((9, 5), 1)):
        view = AttentionView(trace, at, "run", head=asked)
        found = plain(view.to_mapping())
        about, *strips, rows, _ = blocks(list(view.lines(200, Depth.NONE)))
        of = "mean of 3 heads" if asked is None else "head 1 of 0 to 2"
        assert about == [f"weights: {of}"]
        steps = found["steps"]
        for step in steps:
            shown = np.mean(step["by_head"], axis=0) if asked is None else step["by_head"][asked]
            assert step["weights"] == pytest.approx(shown)
        assert (found["text"], found["reach"]) == (text, 5)
        assert [step["at"] for step in steps] == list(at or range(len(text)))
        for step, line in zip(steps, rows[1:], strict=True):
            t, places = step["at"], list(enumerate(step["weights"], step["first"]))
            assert step["character"] == text[t]
            assert [place for place, _ in places] == list(range(max(-1, t - 6), t - 1))
            said = re.match(r'\s*(\d+)  "(.)"', line)
            assert said and said.groups() == (str(t), text[t])
            three = re.findall(r'(-?\d+)  "([^"]*)" +(\S+)%', line[said.end() :])
            most = sorted(places, key=lambda place: -place[1])[:3]
            for (place, before, share), (k, weight) in zip(three, most, strict=True):
                assert (int(place), before) == (k, f"⏎{text}"[max(0, k - 8) : k + 2])
                same(f"{share}%", weight)
        assert cells(rows[0]) == ["at", *names, *names, *names]
        if at:
            shown = [re.split(r"  ", line.strip(), maxsplit=1) for line in strips[0]]
            bars = {}
            for step in steps:
                padding = " " * (step["first"] + 1)
                bars[f"{step['at']} {step['character']}"] = padding + "".join(
                    block_of(math.sqrt(weight)) for weight in step["weights"]
                )
            assert dict(shown) == {"text": f"⏎{text}"[:11], **bars}
        head, table_rows = view.to_table()
        assert [dict(zip(head, row, strict=True)) for row in table_rows] == [
            {"at": step["at"], "character": step["character"], "place": k, "weight": weight,
             "seen": f"\n{text}"[k + 1]}
            for step in steps
            for k, weight in enumerate(step["weights"], step["first"])
        ]  # fmt: skip


def test_inspect_attention_shows_the_means_over_pairs() -> None:
    random, looks = Random(5), []
    for condition, congruent in (("pp", True), ("pp", False), ("pp", False), ("alone", None)):
        pair = Pair("a", "b", condition, "1", congruent=congruent)
        subject, attractor, odds = ANY() / 2, ANY() / 2, (random.random() - 0.4 for _ in "abc")
        other = (None, None) if congruent is None else (attractor, ANY())
        looks += [Look(pair, subject, [ANY(), ANY()], ANY(), *other, *odds)]
    report = AttentionReport(looks, "run", 9, 2, None)
    found = plain(report.to_mapping())
    about, rows, totals, legend = blocks(list(report.lines()))
    assert (about, len(legend)) == (["weights: mean of 2 heads"], 5)
    of_one = list(replace(report, head=1).lines())
    assert of_one[0] == "weights: head 1 of 0 to 1, from which alone outputs are hidden"
    assert len(cells(of_one[2])) == len(cells(rows[0])) - 1
    assert list(replace(report, heads=1).lines()) == of_one[2:]
    groups = found["conditions"] | {k: found[k] for k in ("overall", "congruent", "incongruent")}
    shown = {name: values for name, *values in map(cells, (*rows[1:], *totals))}
    names = ("subject", "subject_chance", "attractor", "attractor_chance", "elsewhere")
    assert cells(rows[0]) == [
        "pairs", "subject", "chance", "other noun", "chance", "elsewhere", "right", "hidden",
        "random", "in one head",
    ]  # fmt: skip
    assert list(shown) == list(groups) == ["pp", "alone", "overall", "congruent", "incongruent"]
    for name, group in groups.items():
        of = {
            "overall": looks, "congruent": looks[:1], "incongruent": looks[1:3],
            "pp": looks[:3], "alone": looks[3:],
        }[name]  # fmt: skip
        assert group["pairs"] == int(shown[name][0]) == len(of)
        for column in (*names[:4], "right", "without_subject", "without_random"):
            values = [v for look in of if (v := getattr(look, column)) is not None]
            assert group[column] == (pytest.approx(np.mean(values)) if values else None)
        nouns = group["subject"] + sum(look.attractor or 0.0 for look in of) / len(of)
        assert group["elsewhere"] == pytest.approx(1 - nouns)
        best, share = shown[name].pop().split(": ")
        in_heads = np.mean([look.subject_by_head for look in of], axis=0)
        assert group["best_head"] == int(best) == in_heads.argmax()
        assert group["subject_in_best_head"] == pytest.approx(in_heads.max())
        same(share, group["subject_in_best_head"])
        each(shown[name][1:], list(group.values())[1:-2])
    head, table_rows = report.to_table()
    for row, name in zip(table_rows, ("pp", "alone"), strict=True):
        assert dict(zip(head, row, strict=True)) == {"condition": name, **groups[name]}


# sample, describe, bench, plot, corpus, train


def test_sample_says_what_a_plain_search_finds_copied(charlstm: Runner, learnt_run: Path) -> None:
    flags = (
        "sample",
        "-r",
        learnt_run,
        "--length=90",
        "--temperature=0.9",
        "--novelty",
        "--seed=3",
    )
    outcome = charlstm.ok(*flags, "--count=3")
    records = charlstm.ok(*flags, "--count=3", "--json").json["samples"]
    assert outcome.stdout.split("\n----------\n") == [record["text"] for record in records]
    assert [record["seed"] for record in records] == [3, 4, 5]
    trained = TEXT[: int(len(TEXT) * 0.9)]
    for line, record in zip(outcome.stderr.splitlines(), records, strict=True):
        text, novelty = record["text"], record["novelty"]
        pieces = [text[k : k + 12] in trained for k in range(len(text) - 11)]
        runs = [text[a:b] for a in range(90) for b in range(a + 12, 91) if text[a:b] in trained]
        longest = max(map(len, runs), default=0)
        assert novelty["copied"] == pytest.approx(np.mean(pieces))
        assert novelty["longest"] == longest == len(novelty["text"])
        assert novelty["text"] in runs
        percent, length, piece = re.fullmatch(
            r"(\S+) of its pieces of 12 characters .* is (\d+) characters: (.*)", line
        ).groups()  # type: ignore[union-attr]
        same(percent, novelty["copied"])
        assert int(length) == longest
        assert piece.strip("'").replace("\\n", "\n").rstrip("…") in text
    all_differ(record["novelty"]["copied"] for record in records)


def test_describe_shows_every_number_of_its_json(charlstm: Runner) -> None:
    flags = ["describe", "--cell=gru", "--num-layers=3", "--hidden-size=7", "--vocabulary=11"]
    flags += ["--batch-size=5", "--attention=6", "--attention-heads=7"]
    found = charlstm.ok(*flags, "--json").json
    general, above, first, upper, attention, readout, parameters, operations = list(
        blocks(charlstm.ok(*flags).stdout.splitlines())
    )[1:]
    assert found["num_layers"] == 3 and found["hidden_size"] == 7 and found["vocabulary"] == 11
    sections = [*found["layers"][:2], found["attention_block"], found["readout"]]
    tensors = [*sections[0]["tensors"], *sections[2]["tensors"], *sections[3]["tensors"]]
    assert [tuple(cells(line)) for line in (*general[1:], *above[3:])] == [
        (tensor["equation"], tensor["dimensions"]) for tensor in tensors
    ]
    shown_in = ((first, 2, 0), (upper, 1, 1), (attention, 1, 2), (readout, 1, 3))
    for lines, skipped, section in shown_in:
        assert [tuple(cells(line)) for line in lines[skipped:]] == [
            (tensor["name"], tensor["numbers"]) for tensor in sections[section]["tensors"]
        ]
    names = ("layer 0", "layers 1 to 2, each", "attention", "readout")
    rows = [cells(line) for line in parameters[1:]]
    assert rows[0] == ["numbers", "bytes"]
    expected = []
    for name, section in zip(names, sections, strict=True):
        own = []
        for block in section["blocks"]:
            weights = [f"{w} ({', '.join(map(str, n))})" for w, n in block["weights"].items()]
            own.append([block["name"], *weights, block["parameters"], block["bytes"]])
        if len(own) > 1:
            own.append(["together", section["parameters"], section["bytes"]])
        own[0].insert(0, name)
        expected += own
    expected.append(["all", found["parameters"], found["bytes"]])
    assert [[*row[:-2], *(int(n.replace(",", "")) for n in row[-2:])] for row in rows[1:-2]] == (
        expected
    )
    same(parameters[-2].split()[-5], found["state_bytes"])
    same(parameters[-1].split()[2], found["attention_block"]["state_bytes"])
    same(parameters[-1].split()[6], 5 * found["attention_block"]["state_bytes"])
    shown = table(operations[2:-1])
    layers = dict(zip(names, sections, strict=True))
    rows_of = {name: section["operations"] for name, section in layers.items()}
    rows_of["all"] = found["operations_per_character"]
    assert list(shown) == list(rows_of)
    for name, row in rows_of.items():
        same(shown[name]["products"], row["products"])
        same(shown[name]["elementwise"], row["elementwise"])
        same(shown[name]["total"], row["products"] + row["elementwise"])
    same(operations[-1].split()[-1].rstrip("."), found["training_products_per_character"])


def test_bench_shows_speeds_times_and_shares_in_their_units(
    charlstm: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planted(size: Any, repeats: int, seconds: float) -> Speed:
        asked.append((size.architecture.hidden_size, repeats, seconds))
        random = Random(size.architecture.hidden_size).random

        def spread(scale: float) -> Spread:
            return Spread.of([scale * (1 + random()) for _ in range(3)])

        scales = (123_456, 34_567, 987_654, 0.0123, 0.0045, 1.7, 0.3, 71.0)
        return Speed(size, *map(spread, scales))

    asked: list[Any] = []
    monkeypatch.setattr("charlstm.cli.bench.measure", planted)
    flags = ["bench", "--hidden-size=8", "--hidden-size=16", "--cell=gru", "--num-layers=2"]
    flags += ["--batch-size=10", "--seq-length=6", "--vocabulary=33", "--workers=3"]
    flags += ["--repeats=4", "--seconds=0.25", "--attention=2"]
    found = charlstm.ok(*flags, "--json").json
    (machine, medians), *sizes = blocks(charlstm.ok(*flags).stdout.splitlines())
    assert machine == ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    assert medians.startswith("medians of 4 repeats")
    assert (found["repeats"], found["seconds"]) == (4, 0.25)
    assert asked == [(8, 4, 0.25), (16, 4, 0.25)] * 2
    rows = {
        "training, 3 workers": ("training", 1e-3, "k characters/s"),
        "sampling": ("sampling", 1e-3, "k characters/s"),
        "sampling, 64 at once": ("sampling_batch", 1e-3, "k characters/s"),
        "update of 4 columns, one thread": ("step", 1e3, "ms"),
        "its matrix products alone, plain": ("products", 1e3, "ms"),
        "": ("gflops", 1.0, "GFLOP/s"),
        "update ÷ products alone": ("ratio", 1.0, ""),
        "share of its own products in the update": ("product_share", 100.0, "%"),
    }
    for lines, size in zip(sizes, found["sizes"], strict=True):
        units = size["hidden_size"]
        assert lines[0] == (
            f"gru 2×{units}, attention of 4 heads over 2 outputs, "
            f"10 columns of 6 characters, 33 known"
        )
        for line, (label, (key, scale, unit)) in zip(lines[1:], rows.items(), strict=True):
            assert line[:44].strip() == label
            median, *middle, reach = line[44:].split()
            assert " ".join(middle) == unit
            same(median, size[key], scale)
            each(reach.split("–"), size[f"{key}_range"], scale)


def test_plot_shows_the_first_the_last_and_the_lowest_of_each_curve(
    charlstm: Runner, here: Path
) -> None:
    columns = {name: [20 * ANY() for _ in range(5)] for name in COLUMNS}
    columns |= {"update": [1, 2, 3, 4, 5], "characters": [500, 1500, 2500, 4500, 4000]}
    rows = [",".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    for name in ("one", "two"):
        (here / name).mkdir()
        (here / name / "config.yaml").touch()
        (here / name / "metrics.csv").write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
        rows = rows[1:]
    found = charlstm.ok("plot", "one", "two", "--json").json["runs"]
    for run, skipped in zip(found, (0, 1), strict=True):
        assert run.pop("name") == ("one", "two")[skipped]
        assert run == {name: pytest.approx(values[skipped:]) for name, values in columns.items()}
    shown = charlstm.ok("plot", "one", "two").stdout.splitlines()
    labels = {"train, nats/char": "train_nats", "validation, nats/char": "val_nats",
              "learning rate": "lr", "gradient norm": "grad_norm",
              "|c|, 90 % are below": "c_p90"}  # fmt: skip
    for lines, name, run in ((shown[:6], "one", found[0]), (shown[6:], "two", found[1])):
        assert lines[0] == f"{name}: 4,500 characters read"
        for line, (label, key) in zip(lines[1:], labels.items(), strict=True):
            assert line[2:24].strip() == label
            glyphs, *words = line[24:].split()
            each(
                (words[0], words[2].rstrip(","), words[4]),
                (run[key][0], run[key][-1], min(run[key])),
            )
            low, high = min(run[key]), max(run[key])
            assert glyphs == "".join(block_of((v - low) / (high - low)) for v in run[key])


def test_corpus_says_how_much_it_wrote_and_how_to_use_it(charlstm: Runner, here: Path) -> None:
    flags = ("--sentences=31", "--seed=4", "--max-attractors=2", "--max-filler=60")
    said = charlstm.ok("corpus", "agreement", "a b.txt", *flags).stderr
    lines = (here / "a b.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 31 and said.startswith("wrote 31 sentences to ")
    settings = json.loads((here / "a b.json").read_text(encoding="utf-8"))
    wanted = {"sentences": 31, "seed": 4, "max_attractors": 2, "max_filler": 60, "hold_out": True}
    assert settings.items() >= wanted.items()
    said = charlstm.ok("corpus", "pairs", "p.jsonl", "--per-condition=4", "--sweep=depth").stderr
    pairs = read_pairs(here / "p.jsonl")
    assert said.startswith(f"wrote {len(pairs)} pairs to p.jsonl; ")
    conditions = [pair.condition for pair in pairs]
    assert {conditions.count(name) for name in conditions} == {4}


def test_train_says_what_its_json_and_its_config_say(charlstm: Runner, here: Path) -> None:
    flags = ("--max-steps=9", "--dropout=0", "--lr=0.02", "--eval-every=9", "--warmup-steps=2")
    asked = ("train", "text.txt", *TINY, *flags, "--attention=5")
    outcome = charlstm.ok(*asked, "--out=my run", "--json")
    start, budget, done, hint = outcome.stderr.splitlines()
    run, model = outcome.json, load(here / "my run")
    assert start == (
        "my run: lstm 1×8, attention of 4 heads over 5 outputs, "
        f"{model.parameters.num_parameters:,} parameters, "
        f"{int(len(TEXT) * 0.9):,} characters to train on, "
        f"{len(TEXT) - int(len(TEXT) * 0.9):,} to validate on"
    )
    passes = re.fullmatch(r"9 updates of 8×12 characters \((\S+) passes\), 1 worker", budget)
    assert passes
    same(passes[1], 9 * 96 / int(len(TEXT) * 0.9))
    said = re.fullmatch(
        r"done after 9 updates, 864 characters in (\S+) s; validation (\S+) nats/char "
        r"\((\S+) bits\), best (\S+)",
        done,
    )
    assert said
    same(said[1], run["seconds"])
    same(said[2], run["last_val_nats"])
    same(said[3], run["last_val_nats"] / math.log(2))
    same(said[4], run["best_val_nats"])
    assert (run["run"], run["steps"], run["characters"]) == ("my run", 9, 864)
    command = shlex.split(hint.partition(": charlstm ")[2])
    assert charlstm.ok(*command, "--length=5").stdout.startswith("The ")


def test_a_copy_is_cut_where_it_is_long() -> None:
    from charlstm.cli.terminal import copied

    assert copied(Novelty(0, 0, 0.0), "") == (
        "nothing of 12 characters or more stands in the training text"
    )
    assert copied(Novelty(70, 0, 0.123), "a" * 70).endswith(f"'{'a' * 59}…'")
