"""`charlstm sample --best-of`, `--beam` and `--must-contain`: what is written, said and refused."""

import os
import signal
from pathlib import Path

import pytest
from command_line import TEXT, TINY, Runner, read_all, start

from charlstm import load
from charlstm.errors import ConfigError, CorpusError
from charlstm.sampling import Filters
from charlstm.sampling.search import Search


@pytest.fixture(scope="module")
def byte_run(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("byte")
    (folder / "b.txt").write_text("żółw i jeż\n" * 200, encoding="utf-8")
    flags = ("--tokens=byte", "--max-steps=60", "--warmup-steps=9", "--out", folder / "run")
    charlstm.ok("train", folder / "b.txt", *TINY, *flags)
    return folder / "run"


@pytest.fixture(scope="module")
def line_run(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lines")
    (folder / "n.txt").write_text("anna\nbob\nhannah\notto\nbabba\n" * 80, encoding="utf-8")
    flags = ("--lines", "--max-steps=300", "--warmup-steps=9", "--out", folder / "run")
    charlstm.ok("train", folder / "n.txt", *TINY, *flags)
    return folder / "run"


def test_the_best_of_several_is_the_likeliest_of_them(charlstm: Runner, learnt_run: Path) -> None:
    flags = ("sample", "-r", learnt_run, "--prime=The cat", "--length=40")
    (best,) = charlstm.ok(*flags, "--best-of=6", "--seed=3", "--json").json["samples"]
    assert best.keys() == {"prime", "text", "seed", "mean_model_nats"}
    model = load(learnt_run)
    samples = charlstm.ok(*flags, "--count=6", "--seed=3", "--json").json["samples"]
    means = [model.log_likelihood(s["text"], prime="The cat") / 40 for s in samples]
    likeliest = max(range(6), key=means.__getitem__)
    assert (best["text"], best["seed"]) == (samples[likeliest]["text"], 3 + likeliest)
    assert best["mean_model_nats"] == pytest.approx(max(means), abs=1e-4)
    outcome = charlstm.ok(*flags, "--best-of=6", "--seed=3")
    assert (outcome.stdout, outcome.stderr) == ("The cat" + best["text"], "")
    assert "".join(model.sample("The cat", length=40, best_of=6, seed=3)) == best["text"]


def test_several_are_each_the_best_of_so_many(charlstm: Runner, learnt_run: Path) -> None:
    flags = ("sample", "-r", learnt_run, "--length=30", "--json", "--best-of=5")
    several = charlstm.ok(*flags, "--count=3", "--seed=3").json["samples"]
    alone = [charlstm.ok(*flags, f"--seed={s}").json["samples"][0] for s in (3, 8, 13)]
    assert several == alone
    plain = charlstm.ok(*flags[:-2], "--best-of=5", "--count=3", "--seed=3").stdout
    assert plain.split("\n----------\n") == [sample["text"] for sample in several]


def test_filters_shape_the_samples_and_not_the_judgement(
    charlstm: Runner, learnt_run: Path
) -> None:
    flags = ("sample", "-r", learnt_run, "--length=40", "--json", "--seed=1")
    hot = ("--temperature=1.5", "--top-k=4", "--no-repeat=9")
    samples = charlstm.ok(*flags, *hot, "--count=4", "--logprobs=0").json["samples"]
    sums = [sum(score["model_nats"] for score in sample["logprobs"]) for sample in samples]
    (best,) = charlstm.ok(*flags, *hot, "--best-of=4", "--logprobs=2").json["samples"]
    assert best["text"] == samples[sums.index(max(sums))]["text"]
    assert best["mean_model_nats"] == pytest.approx(max(sums) / 40)
    assert len(best["logprobs"]) == 40 and len(best["logprobs"][0]["likeliest"]) == 2


def test_a_line_of_any_length_may_be_the_best(charlstm: Runner, line_run: Path) -> None:
    flags = ("sample", "-r", line_run, "--json", "--seed=1")
    samples = charlstm.ok(*flags, "--count=30").json["samples"]
    model = load(line_run)
    lines = [sample["text"] + "\n" for sample in samples]
    means = [model.log_likelihood(line) / len(line) for line in lines]
    (best,) = charlstm.ok(*flags, "--best-of=30").json["samples"]
    assert best["text"] + "\n" == lines[means.index(max(means))]
    assert best["mean_model_nats"] == pytest.approx(max(means), abs=1e-4)
    assert charlstm.ok(*flags[:-2], "--seed=1", "--best-of=30").stdout == best["text"] + "\n"


def test_a_beam_is_likelier_than_greedy_and_a_wider_one_more_so(
    charlstm: Runner, learnt_run: Path, line_run: Path, byte_run: Path, looking_run: Path
) -> None:
    for run in (learnt_run, byte_run, line_run, looking_run):
        flags = ("sample", "-r", run, "--length=30")
        (greedy,) = charlstm.ok(*flags, "--temperature=0", "--logprobs=0", "--json").json["samples"]
        (narrow,), (wide,) = (
            charlstm.ok(*flags, f"--beam={width}", "--json").json["samples"] for width in (2, 12)
        )
        ends = run == line_run  # each with a newline
        sums = [s["mean_model_nats"] * (len(s["text"]) + 1 if ends else 30) for s in (narrow, wide)]
        least = sum(character["model_nats"] for character in greedy["logprobs"])
        assert ends or least - 1e-4 <= sums[0]
        assert sums[0] <= sums[1] + 1e-4
    (sample,) = charlstm.ok(*flags, "--beam=12", "--json").json["samples"]
    assert sample["seed"] is None
    assert "".join(load(run).sample("", length=30, beam=12)) == sample["text"]


def test_a_beam_ends_at_a_stop_and_keeps_to_the_rules(charlstm: Runner, learnt_run: Path) -> None:
    flags = ("sample", "-r", learnt_run, "--prime=The ", "--length=60", "--beam=6")
    sentence = charlstm.ok(*flags, "--stop=.").stdout
    assert "." not in sentence and sentence + ".\n" in TEXT
    whole = charlstm.ok(*flags, "--no-repeat=5").stdout
    runs = [whole[k : k + 5] for k in range(len(whole) - 4)]
    assert len(runs) == len(set(runs)) == 60
    assert whole != charlstm.ok(*flags).stdout


def test_the_first_sample_with_the_texts_is_written(charlstm: Runner, learnt_run: Path) -> None:
    flags = ("sample", "-r", learnt_run, "--length=120", "--seed=5", "--json")
    wanted = ("--must-contain=cats", "--must-contain=gone.")
    outcome = charlstm.ok(*flags, *wanted, "--tries=64")
    (sample,) = outcome.json["samples"]
    samples = charlstm.ok(*flags, "--count=64").json["samples"]
    first = next(s for s in samples if "cats" in s["text"] and "gone." in s["text"])
    assert sample["text"] == first["text"]
    assert sample["seed"] == first["seed"]
    assert (sample["placed"], sample["missing"]) == ([], [])
    said = charlstm.ok(*flags[:-1], *wanted, "--tries=64").stderr
    assert said == f"one of {sample['drawn']} samples has all the texts\n"


def test_what_no_sample_has_is_placed(
    charlstm: Runner, learnt_run: Path, line_run: Path, looking_run: Path
) -> None:
    for run, text in ((learnt_run, "wet bird"), (line_run, "nob"), (looking_run, "gone gone")):
        flags = ("sample", "-r", run, "--length=60", "--seed=5", f"--must-contain={text}")
        outcome = charlstm.ok(*flags, "--tries=3")
        assert outcome.stderr.startswith(
            f"none of 3 samples has all the texts; placed: '{text}' at"
        )
        (sample,) = charlstm.ok(*flags, "--tries=3", "--json").json["samples"]
        (placed,) = sample["placed"]
        assert sample["text"][placed["at"] :].startswith(text)
        assert (placed["text"], sample["drawn"], sample["missing"]) == (text, 3, [])
        assert placed["model_nats"] < 0
        assert outcome.stdout == sample["text"] + "\n" * (run == line_run)
        again = load(run).sample(length=60, must_contain=text, tries=3, seed=5)
        assert "".join(again) == sample["text"]
    nine = charlstm.ok("sample", "-r", line_run, "--must-contain=nob", "--count=9").stdout
    assert ["nob" in line for line in nine.splitlines()] == [True] * 9


def test_at_temperature_0_one_sample_is_drawn(charlstm: Runner, learnt_run: Path) -> None:
    flags = ("sample", "-r", learnt_run, "--length=60", "--must-contain=wet bird", "--json")
    (sample,) = charlstm.ok(*flags, "--temperature=0").json["samples"]
    assert "wet bird" in sample["text"] and sample["drawn"] == 1
    assert charlstm.ok(*flags, "--temperature=0").json["samples"][0]["text"] == sample["text"]


def test_bytes_are_placed_as_well(charlstm: Runner, byte_run: Path) -> None:
    flags = ("sample", "-r", byte_run, "--length=60", "--seed=5", "--must-contain=jeż i żółw")
    outcome = charlstm.ok(*flags, "--tries=3")
    assert "jeż i żółw".encode() in outcome.output and len(outcome.output) == 60
    (placed,) = charlstm.ok(*flags, "--tries=3", "--json").json["samples"][0]["placed"]
    assert outcome.output[placed["at"] :].startswith("jeż i żółw".encode())


def test_several_texts_and_several_samples(charlstm: Runner, learnt_run: Path) -> None:
    texts = ("cats was", "\nThe birds", "wet.", "et.")
    wanted = [f"--must-contain={text}".replace("\n", r"\n") for text in texts]
    flags = ("sample", "-r", learnt_run, "--length=90", "--seed=1", *wanted)
    samples = charlstm.ok(*flags, "--count=3", "--json").json["samples"]
    assert len({sample["text"] for sample in samples}) == 3
    for sample in samples:
        assert all(text in sample["text"] for text in texts)
        assert len(sample["text"]) == 90
    outcome = charlstm.ok(*flags, "--count=3")
    assert outcome.stdout.split("\n----------\n") == [sample["text"] for sample in samples]
    assert len(outcome.stderr.splitlines()) == 3


def test_blends_and_primes_that_were_read_before_are_searched_as_well(
    charlstm: Runner, learnt_run: Path, tiny_run: Path, here: Path
) -> None:
    blend = ("sample", "-r", learnt_run, f"--blend={tiny_run}:0.4", "--length=40")
    charlstm.ok(*blend[:-1], "--length=0", "--prime=The cat", f"--save-state={here / 'state'}")
    for begin in (["--prime=The cat"], [f"--from-state={here / 'state'}"]):
        flags = (*blend, *begin)
        greedy = charlstm.ok(*flags, "--temperature=0", "--logprobs=0", "--json").json["samples"][0]
        (beam,) = charlstm.ok(*flags, "--beam=8", "--json").json["samples"]
        least = sum(score["model_nats"] for score in greedy["logprobs"])
        assert beam["mean_model_nats"] * 40 >= least - 1e-4
        plain = ("--seed=1", "--json", "--logprobs=0")
        samples = charlstm.ok(*flags, *plain, "--count=5").json["samples"]
        sums = [sum(score["model_nats"] for score in sample["logprobs"]) for sample in samples]
        (best,) = charlstm.ok(*flags, *plain, "--best-of=5").json["samples"]
        assert best["text"] == samples[sums.index(max(sums))]["text"]
        assert best["mean_model_nats"] == pytest.approx(max(sums) / 40)
        wanted = ("--must-contain=wet bird", "--seed=1", "--json")
        (sample,) = charlstm.ok(*flags, *wanted).json["samples"]
        assert sample["text"][sample["placed"][0]["at"] :].startswith("wet bird")


def test_no_copy_is_completed_by_a_search(charlstm: Runner, learnt_run: Path) -> None:
    flags = ("sample", "-r", learnt_run, "--length=60", "--avoid-copying=9")
    folded = " ".join(TEXT.split())
    for more in (["--beam=4"], ["--seed=1", "--must-contain=wet bird"]):
        text = " ".join(charlstm.ok(*flags, *more).stdout.split())
        assert not any(text[k : k + 9] in folded for k in range(len(text) - 8))
    copied = charlstm(*flags, "--seed=1", "--must-contain=birds are gone.")
    assert copied.status == 1
    assert copied.error.startswith("no sample has 'birds are gone.': of 16 none has all the texts")


def test_a_text_of_the_prime_does_not_count(charlstm: Runner, learnt_run: Path) -> None:
    flags = ("sample", "-r", learnt_run, "--prime=The cats ", "--length=10", "--seed=1")
    assert "cats" in charlstm.ok(*flags, "--must-contain=cats").stdout.removeprefix("The cats ")


def test_where_no_place_is_found_the_nearest_is_written(charlstm: Runner, learnt_run: Path) -> None:
    flags = ("sample", "-r", learnt_run, "--prime=The ", "--length=9", "--seed=1", "--tries=8")
    wanted = ("--must-contain=was here", "--must-contain=is gone")  # together they are too long
    outcome = charlstm(*flags, *wanted)
    assert outcome.status == 1
    there, missing = ("was here", "is gone")[:: 1 if "was here" in outcome.stdout else -1]
    assert outcome.stdout.startswith("The ") and there in outcome.stdout
    assert outcome.error == (
        f"no sample has '{missing}': of 8 none has all the texts, and no place was found"
    )
    assert len(outcome.stderr.splitlines()) == 1
    outcome = charlstm(*flags, *wanted, "--count=2", "--json")
    assert outcome.status == 1
    assert [len(sample["missing"]) for sample in outcome.json["samples"]] == [1, 1]
    assert outcome.error.startswith("2 of 2 samples lack '")
    with pytest.raises(CorpusError, match=f"no sample has '{missing}'"):
        load(learnt_run).sample("The ", length=9, seed=1, must_contain=["was here", "is gone"])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--must-contain=Qat"], "no sample has 'Qat': the model never writes 'Q'"),
        (["--must-contain="], "the text that must occur is empty; every sample has it, so leave"),
        (
            ["--must-contain=The cats are", "--length=11"],
            "no sample of 11 characters has 'The cats are', which is longer: it has 12.",
        ),
        (
            ["--must-contain=wet. ", "--stop=t."],
            "no sample has 'wet. ': it would end before the stop 't.' in it.",
        ),
    ],
)
def test_a_text_that_cannot_occur(
    charlstm: Runner, learnt_run: Path, flags: list[str], message: str
) -> None:
    assert charlstm.fails("sample", "-r", learnt_run, *flags).startswith(message)


