"""Minimal pairs as people have them: every format, folders, standard input, what is left out."""

import csv
import json
import os
import string
from pathlib import Path

import pytest
from command_line import TINY, Runner, start

from charlstm import load
from charlstm.pairs.pair import Pair

BLIMP = (
    '{"sentence_good": "The cups alarm Angela.", "sentence_bad": "The cups alarms Angela.", '
    '"one_prefix_prefix": "The cups", "field": "morphology", "linguistics_term": "agreement", '
    '"UID": "regular_plural", "simple_LM_method": true, "dependency_length": 2, "pairID": "0"}\n'
    '{"sentence_good": "The cat alarms Bob.", "sentence_bad": "The cat alarm Bob.", '
    '"one_prefix_prefix": "The cat", "field": "morphology", "linguistics_term": "agreement", '
    '"UID": "regular_plural", "simple_LM_method": true, "dependency_length": 2, "pairID": "1"}\n'
)
LAKRETZ = (
    "The cat near the dogs sees\tsingular_plural\tcorrect\tid1\n"
    "The cat near the dogs see\tsingular_plural\twrong\tid1\n"
    "The cats near the dogs sees\tplural_plural\twrong\tid2\n"
    "The cats near the dogs see\tplural_plural\tcorrect\tid2\n"
)
GULORDAVA = (
    "pattern\tconstr_id\tsent_id\tcorrect_number\tform\tclass\ttype\tprefix\tn_attr\tfreq\tsent\n"
    'L__NOUN_VERB\t1\t7\tplur\tare\tcorrect\tgenerated\tThe "" cats near it\t1\t90\tx\n'
    'L__NOUN_VERB\t1\t7\tplur\tis\twrong\tgenerated\tThe "" cats near it\t1\t80\tx\n'
    'L__NOUN_VERB\t1\t0\tsing\tis\tcorrect\toriginal\tThe cat\t0\t80\t"The "" cat "" is"\n'
    'L__NOUN_VERB\t1\t0\tsing\tare\twrong\toriginal\tThe cat\t0\t90\t"The "" cat "" is"\n'
)
GOLD = "2\tis\tare\t0\n4\tsee\tsees\t1\n"
TEXT = "the cat is here . <eos>\nthe cats near it see us . <eos>\n"
MARVIN = "test case\tgrammatical\tungrammatical\nsimple\tThe author laughs .\tThe author laugh .\n"


