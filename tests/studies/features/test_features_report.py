"""What `inspect features` prints is what its JSON and its table have, value by value."""

from random import Random

import numpy as np
from printed import all_differ, each

from charlstm.studies.features.characters.catalogue import BY_NAME
from charlstm.studies.features.costs import Cost, Needs
from charlstm.studies.features.labels import LeftOut
from charlstm.studies.features.report import FeaturesReport
from charlstm.studies.features.result import Candidate, Features, FeatureUnits

ANY = Random(3).random  # values that are all different


def planted(name: str, counts: bool, carries: bool, better: str = "") -> FeatureUnits:
    """A feature with two candidates, of which the second may carry it."""
    feature = BY_NAME[name]
    needs = Needs(np.arange(1000 + len(name)), ANY(), 3 + ANY()) if feature.needs else None
    candidates = [
        Candidate(
            layer=layer,
            unit=int(100 * ANY()),
            score=0.5 * ANY(),
            luck=0.005 if name != "word" else 0.2 + 0.1 * ANY(),
            cost=Cost(ANY(), ANY() / 9, 5 * ANY()) if needs else None,
            better=better if layer == 0 else "",
            carries=carries and layer == 1,
        )
        for layer in (0, 1)
    ]
    numbers = ANY(), ANY(), ANY()
    return FeatureUnits(feature, counts, ANY(), *numbers, needs, ANY() / 7, candidates)


def planted_features() -> Features:
    found = [
        planted("quotes", counts=False, carries=False, better="comment"),
        planted("comment", counts=False, carries=True),
        planted("url", counts=False, carries=False),
        planted("line", counts=True, carries=True),
        planted("word", counts=True, carries=False),
    ]
    left_out = [LeftOut("braces", "never occurs"), LeftOut("string", "never occurs")]
    return Features(found, left_out, 12_345, 21, 123, has_learnt=True)


def test_the_tables_show_what_the_json_has() -> None:
    report = FeaturesReport(planted_features(), "run")
    found = {each["feature"]: each for each in report.to_mapping()["features"]}
    all_differ(unit["cost_nats"] for name in ("quotes", "line") for unit in found[name]["units"])
    flags, counts, legend, verdict = "\n".join(report.lines()).split("\n\n")
    heads = ["unit", "AUC", "luck", "shift", "last", "all", "needing", "cost", "others", "random"]
    marks = {"quotes": "+", "comment": "*", "url": "+", "line": "*", "word": ""}
    for block, first, names in (
        (flags, "holds", ("quotes", "comment", "url")),
        (counts, "mean", ("line", "word")),
    ):
        head, *rows = block.split("\n")
        assert head.split() == [
            first,
            *[h if h != "AUC" or first == "holds" else "r" for h in heads],
        ]
        for row, name in zip(rows, names, strict=True):
            one = found[name]
            unit = one["units"][1 if marks[name] == "*" else 0]
            assert row[:2] == f"{marks[name]:<2}"
            shown = row[2:].replace(" %", "%").split()
            score = unit.get("auc", unit.get("correlation"))
            strong = score if one["measure"] == "correlation" else max(score, 1 - score)
            assert shown[:1] == [name]
            assert shown[2] == f"{unit['layer']}:{unit['unit']}"
            assert shown[3][0] == ("-" if one["measure"] == "auc" else "+")
            each([shown[1]], [one["mean"]])
            each(
                [shown[3][1:], *shown[4:8]],
                [strong, unit["luck"], one["shifted"], one["last_character"], one["all_units"]],
            )
            if not one["needing"]:
                assert len(shown) == 8
                continue
            each([shown[8]], [one["needing"]["count"]])
            costs = unit["cost_nats"], unit["cost_others_nats"], one["needing"]["random_cost_nats"]
            each(shown[9:], costs)
    words = " ".join(legend.split())
    for said in ("AUC and r:", "shift:", "in 99 % of 123 shifts", "last:", "all:", "needing:",
                 "cost:", "on the others", "21 random units"):  # fmt: skip
        assert said in words
    units = {name: found[name]["units"] for name in found}
    second = {name: f"{some[1]['layer']}:{some[1]['unit']}" for name, some in units.items()}
    quoted = f"0:{units['quotes'][0]['unit']}"
    assert verdict.split("\n") == [
        f"* {second['comment']} carries comment: in /* … */ or // ….",
        f"* {second['line']} carries line: how far the line is read.",
        f"{quoted} tells quotes too and is needed for it, but it tells comment more clearly.",
        "Left out, never occurs: braces, string.",
    ]


def test_the_table_has_a_row_for_each_candidate() -> None:
    report = FeaturesReport(planted_features(), "run")
    mapping = report.to_mapping()
    records = iter(report.to_records())
    for one in mapping["features"]:
        for unit in one["units"]:
            record = next(records)
            needing = one["needing"] or {}
            assert record == {
                "feature": one["feature"],
                "measure": one["measure"],
                "mean": one["mean"],
                "layer": unit["layer"],
                "unit": unit["unit"],
                "score": unit[one["measure"]],
                "luck": unit["luck"],
                "shifted": one["shifted"],
                "last_character": one["last_character"],
                "all_units": one["all_units"],
                "needing": needing.get("count"),
                "cost_nats": unit["cost_nats"],
                "cost_others_nats": unit["cost_others_nats"],
                "deviations": unit["deviations"],
                "cost_random_nats": needing.get("random_cost_nats", record["cost_random_nats"]),
                "tells": unit["tells"],
                "carries": unit["carries"],
            }
    assert mapping["carriers"] == [
        {"feature": name, "layer": 1, "unit": units[1]["unit"]}
        for name in ("comment", "line")
        for units in [next(f["units"] for f in mapping["features"] if f["feature"] == name)]
    ]
    assert [each["name"] for each in mapping["left_out"]] == ["braces", "string"]


def test_a_network_that_has_learnt_nothing_is_said_to_carry_nothing() -> None:
    features = planted("quotes", counts=False, carries=False)
    nothing = Features([features], [], 9000, 19, 99, has_learnt=False)
    text = " ".join(" ".join(FeaturesReport(nothing, "run", "byte").lines()).split())
    assert "no better than the frequency of its bytes does, so no unit can carry" in text
    assert "No unit carries a feature by itself" not in text
    foresees = Features([planted("vowel-next", False, False)], [], 9000, 19, 99, has_learnt=True)
    text = "\n".join(FeaturesReport(foresees, "run").lines())
    assert "No unit carries a feature by itself." in text
    assert "About the character to come, which is a guess: vowel-next." in text


def test_units_are_named_by_what_they_carry_or_tell_best() -> None:
    features = planted_features()
    comment, line = (features.features[k].candidates[1].place for k in (1, 3))
    assert features.names[comment] == "comment" and features.names[line] == "line"
    url = features.features[2]
    clear = FeatureUnits(url.feature, False, 0.1, 0.6, 0.6, 0.9, None, 0.1,
                         [Candidate(0, 7, 0.9, 0.005, None, "", carries=False)])  # fmt: skip
    assert Features([clear], [], 9000, 19, 99, True).names == {(0, 7): "url?"}