def test_a_text_may_be_the_whole_sample(charlstm: Runner, learnt_run: Path) -> None:
    flags = ("sample", "-r", learnt_run, "--must-contain=The cats are", "--length=12")
    assert charlstm.ok(*flags, r"--stop=\n").stdout == "The cats are"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--best-of=0"], "Invalid value for '--best-of': 0 is not in the range 2<=x<=4096."),
        (["--best-of=4097"], "4097 is not in the range 2<=x<=4096."),
        (["--beam=0"], "Invalid value for '--beam': 0 is not in the range 2<=x<=4096."),
        (["--beam=1"], "Invalid value for '--beam': 1 is not in the range 2<=x<=4096."),
        (["--best-of=1"], "Invalid value for '--best-of': 1 is not in the range 2<=x<=4096."),
        (["--beam=10000000000"], "10000000000 is not in the range 2<=x<=4096."),
        (
            ["--tries=0", "--must-contain=a"],
            "Invalid value for '--tries': 0 is not in the range 1<=x<=4096.",
        ),
        (["--beam=2", "--temperature=0.5"], "--temperature has no effect with --beam: nothing is"),
        (["--beam=2", "--seed=1"], "--seed has no effect with --beam: nothing is drawn; leave"),
        (["--beam=2", "--count=2"], "--count has no effect with --beam"),
        (["--beam=2", "--best-of=2"], "--best-of has no effect with --beam"),
        (["--tries=2"], "--tries has no effect without --must-contain"),
        (["--best-of=2", "--must-contain=a"], "--best-of has no effect with --must-contain"),
    ],
)
def test_wrong_usage(charlstm: Runner, learnt_run: Path, flags: list[str], message: str) -> None:
    assert message in charlstm.fails("sample", "-r", learnt_run, *flags, status=2)