@pytest.fixture(scope="module")
def run(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that knows every character of these pairs."""
    return trained(charlstm, tmp_path_factory.mktemp("ascii"), string.printable[:95])


@pytest.fixture(scope="module")
def lower_run(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that knows no capitals."""
    return trained(charlstm, tmp_path_factory.mktemp("lower"), string.ascii_lowercase + " .")


def trained(charlstm: Runner, folder: Path, characters: str) -> Path:
    (folder / "text.txt").write_text((characters + "\n") * 40, encoding="utf-8")
    charlstm.ok("train", folder / "text.txt", *TINY, "--max-steps=3", "--out", folder / "run")
    return folder / "run"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def items(charlstm: Runner, run: Path, *pairs: str) -> list[dict[str, object]]:
    """The rows of --items, without scores."""
    flags = [word for path in pairs for word in ("--pairs", path)]
    charlstm.ok("agree", "-r", run, *flags, "--items=items.jsonl", "--force")
    lines = Path("items.jsonl").read_text(encoding="utf-8").splitlines()
    rows: list[dict[str, object]] = [json.loads(line) for line in lines]
    for row in rows:
        assert row.pop("right") is (row.pop("score_good") > row.pop("score_bad"))  # type: ignore[operator]
    return rows


# Formats


def test_blimp_keeps_its_labels(charlstm: Runner, run: Path, here: Path) -> None:
    write(here, {"b.jsonl": BLIMP})
    first, _ = items(charlstm, run, "b.jsonl")
    given = json.loads(BLIMP.splitlines()[0])
    assert first == {"condition": given.pop("UID"), "item": "line 1", **given}
    (here / "items.jsonl").rename(here / "old.jsonl")
    again = items(charlstm, run, "old.jsonl")  # what was written can be read
    assert again[0] == first
    assert load(run).pair_set("b.jsonl").group_by == ("linguistics_term", "field")
    write(here, {"b.jsonl": BLIMP.replace('"UID"', '"condition": "mine", "UID"')})
    assert items(charlstm, run, "b.jsonl")[0] == first | {
        "condition": "mine",
        "UID": "regular_plural",
    }


def test_a_table_of_items_can_be_read_after_another_program_wrote_it(run: Path, here: Path) -> None:
    write(
        here,
        {
            "x.csv": "UID,condition,sentence_good,sentence_bad,right,share\n"
            "u,c,A is,A are,True,0.5\n"
        },
    )
    expected = {"sentence_good": "A is", "sentence_bad": "A are", "condition": "c"}
    pair_set = load(run).pair_set("x.csv")
    assert [pair.to_mapping() for pair in pair_set.pairs] == [
        expected | {"item": "line 2", "UID": "u", "right": True, "share": 0.5}
    ]


@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_items_are_a_table_if_the_ending_says_so(
    charlstm: Runner, run: Path, here: Path, ending: str
) -> None:
    write(here, {"b.jsonl": BLIMP, "pp.txt": LAKRETZ, "g.tab": GULORDAVA})
    rows = items(charlstm, run, "b.jsonl", "pp.txt", "g.tab")
    flags = ("--pairs=b.jsonl", "--pairs=pp.txt", "--pairs=g.tab", f"--items=i.{ending}")
    charlstm.ok("agree", "-r", run, *flags)
    with (here / f"i.{ending}").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file, delimiter="\t" if ending == "tsv" else ","))
    for row, cells in zip(rows, table, strict=True):
        own = {name: str(value) for name, value in row.items() if value is not None}
        scores = {name: cells.pop(name) for name in ("score_good", "score_bad", "right")}
        assert own == {name: cell for name, cell in cells.items() if cell}
        assert scores["right"] == str(float(scores["score_good"]) > float(scores["score_bad"]))
    kept = load(run).pair_set(f"i.{ending}").pairs  # what was written can be read
    assert kept == load(run).pair_set(["b.jsonl", "pp.txt", "g.tab"]).pairs


def test_lakretz_has_a_pair_in_two_lines(charlstm: Runner, run: Path, here: Path) -> None:
    write(here, {"nounpp.txt": LAKRETZ})
    first, second = items(charlstm, run, "nounpp.txt")
    assert first == {
        "sentence_good": "The cat near the dogs sees",
        "sentence_bad": "The cat near the dogs see",
        "condition": "singular_plural",
        "item": "id1",
        "subject_number": "singular",
        "congruent": False,
        "attractors": 1,
        "closing": " ",
    }
    assert (second["sentence_good"], second["congruent"]) == ("The cats near the dogs see", True)


def test_lakretz_generator_writes_the_wrong_verb(charlstm: Runner, run: Path, here: Path) -> None:
    write(here, {"n.txt": "nounpp\tThe cat near the dogs sees\tsingular\tplural\tsee\n"})
    (row,) = items(charlstm, run, "n.txt")
    assert row["sentence_bad"] == "The cat near the dogs see"
    assert (row["condition"], row["congruent"]) == ("nounpp_singular_plural", False)


def test_gulordava_has_a_prefix_and_two_forms(charlstm: Runner, run: Path, here: Path) -> None:
    write(here, {"generated.tab": GULORDAVA})
    first, second = items(charlstm, run, "generated.tab")
    assert first == {
        "sentence_good": 'The "" cats near it are',
        "sentence_bad": 'The "" cats near it is',
        "condition": "L__NOUN_VERB",
        "item": "1_7",
        "subject_number": "plural",
        "congruent": False,
        "attractors": 1,
        "closing": " ",
        "constr_id": 1,
        "sent_id": 7,
        "form_correct": "are",
        "form_wrong": "is",
        "type": "generated",
        "freq_correct": 90,
        "freq_wrong": 80,
        "sent": "x",
    }
    assert second["sent"] == 'The " cat " is' and "congruent" not in second
    assert load(run).pair_set("generated.tab").group_by == ("type",)


