"""`charlstm sample`: what it writes, to whom, and what it says about a prime it cannot read."""

import json
import os
import signal
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from command_line import TEXT, TINY, Runner, harmless, read_all, start

from charlstm import load
from charlstm.errors import ConfigError
from charlstm.text.vocabulary import Vocabulary


@pytest.fixture(scope="session")
def byte_run(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on bytes that are no UTF-8."""
    folder = tmp_path_factory.mktemp("byte")
    (folder / "b.bin").write_bytes(bytes(range(256)) * 4)
    run = folder / "runs" / "byte"
    flags = ("--tokens=byte", "--max-steps=2", "--out", run)
    charlstm.ok("train", folder / "b.bin", *TINY, *flags)
    return run


def test_the_prime_and_then_so_many_characters(charlstm: Runner, tiny_run: Path) -> None:
    outcome = charlstm.ok("sample", "-r", tiny_run, "--prime=The cat", "--length=30", "--seed=1")
    assert outcome.stdout.startswith("The cat")
    assert len(outcome.stdout) == len("The cat") + 30
    assert outcome.stderr == ""
    assert len(charlstm.ok("sample", "-r", tiny_run).stdout) == 500


def test_the_same_seed_gives_the_same_text(charlstm: Runner, tiny_run: Path) -> None:
    def text(*flags: object) -> str:
        return charlstm.ok("sample", "-r", tiny_run, "--length=60", *flags).stdout

    assert text("--seed=7") == text("--seed=7") != text("--seed=8")
    assert text() != text()
    assert text("--seed=99999999999999999999999") == text("--seed=99999999999999999999999")


def test_no_prime_is_an_empty_prime(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("sample", "-r", tiny_run, "--length=20", "--seed=1")
    plain = charlstm.ok(*flags).output
    assert plain == charlstm.ok(*flags, "--prime=").output
    primed = charlstm.ok(*flags, r"--prime=\n").output
    assert primed == b"\n" + plain  # what stands before no prime is a newline


def test_nothing_to_write(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("sample", "-r", tiny_run, "--length=0")
    assert charlstm.ok(*flags).output == b""
    assert charlstm.ok(*flags, "--prime=Th").output == b"Th"
    samples = charlstm.ok(*flags, "--count=2", "--json", "--seed=4").json["samples"]
    assert [s["text"] for s in samples] == ["", ""]


def test_greedy_needs_no_seed(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("sample", "-r", tiny_run, "--length=40", "--prime=The")
    greedy = {
        charlstm.ok(*flags, *more).stdout
        for more in (
            ["--temperature=0", "--seed=1"],
            ["--temperature=0", "--seed=2"],
            ["--temperature=1e-300"],
            ["--top-k=1"],
            ["--top-p=1e-9"],
            ["--min-p=1"],
        )
    }
    assert len(greedy) == 1


def test_filters_that_filter_nothing(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("sample", "-r", tiny_run, "--length=40", "--seed=3")
    plain = charlstm.ok(*flags).stdout
    for more in ("--top-k=100000", "--top-p=1", "--min-p=1e-300", "--temperature=1"):
        assert charlstm.ok(*flags, more).stdout == plain


def test_it_ends_before_a_stop(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("sample", "-r", tiny_run, "--length=300", "--seed=3", "--prime=The")
    whole = charlstm.ok(*flags).stdout
    line = whole[: whole.index("\n", 3)]
    assert charlstm.ok(*flags, r"--stop=\n").stdout == line
    assert charlstm.ok(*flags, "--stop=@", r"--stop=\n").stdout == line
    assert charlstm.ok(*flags, "--stop=never there", "--stop=").stdout == whole
    # A stop that is in the prime stops nothing.
    assert charlstm.ok(*flags, "--stop=The", "--length=1").stdout == whole[:4]
    record = charlstm.ok(*flags, r"--stop=\n", "--json").json["samples"][0]
    assert record["text"] == line[3:]


def test_several_samples(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("sample", "-r", tiny_run, "--length=40", "--prime=The")
    three = charlstm.ok(*flags, "--seed=5", "--count=3").stdout.split("\n----------\n")
    assert len(three) == 3
    # Sample k has the seed k further on, so each of them can be had again by itself.
    assert three == [charlstm.ok(*flags, f"--seed={seed}").stdout for seed in (5, 6, 7)]


def test_json_is_one_object_with_the_documented_keys(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("sample", "-r", tiny_run, "--prime=The", "--length=20", "--seed=5", "--json")
    assert charlstm.ok(*flags).json.keys() == {"samples"}
    samples = charlstm.ok(*flags, "--count=2").json["samples"]
    assert [sample.keys() for sample in samples] == [{"prime", "text", "seed"}] * 2
    assert [(s["prime"], len(s["text"]), s["seed"]) for s in samples] == [
        ("The", 20, 5),
        ("The", 20, 6),
    ]
    # The seed it chose by itself gives the text again.
    unseeded = charlstm.ok(*flags[:-2], "--json").json["samples"][0]
    again = charlstm.ok(*flags, f"--seed={unseeded['seed']}").json["samples"][0]
    assert again == unseeded


def test_escapes_in_the_prime(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("sample", "-r", tiny_run, "--length=0", "--prime")
    assert charlstm.ok(*flags, r"a\nb").stdout == "a\nb"
    assert charlstm.ok(*flags, r"\\n\t").stdout == "\\n\t"


def test_unseen_characters_are_named_and_read_as_unknown(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("sample", "-r", tiny_run, "--length=5", "--seed=1")
    outcome = charlstm.ok(*flags, "--prime", "Thé ☃é日\x1b[31m")
    assert outcome.stderr == (
        "never seen in training, read as unknown: 'é' '☃' '日' '\\x1b' '[' '3' '1' 'm'\n"
    )
    assert outcome.stdout.startswith("Thé ☃é日\x1b[31m")
    everything = "".join(map(chr, range(0x4E00, 0x4E00 + 500)))
    assert "and 480 more" in charlstm.ok(*flags, "--prime", everything).stderr
    alone = charlstm.ok(*flags, "--prime", "☃").stdout
    assert len(alone) == 6


def test_an_argument_that_is_no_utf8(charlstm: Runner, tiny_run: Path) -> None:
    argument = os.fsdecode(b"Th\xff")
    flags = ("sample", "-r", tiny_run, "--length=5", "--stop", argument)
    outcome = charlstm.ok(*flags, "--prime", argument)
    assert outcome.output.startswith(rb"Th\udcff")
    assert "'\\udcff'" in outcome.stderr
    record = charlstm.ok(*flags, "--prime", argument, "--json").json["samples"][0]
    assert record["prime"].startswith("Th")


def test_a_prime_from_a_file_or_a_pipe(
    charlstm: Runner, tiny_run: Path, here: Path, byte_run: Path
) -> None:
    (here / "prime").write_bytes(b"\xef\xbb\xbfThe cat\r\nThe")
    flags = ("sample", "-r", tiny_run, "--length=0", "--prime-file")
    assert charlstm.ok(*flags, "prime").stdout == "The cat\nThe"
    assert charlstm.ok(*flags, "-", stdin=b"The dog\n").stdout == "The dog\n"
    assert charlstm.ok(*flags, "-", stdin=b"").stdout == ""
    raw = ("sample", "-r", byte_run, "--length=0", "--prime-file")
    assert charlstm.ok(*raw, "prime").output == b"\xef\xbb\xbfThe cat\r\nThe"


def test_byte_models_write_bytes(charlstm: Runner, byte_run: Path) -> None:
    flags = ("sample", "-r", byte_run, "--length=200", "--seed=1")
    prime = os.fsdecode(b"\xff\xc3")
    outcome = charlstm.ok(*flags, "--prime", prime)
    assert outcome.output.startswith(b"\xff\xc3")
    assert len(outcome.output) == 202
    assert max(outcome.output) > 127  # and so it is no ASCII
    assert outcome.stderr == ""
    stop = outcome.output[50:52]
    stopped = charlstm.ok(*flags, "--prime", prime, "--stop", os.fsdecode(stop)).output
    assert stopped == outcome.output[: outcome.output.index(stop, 2)]
    record = charlstm.ok(*flags, "--prime", prime, "--json").json["samples"][0]
    assert "\ufffd" in record["text"]
    model = load(byte_run)
    assert model.vocabulary == Vocabulary("byte")
    pieces = model.sample(b"\xff\xc3", length=200, seed=1)
    assert "".join(pieces).encode("latin-1") == outcome.output[2:]


def test_the_newest_run_is_named(charlstm: Runner, here: Path) -> None:
    del here
    for name in ("one", "two"):
        charlstm.ok("train", "text.txt", *TINY, "--max-steps=1", "--out", f"runs/{name}")
    outcome = charlstm.ok("sample", "--length=5")
    assert outcome.stderr == "using runs/two\n"
    assert len(outcome.stdout) == 5
    charlstm.ok("train", "--resume=one", "--max-steps=2")
    assert charlstm.ok("sample", "--length=5").stderr == "using runs/one\n"


def test_it_streams_and_ends_quietly_when_the_pipe_closes(tiny_run: Path) -> None:
    process = start("sample", "-r", tiny_run, "--length=100000000")
    assert process.stdout is not None and process.stderr is not None
    assert len(process.stdout.read(10)) == 10  # before the whole was written
    assert process.poll() is None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


@pytest.mark.parametrize(
    "command", ["sample --count=2", "sample --json", "sample --length=0 --prime=a", "eval --json"]
)
def test_a_pipe_closed_from_the_start(tiny_run: Path, command: str) -> None:
    name, *flags = command.split()
    reading, writing = os.pipe()
    os.close(reading)
    process = start(name, "-r", tiny_run, *flags, stdout=writing)
    os.close(writing)
    assert process.communicate()[1] == b""
    assert process.returncode == 0


def test_interrupting_it_is_quiet(tiny_run: Path) -> None:
    process = start("sample", "-r", tiny_run, "--length=100000000")
    assert process.stdout is not None
    process.stdout.read(1)
    process.send_signal(signal.SIGINT)
    assert process.communicate()[1] == b""
    assert process.returncode == 130


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("flags", [[], ["--json"], ["--count=2"]])
def test_a_full_disk_under_the_output(tiny_run: Path, flags: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        process = start("sample", "-r", tiny_run, *flags, stdout=full)
        stderr = process.communicate()[1].decode()
    assert process.returncode == 1
    assert stderr.startswith("Error: cannot write the output: No space left on device; ")
    assert stderr.count("\n") == 1


def test_control_characters_do_not_reach_a_terminal(tiny_run: Path, byte_run: Path) -> None:
    pty = pytest.importorskip("pty")
    for run, prime in ((tiny_run, "The \x1b[31m\u009b1m"), (byte_run, "\x1b[31m")):
        ours, theirs = pty.openpty()
        process = start("sample", "-r", run, "--prime", prime, "--length=50", stdout=theirs)
        os.close(theirs)
        seen = read_all(ours)
        process.communicate()
        assert process.returncode == 0
        assert rb"\x1b[31m" in seen
        assert harmless(seen.decode().replace("\r", ""))
        assert seen.endswith(b"\r\n")


def test_the_output_is_utf8_whatever_the_locale(charlstm: Runner, here: Path) -> None:
    (here / "u.txt").write_text("żółć 日本 ☃\n" * 50, encoding="utf-8")
    charlstm.ok("train", "u.txt", *TINY, "--max-steps=1")
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    flags = ("--length=20", "--seed=1", "--prime-file=prime")
    (here / "prime").write_text("é日", encoding="utf-8")
    process = start("sample", *flags, environment=locale)
    output, stderr = process.communicate()
    text = output.decode("utf-8")
    assert text.startswith("é日") and len(text) == 22
    assert "read as unknown: 'é'\n" in stderr.decode("utf-8")
    assert process.returncode == 0


def repeated(text: str, n: int, window: int = 1000) -> list[int]:
    """Where runs of n end that have stood in the characters before, as many as the window has."""
    ends = range(n, len(text) + 1)
    return [e for e in ends if text[e - n : e] in text[max(0, e - 1 - window) : e - 1]]


def test_no_run_comes_again(charlstm: Runner, learnt_run: Path, byte_run: Path) -> None:
    flags = ("sample", "-r", learnt_run, "--prime=The cat and ", "--length=1500", "--seed=3")
    assert len(repeated(charlstm.ok(*flags).stdout, 6)) > 100
    text = charlstm.ok(*flags, "--no-repeat=6").stdout
    assert len(text) == 1500 + len("The cat and ") and not repeated(text, 6)
    assert text.startswith("The cat and ") and "The cat and" not in text[12:900]
    several = charlstm.ok(*flags, "--no-repeat=6", "--count=2", "--json").json["samples"]
    assert "The cat and " + several[0]["text"] == text
    assert not repeated("The cat and " + several[1]["text"], 6)
    raw = ("sample", "-r", byte_run, "--length=300", "--seed=1", "--no-repeat=2")
    outcome = charlstm.ok(*raw)
    assert len(outcome.output) == 300 and not repeated(outcome.output.decode("latin-1"), 2)
    assert outcome.stderr == ""


def test_a_sample_to_which_nothing_is_left_ends_and_says_so(charlstm: Runner, here: Path) -> None:
    (here / "ab.txt").write_text("abba" * 300, encoding="utf-8")
    charlstm.ok("train", "ab.txt", *TINY, "--max-steps=2", "--out=runs/ab")
    flags = ("sample", "-r", "runs/ab", "--prime=a", "--length=50", "--seed=1", "--no-repeat=2")
    outcome = charlstm.ok(*flags)
    count = len(outcome.stdout) - 1
    said = f"the sample ends after {count} characters: --no-repeat leaves no other\n"
    assert (count <= 4, outcome.stderr) == (True, said)  # aa, ab, ba, bb: four pairs
    assert not repeated(outcome.stdout, 2)
    records = charlstm.ok(*flags, "--json", "--count=2").json["samples"]
    assert [record["ended_early"] for record in records] == [True, True]
    assert records[0]["text"] == outcome.stdout[1:]
    assert "".join(load("runs/ab").sample("a", seed=1, no_repeat=2)) == outcome.stdout[1:]
    assert "ended_early" not in charlstm.ok(*flags, "--json", "--length=1").json["samples"][0]


def test_the_log_probabilities_of_each_character(charlstm: Runner, learnt_run: Path) -> None:
    flags = ("sample", "-r", learnt_run, "--prime=The ", "--length=60", "--seed=2", "--json")
    filters = ("--top-k=4", "--temperature=0.5")
    plain = charlstm.ok(*flags, *filters, "--count=3", "--stop=cat").json["samples"]
    records = charlstm.ok(*flags, *filters, "--count=3", "--stop=cat", "--logprobs=5").json
    model = load(learnt_run)
    for record, before in zip(records["samples"], plain, strict=True):
        scores = record.pop("logprobs")
        assert record == before
        assert "".join(score["character"] for score in scores) == record["text"]
        logs = [score["model_nats"] for score in scores]
        expected = model.log_likelihood(record["text"], prime="The ")
        assert sum(logs) == pytest.approx(expected, rel=1e-4)
        for score in scores:
            likeliest = score["likeliest"]
            p = np.exp([other["model_nats"] for other in likeliest])
            assert list(p) == sorted(p, reverse=True) and p.sum() <= 1 + 1e-9
            q = p[:4] ** 2 / (p[:4] ** 2).sum()  # of the four that stay, at temperature 0.5
            filtered = [other["filtered_nats"] for other in likeliest]
            assert filtered == [*(pytest.approx(value) for value in np.log(q)), None]
            (own,) = (o for o in likeliest if o["character"] == score["character"])
            assert own == {name: score[name] for name in own}


def test_the_log_probabilities_of_a_greedy_sample_and_of_bytes(
    charlstm: Runner, learnt_run: Path, byte_run: Path
) -> None:
    flags = ("--length=9", "--json", "--logprobs=1")
    (greedy,) = charlstm.ok("sample", "-r", learnt_run, *flags, "--temperature=0").json["samples"]
    for score in greedy["logprobs"]:
        assert score["likeliest"] == [{name: score[name] for name in score if name != "likeliest"}]
        assert score["filtered_nats"] == 0.0 > score["model_nats"]
    raw = ("sample", "-r", byte_run, "--seed=1")
    text = charlstm.ok(*raw, "--length=9").output
    (record,) = charlstm.ok(*raw, *flags).json["samples"]
    assert bytes(score["byte"] for score in record["logprobs"]) == text
    (alone,) = charlstm.ok(*raw, *flags[:2], "--logprobs=0").json["samples"]
    assert [score.pop("likeliest") for score in alone["logprobs"]] == [[]] * 9


def test_the_rest_of_a_word_is_the_likeliest(charlstm: Runner, learnt_run: Path) -> None:
    flags = ("sample", "-r", learnt_run, "--length=400", "--seed=2", "--temperature=1.5", "--json")

    def unlikely(*more: str) -> list[bool]:
        """Whether each character is another than the likeliest, where a word goes on."""
        (record,) = charlstm.ok(*flags, "--logprobs=1", *more).json["samples"]
        scores = record["logprobs"]
        return [
            score["likeliest"][0]["character"] != score["character"]
            for before, score in pairwise(scores)
            if before["character"].isalpha()
        ]

    assert sum(unlikely()) > 20
    assert sum(unlikely("--word-temperature=1e-6")) == 0
    greedy = unlikely("--within-word=greedy")
    assert sum(greedy) == 0 and len(greedy) > 100
    text = charlstm.ok(*flags[:-1], "--within-word=greedy").stdout
    sampled = load(learnt_run).sample(length=400, seed=2, temperature=1.5, within_word="greedy")
    assert "".join(sampled) == text
    with pytest.raises(ConfigError, match="exclude each other"):
        load(learnt_run).sample(within_word="greedy", word_temperature=1.0)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--temperature=nan"], "temperature must be a finite number, not nan."),
        (["--temperature=inf"], "temperature must be"),
        (["--temperature=-1"], "temperature must be"),
        (["--temperature=hot"], "'hot' is not a valid float"),
        (["--top-k=0"], "top_k must be at least 1, not 0."),
        (["--top-k=1.5"], "'1.5' is not a valid integer"),
        (["--top-p=0"], "top_p must be above 0 and at most 1, not 0.0."),
        (["--top-p=nan"], "top_p must be"),
        (["--min-p=1.1"], "min_p must be above 0 and at most 1, not 1.1."),
        *(([f"--no-repeat={n}"], f"must be at least 2 and at most 1000, not {n}.") for n in (0, 1)),
        (["--no-repeat=1001"], "no_repeat must be at least 2 and at most 1000"),
        (["--word-temperature=-1"], "word_temperature must be at least 0 and at most 1e+06"),
        (["--within-word=bold"], "Invalid value for '--within-word': 'bold' is not 'greedy'."),
        (["--json", "--logprobs=-1"], "-1 is not in the range x>=0."),
        (["--length=-1"], "-1 is not in the range x>=0."),
        (["--seed=-1"], "-1 is not in the range x>=0."),
        (["--count=0"], "0 is not in the range 1<=x<=4096."),
        (["extra"], "unexpected extra argument"),
        (["--tempreature=1"], "--temperature"),
        (["--prime"], "Option '--prime' requires an argument."),
    ],
)
def test_wrong_usage(charlstm: Runner, tiny_run: Path, flags: list[str], message: str) -> None:
    assert message in charlstm.fails("sample", "-r", tiny_run, *flags, status=2)


def test_a_prime_that_cannot_be_read(charlstm: Runner, tiny_run: Path, here: Path) -> None:
    (here / "latin").write_bytes(b"abc\xe9")
    flags = ("sample", "-r", tiny_run, "--prime-file")
    assert charlstm.fails(*flags, "none") == "cannot read 'none': No such file or directory"
    assert charlstm.fails(*flags, ".") == "cannot read '.': Is a directory"
    assert charlstm.fails(*flags, "latin") == "'latin' is not UTF-8 at byte 3; convert it first"


def test_samples_are_no_part_of_the_text_only_after_the_prime(
    charlstm: Runner, tiny_run: Path
) -> None:
    text = charlstm.ok("sample", "-r", tiny_run, "--length=400", "--temperature=0.3").stdout
    assert set(text) <= set(TEXT)


def test_json_of_a_huge_sample_is_json(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("--length=3", "--count=4096", "--seed=1", "--json")
    samples = charlstm.ok("sample", "-r", tiny_run, *flags).json["samples"]
    assert len({sample["seed"] for sample in samples}) == 4096
    assert sys.getsizeof(json.dumps(samples)) > 4096