def test_python_refuses_what_has_no_effect(learnt_run: Path) -> None:
    model = load(learnt_run)
    with pytest.raises(ConfigError, match="--temperature has no effect with --beam"):
        model.sample(beam=2, temperature=0.5)
    with pytest.raises(ConfigError, match="--seed has no effect with --beam"):
        model.sample(beam=2, seed=1)
    with pytest.raises(ConfigError, match="--tries has no effect without --must-contain"):
        model.sample(tries=2)
    with pytest.raises(ConfigError, match="best_of must be at least 2"):
        Search(best_of=1)
    with pytest.raises(ConfigError, match="--top-k has no effect with --temperature"):
        model.sample(temperature=0.0, top_k=3, must_contain="wet")
    assert "wet" in "".join(model.sample(temperature=0.0, seed=1, must_contain="wet"))
    assert "".join(model.sample(temperature=0.0, top_k=3, length=5))  # as ever


def test_chosen_samples_from_python(learnt_run: Path) -> None:
    model = load(learnt_run)
    how = Search(best_of=4)
    samples = model.chosen("The ", 20, Filters(0.8), how, range(0, 8, 4), stop=["."])
    assert [sample.drawn for sample in samples] == [4, 4]
    for sample in samples:
        (again,) = model.written("The ", 20, Filters(0.8), [sample.seed or 0], ["."])
        assert (again.ids, again.stop) == (sample.ids, sample.stop)


def test_an_empty_sample_has_no_likelihood(charlstm: Runner, learnt_run: Path) -> None:
    for flags in (["--best-of=3"], ["--beam=3"]):
        words = ("sample", "-r", learnt_run, "--length=0", "--json", *flags)
        (sample,) = charlstm.ok(*words).json["samples"]
        assert (sample["text"], sample["mean_model_nats"]) == ("", None)


@pytest.mark.parametrize("flags", [["--best-of=200"], ["--beam=200"]])
def test_long_work_shows_a_bar_and_ends_quietly(learnt_run: Path, flags: list[str]) -> None:
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    process = start("sample", "-r", learnt_run, "--length=1000000", *flags, stderr=theirs)
    os.close(theirs)
    seen = b""
    while b"0%" not in seen:
        seen += os.read(ours, 1024)
    process.send_signal(signal.SIGINT)
    read_all(ours)
    assert process.communicate()[0] == b""
    assert process.returncode == 130