def test_linzen_has_two_files(charlstm: Runner, run: Path, here: Path) -> None:
    write(here, {"f.gold": GOLD, "f.text": TEXT})
    rows = items(charlstm, run, "f.gold")
    assert rows == [
        {
            "sentence_good": "the cat is",
            "sentence_bad": "the cat are",
            "condition": "attractors_0",
            "item": "line 1",
            "attractors": 0,
            "closing": " ",
            "position": 2,
        },
        {
            "sentence_good": "the cats near it see",
            "sentence_bad": "the cats near it sees",
            "condition": "attractors_1",
            "item": "line 2",
            "congruent": False,
            "attractors": 1,
            "closing": " ",
            "position": 4,
        },
    ]
    assert items(charlstm, run, "f.text") == rows
    assert "f.gold is named twice" in charlstm.fails(
        "agree", "-r", run, "--pairs=f.gold", "--pairs=f.text"
    )


def test_linzen_without_its_neighbour(charlstm: Runner, run: Path, here: Path) -> None:
    agree = ("agree", "-r", run, "--pairs")
    write(here, {"f.gold": GOLD})
    assert "in f.text, which is missing" in charlstm.fails(*agree, "f.gold")
    write(here, {"f.text": TEXT.splitlines()[0]})
    assert "f.gold, line 2: there is no sentence" in charlstm.fails(*agree, "f.gold")
    write(here, {"f.text": TEXT + "and more\n"})
    assert "line 3 of the .text file has a sentence" in charlstm.fails(*agree, "f.gold")
    write(here, {"f.text": TEXT.replace("see us . <eos>", "")})
    outcome = charlstm.ok(*agree, "f.gold", "--json")
    assert outcome.json["left_out_by_condition"] == {
        "attractors_1": {"the sentence ends before its verb": 1}
    }
    assert "left out 1 pair: the sentence ends before its verb" in outcome.stderr
    write(here, {"f.text": TEXT.replace("see us", "eat us")})
    assert (
        "1 of 2 pairs have a right form that is not the word"
        in charlstm.ok(*agree, "f.gold").stderr
    )
    (here / "f.gold").unlink()
    assert "in f.gold, which is missing" in charlstm.fails(*agree, "f.text")


def test_marvin_and_linzen_name_their_columns(charlstm: Runner, run: Path, here: Path) -> None:
    write(here, {"m.tsv": MARVIN})
    (row,) = items(charlstm, run, "m.tsv")
    assert (row["condition"], row["sentence_good"]) == ("simple", "The author laughs .")


def test_a_label_is_no_good_sentence(charlstm: Runner, run: Path, here: Path) -> None:
    write(here, {"m.tsv": MARVIN.partition("\n")[2]})
    message = charlstm.fails("agree", "-r", run, "--pairs=m.tsv")
    assert "m.tsv, line 1: the second and the third column look like the pair" in message


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ("label\ttext a\ttext b\nx\tThe author laughs .\tThe author laugh .\n", "'text a'"),
        ("sentence_1\tsentence_2\nThe author laughs .\tThe author laugh .\n", "'sentence_2'"),
        ("good one\tbad one\nThe author laughs .\tThe author laugh .\n", "'bad one'"),
        ("item_number,condition_name,region_number,content\n1,a,1,The\n", "'condition_name'"),
        ("grammatical;correct;wrong\na;b;c\n", "'grammatical', 'correct', 'wrong'"),
        ("a b\tc d\te f\tg h\n", "'a b', 'c d', 'e f', 'g h'"),
        ("\t".join(f"c{k}" for k in range(40)), "'c11' and 28 more"),
    ],
)
def test_columns_that_are_not_understood_are_named(
    charlstm: Runner, run: Path, here: Path, table: str, named: str
) -> None:
    write(here, {"x.tsv": table})
    message = charlstm.fails("agree", "-r", run, "--pairs=x.tsv", "--items=i.jsonl")
    assert "x.tsv, line 1: the columns " in message and "are not understood" in message
    assert named in message
    assert not (here / "i.jsonl").exists()


def test_a_table_without_names_may_begin_with_short_sentences(
    charlstm: Runner, run: Path, here: Path
) -> None:
    write(
        here,
        {
            "x.tsv": "Cats sleep\tCats sleeps\n"
            "The cat that I saw sleeps.\tThe cat that I saw sleep.\n"
        },
    )
    assert len(items(charlstm, run, "x.tsv")) == 2
    write(here, {"y.tsv": "is\tare\nwas\twere\n"})
    assert len(items(charlstm, run, "y.tsv")) == 2


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "x.txt",
            LAKRETZ.replace("wrong", "bad", 1),
            "line 2: expected correct or wrong, found 'bad'",
        ),
        (
            "x.txt",
            LAKRETZ.replace("wrong", "correct", 1),
            "line 2: it is correct, and so is line 1",
        ),
        ("x.txt", LAKRETZ + LAKRETZ.splitlines()[0], "the correct form of line 5 has no wrong one"),
        (
            "x.txt",
            LAKRETZ + "one\n",
            "line 5: expected sentence, numbers, correct or wrong, id; found 1",
        ),
        (
            "x.tab",
            GULORDAVA.replace("The cat\t", "A cat\t", 1),
            "line 5: the two forms of this pair",
        ),
        ("x.tab", GULORDAVA + "one\n", "line 6: found 1 columns; the first line names 11"),
        ("x.tab", GULORDAVA.splitlines()[0], "no pairs in it"),
        (
            "x.gold",
            "2\t7\t6\tVERB\tis\tare\n",
            "the columns '2', '7', '6', 'VERB', 'is', 'are' are not understood",
        ),
        (
            "x.jsonl",
            '{"sentence_good": "a b", "sentence_bad": "a c", "closing": "x"}',
            "closing must be",
        ),
    ],
)
def test_a_line_that_does_not_fit_is_named(
    charlstm: Runner, run: Path, here: Path, name: str, text: str, message: str
) -> None:
    write(here, {name: text, "x.text": TEXT})
    assert message in charlstm.fails("agree", "-r", run, "--pairs", name)


# Collections


def test_a_folder_stands_for_its_pairs(charlstm: Runner, run: Path, here: Path) -> None:
    write(
        here,
        {
            "d/b.jsonl": BLIMP,
            "d/f.gold": GOLD,
            "d/f.text": TEXT,
            "d/README.txt": "Some words; no pairs.\n",
            "d/notes.csv": "item_number,content\n1,The\n",
            "d/.hidden.jsonl": BLIMP,
            "d/m.tsv": MARVIN,
        },
    )
    (here / "d" / "x.npz").write_bytes(bytes(range(256)))
    outcome = charlstm.ok("agree", "-r", run, "--pairs=d", "--json")
    assert list(outcome.json["conditions"]) == [
        "regular_plural",
        "f_attractors_0",
        "f_attractors_1",
        "simple",
    ]
    passed_over = [line for line in outcome.stderr.splitlines() if "passed over" in line]
    assert passed_over == [
        "passed over in d, because no pairs are known in it: README.txt, notes.csv, x.npz"
    ]
    assert (
        charlstm.ok("agree", "-r", run, "--pairs", "d/b.jsonl", "--pairs=d/m.tsv", "--json").json[
            "pairs"
        ]
        == 3
    )


def test_a_folder_without_pairs(charlstm: Runner, run: Path, here: Path) -> None:
    write(here, {"d/README.txt": "Some words\n", "d/data.csv": "a,b\n1,2\n"})
    assert "d: no pairs in it; it has README.txt, data.csv" in charlstm.fails(
        "agree", "-r", run, "--pairs=d"
    )
    assert "name a file or a folder" in charlstm.fails("agree", "-r", run, "--pairs=")
    (here / "e").mkdir()
    assert "e: no pairs in it; it has no files" in charlstm.fails("agree", "-r", run, "--pairs=e")


def test_pairs_of_several_files_keep_apart(charlstm: Runner, run: Path, here: Path) -> None:
    lines = "A cat is.\tA cat are.\nA dog is.\tA dog are.\n"
    write(here, {"d/one.tsv": lines, "d/two.tsv": lines, "d/adv.txt": LAKRETZ, "d/pp.txt": LAKRETZ})
    rows = items(charlstm, run, "d")
    assert [(row["condition"], row["item"]) for row in rows[::2]] == [
        ("adv_singular_plural", "adv id1"),
        ("one", "one line 1"),
        ("pp_singular_plural", "pp id1"),
        ("two", "two line 1"),
    ]
    write(here, {"e/one.tsv": lines})
    rows = items(charlstm, run, "d/one.tsv", "e/one.tsv")
    assert [row["condition"] for row in rows[::2]] == ["d/one.tsv", "e/one.tsv"]


def test_pairs_come_from_standard_input(charlstm: Runner, run: Path, here: Path) -> None:
    del here
    outcome = charlstm.ok("agree", "-r", run, "--pairs=-", "--json", stdin=BLIMP.encode())
    assert list(outcome.json["conditions"]) == ["regular_plural"]
    message = charlstm.fails("agree", "-r", run, "--pairs=-", stdin=b"a b\tc\td\te\n")
    assert "standard input, line 1: the columns" in message
    assert "standard input: no pairs in it" in charlstm.fails(
        "agree", "-r", run, "--pairs=-", stdin=b"\n"
    )
    message = charlstm.fails("agree", "-r", run, "--pairs=-", "--pairs=-", stdin=BLIMP.encode())
    assert "- is named twice" in message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pairs_come_from_a_named_pipe(run: Path, here: Path) -> None:
    os.mkfifo(here / "fifo")
    process = start("agree", "-r", run, "--pairs=fifo", "--json")
    (here / "fifo").write_text(MARVIN, encoding="utf-8")  # waits for its reader
    output, said = process.communicate()
    assert (process.returncode, said) == (0, b"")
    assert list(json.loads(output)["conditions"]) == ["simple"]


def test_nothing_is_no_pairs_no_suite_and_no_sentence(
    charlstm: Runner, run: Path, here: Path
) -> None:
    write(here, {"empty": ""})
    for file in ("/dev/null", "empty"):
        said = charlstm.fails("agree", "-r", run, "--pairs", file)
        assert said.startswith(f"{file}: no pairs in it; write some with ")
        said = charlstm.fails("agree", "-r", run, "--suite", file)
        assert said == f"{file}: not JSON (Expecting value at line 1, column 1)"
        said = charlstm.fails("surprisal", "-r", run, file)
        assert said == "there is no sentence; give one on each line"


def test_a_file_in_a_folder_is_an_input(charlstm: Runner, run: Path, here: Path) -> None:
    write(here, {"d/f.gold": GOLD, "d/f.text": TEXT})
    for name in ("d/f.gold", "d/f.text"):
        flags = ("--pairs=d", "--items", name, "--force")
        assert "is an input of this command" in charlstm.fails("agree", "-r", run, *flags)


# What is left out


def test_identical_pairs_are_counted(charlstm: Runner, run: Path, here: Path) -> None:
    same = '{"sentence_good": "A cat.", "sentence_bad": "A cat.", "UID": "%s"}\n'
    write(here, {"b.jsonl": same % "u" + BLIMP + same % "u" + same % "v"})
    outcome = charlstm.ok("agree", "-r", run, "--pairs=b.jsonl", "--json")
    assert "left out 3 pairs (u 2, v 1): identical" in outcome.stderr
    assert outcome.json["left_out_by_condition"] == {"u": {"identical": 2}, "v": {"identical": 1}}
    assert (outcome.json["left_out"], outcome.json["pairs"]) == (3, 2)
    write(here, {"b.jsonl": same % "u"})
    assert "all pairs are left out (1): identical" in charlstm.fails(
        "agree", "-r", run, "--pairs=b.jsonl"
    )


def test_small_letters_are_offered_and_taken(charlstm: Runner, lower_run: Path, here: Path) -> None:
    agree = ("agree", "-r", lower_run, "--pairs=p.tsv")
    capitals = "The cat is.\tThe cat are.\ta\nA cat's is.\tA cat's are.\tb\nThe cat\tthe cat\tc\n"
    write(here, {"p.tsv": capitals})
    message = charlstm.fails(*agree)
    assert "none of the 3 pairs" in message and "--lower lets it read 1 of them" in message
    write(here, {"p.tsv": capitals + "a cat is.\ta cat are.\td\n"})
    outcome = charlstm.ok(*agree)
    assert "left out 3 pairs (a 1, b 1, c 1): unknown" not in outcome.stderr
    assert "left out 3 pairs (a 1, b 1, c 1): characters never seen: 'T'" in outcome.stderr
    assert "--lower lets it read 1 of them" in outcome.stderr
    outcome = charlstm.ok(*agree, "--lower", "--json", "--items=i.jsonl")
    assert outcome.json["left_out_by_condition"] == {
        "b": {"unknown characters": 1},
        "c": {"identical": 1},
    }
    assert "--lower" not in outcome.stderr
    assert '"sentence_good":"the cat is."' in (here / "i.jsonl").read_text("utf-8").replace(
        ": ", ":"
    )
    message = charlstm.fails("agree", "-r", lower_run, "--lower", status=2)
    assert "--lower has no effect without --pairs" in message


def test_where_nouns_end_moves_with_small_letters() -> None:
    pair = Pair("İki cats are", "İki cats is", "c", "1", subject_end=8)
    assert pair.lowered().sentence_good[: pair.lowered().subject_end] == "İki cats".lower()


def test_pairs_that_have_nothing_in_common_draw_a_note(
    charlstm: Runner, run: Path, here: Path
) -> None:
    lines = "The cat is.\tThe cat are.\nSome label\tThe cat is here.\nabc\tabd\n"
    write(here, {"p.tsv": lines})
    outcome = charlstm.ok("agree", "-r", run, "--pairs=p.tsv")
    note = "1 of 3 pairs share neither their first word nor their last one, as in p.tsv, line 2:"
    assert f"{note} 'Some label' and 'The cat is here.'" in outcome.stderr


# Other commands, and Python


def test_units_and_attention_read_collections(
    charlstm: Runner, looking_run: Path, here: Path
) -> None:
    cat = '{"sentence_good": "The cat was.", "sentence_bad": "The cat were.", "subject_end": 7}\n'
    write(here, {"d/a.jsonl": cat, "d/b.jsonl": cat.replace("was", "wat")})
    flags = ("-r", looking_run, "--json")
    assert charlstm.ok("inspect", "attention", "--pairs=d", *flags).json["overall"]["pairs"] == 2
    outcome = charlstm.ok("inspect", "attention", "--pairs=d/a.jsonl", "--lower", *flags)
    assert outcome.json["overall"]["pairs"] == 1
    assert "named twice" in charlstm.fails(
        "inspect", "units", "--pairs=d", "--pairs=d", "-r", looking_run
    )


def test_python_takes_what_the_command_takes(run: Path, here: Path) -> None:
    write(here, {"d/b.jsonl": BLIMP, "d/m.tsv": MARVIN})
    model = load(run)
    assert model.agree("d").to_mapping() == model.agree(["d/b.jsonl", "d/m.tsv"]).to_mapping()
    pairs = model.pair_set(here / "d", lower=True).pairs
    assert [pair.sentence_good for pair in pairs][-1] == "the author laughs ."
    assert model.pair_set(pairs).pairs == pairs
