"""`charlstm sample --avoid-copying`, from outside: what it writes, says, keeps and refuses."""

import re
import shutil
from pathlib import Path
from random import Random

import pytest
from command_line import TEXT, TINY, Runner

from charlstm import load
from charlstm.copying import kept
from charlstm.errors import ConfigError, CorpusError
from charlstm.training.texts import training_text

pytestmark = pytest.mark.slow

GREEDY = ("--temperature=0", "--length=200")
TRAINED = TEXT[: len(TEXT) * 9 // 10]  # the rest is validated on


@pytest.fixture
def run(learnt_run: Path, tmp_path: Path) -> Path:
    """A copy of a run that may be spoilt; its text lies where the original's does."""
    shutil.copytree(learnt_run.parent, tmp_path / "runs")
    return tmp_path / "runs" / learnt_run.name


def shared(sample: str, text: str = TRAINED) -> int:
    """The length of the longest run of a sample that stands in a text, blanks folded."""
    sample, text = (re.sub(r"\s+", " ", some) for some in (sample, text))
    best = 0
    for k in range(len(sample)):
        while k + best < len(sample) and sample[k : k + best + 1] in text:
            best += 1
    return best


def test_no_longer_run_of_the_training_text_comes_out(charlstm: Runner, run: Path) -> None:
    assert shared(charlstm.ok("sample", "-r", run, *GREEDY).stdout) > 40
    for n in (8, 20):
        for flags in (GREEDY, ("--seed=3", "--length=400", "--temperature=0.3")):
            outcome = charlstm.ok("sample", "-r", run, *flags, "--avoid-copying", n, "--novelty")
            assert shared(outcome.stdout) == n - 1
            (longest,) = re.findall(r"longest run there is (\d+)", outcome.stderr) or [0]
            assert int(longest) < n


def test_it_says_how_often_it_acted(charlstm: Runner, run: Path) -> None:
    flags = ("sample", "-r", run, "--seed=3", "--count=3", "--avoid-copying=9")
    result = charlstm.ok(*flags, "--json").json["samples"]
    acts = [sample["avoid_copying"] for sample in result]
    assert all(act["forbidden"] > 5 for act in acts)
    assert [act["prime_copied"] for act in acts] == [False] * 3
    lines = charlstm.ok(*flags).stderr.splitlines()
    assert lines == [
        f"--avoid-copying 9 forbade characters at {act['forbidden']} of 500 places, and took back "
        f"{act['taken_back']} characters"
        for act in acts
    ]
    alone = charlstm.ok(*flags[:3], "--seed=4", "--avoid-copying=9")
    assert alone.stderr.splitlines() == lines[1:2]
    assert alone.stdout == result[1]["text"]


def test_dead_ends_are_left_and_counted(charlstm: Runner, here: Path) -> None:
    random, text = Random(1), "a"  # all pairs, but for those below
    while len(text) < 2000:
        text += random.choice([c for c in "abcde" if text[-1] + c not in ("ab", "ba", "ae")])
    (here / "t.txt").write_text(text)
    charlstm.ok("train", "t.txt", *TINY, "--max-steps=2", "--val-fraction=0", "--out=runs/a")
    flags = ("-r", "runs/a", "--avoid-copying=2", "--length=40", "--count=8", "--seed=1")
    for sample in charlstm.ok("sample", *flags, "--json").json["samples"]:
        assert sample["text"][:39] in ("ab" * 19 + "a", "ba" * 19 + "b")
        assert sample["avoid_copying"]["taken_back"] > 0
        assert sample["avoid_copying"]["forbidden"] == 39
    outcome = charlstm.ok("sample", "-r", "runs/a", "--avoid-copying=2", "--prime=c")
    assert outcome.stdout == "c"
    assert "the sample ends after 0 characters: --avoid-copying leaves no other" in outcome.stderr


def test_a_prime_that_is_a_copy_stays_and_is_named(charlstm: Runner, run: Path) -> None:
    for prime, copies in ((TEXT[100:140], True), ("Nothing of this stands in it.", False)):
        flags = ("sample", "-r", run, "--seed=1", "--prime", prime.replace("\n", "\\n"))
        outcome = charlstm.ok(*flags, "--avoid-copying=9")
        assert outcome.stdout.startswith(prime)
        assert ("the prime itself has a run of 9 characters" in outcome.stderr) == copies
        assert shared(prime[-8:] + outcome.stdout[len(prime) :]) < 9
        result = charlstm.ok(*flags, "--avoid-copying=9", "--json").json["samples"]
        assert result[0]["avoid_copying"]["prime_copied"] == copies


def test_the_index_is_kept_in_the_cache_and_used_again(
    charlstm: Runner, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    charlstm.ok("train", "text.txt", *TINY, "--max-steps=2", "--out=runs/a")
    before = {path for path in here.rglob("*") if path.is_file()}
    flags = ("sample", "-r", "runs/a", "--seed=1", "--avoid-copying=7")
    outcome = charlstm.ok(*flags)
    assert {path for path in here.rglob("*") if path.is_file()} == before
    monkeypatch.setattr(kept, "IN_MEMORY", 100)
    assert charlstm.ok(*flags) == outcome
    (index,) = {path for path in here.rglob("*") if path.is_file()} - before
    (encoded,) = (here / "runs/.cache").glob("*.ids")
    assert index.parent == encoded.parent and index.name.startswith(encoded.stem)
    written = index.stat().st_mtime_ns
    assert charlstm.ok(*flags) == outcome
    assert index.stat().st_mtime_ns == written
    index.write_bytes(index.read_bytes()[:-1])
    assert charlstm.ok(*flags) == outcome
    assert index.stat().st_mtime_ns != written


def test_a_text_that_has_moved_is_taken_from_the_cache_or_refused(
    charlstm: Runner, here: Path
) -> None:
    charlstm.ok("train", "text.txt", *TINY, "--max-steps=2", "--out=runs/a")
    flags = ("sample", "-r", "runs/a", "--seed=1", "--avoid-copying=7")
    outcome = charlstm.ok(*flags)
    shutil.rmtree(here / "runs/.cache")
    assert charlstm.ok(*flags) == outcome  # the text is encoded again
    (here / "text.txt").unlink()
    assert charlstm.ok(*flags) == outcome
    shutil.rmtree(here / "runs/.cache")
    assert "text.txt" in charlstm.fails(*flags)
    with pytest.raises(CorpusError, match=r"text\.txt"):
        load("runs/a").sample(avoid_copying=7)


def test_lengths_without_a_meaning_are_refused(charlstm: Runner, run: Path) -> None:
    for n in ("0", "1", "-5", "10001", "9" * 50):
        error = charlstm.fails("sample", "-r", run, "--avoid-copying", n, status=2)
        assert "must be at least 2 and at most 10000" in error
    error = charlstm.fails("sample", "-r", run, "--avoid-copying", len(TEXT))
    assert f"no part of the training text has {len(TEXT):,} characters" in error
    for value in (1, 10_001):
        with pytest.raises(ConfigError, match="at least 2"):
            load(run).sample(avoid_copying=value)


def test_bytes_are_avoided_alike(charlstm: Runner, here: Path) -> None:
    text = "Übergrößenträger ".encode() * 60
    (here / "b.bin").write_bytes(text)
    flags = ("--max-steps=150", "--lr=0.03", "--warmup-steps=5", "--dropout=0", "--out=runs/b")
    charlstm.ok("train", "b.bin", *TINY, "--tokens=byte", *flags)
    sample = ("sample", "-r", "runs/b", *GREEDY)
    assert text[:19] in charlstm.ok(*sample).output
    outcome = charlstm.ok(*sample, "--avoid-copying=6")
    found = re.sub(rb"[ \t-\r]+", b" ", outcome.output)
    assert any(found[k : k + 5] in text for k in range(len(found) - 4))
    assert not any(found[k : k + 6] in text for k in range(len(found) - 5))
    assert outcome.stderr.endswith(" bytes\n")


def test_lines_are_compared_one_by_one(charlstm: Runner, names_run: Path) -> None:
    model = load(names_run)
    trained = training_text(model.checkpoint, names_run).open()
    corpus = model.vocabulary.decode(trained)
    flags = ("sample", "-r", names_run, "--count=60", "--seed=1", "--temperature=0.5")
    n = 5

    def longest(output: str) -> int:
        return max(shared(line, corpus) for line in output.splitlines())

    assert longest(charlstm.ok(*flags).stdout) > n
    outcome = charlstm.ok(*flags, "--avoid-copying", n)
    lines = outcome.stdout.splitlines()
    runs = {line[k : k + n] for line in corpus.splitlines() for k in range(len(line) - n + 1)}
    assert not runs & {line[k : k + n] for line in lines for k in range(len(line) - n + 1)}
    error = charlstm.fails(*flags, "--avoid-copying=500")
    assert "no line of the training text has 500 characters" in error


def test_a_blend_copies_from_none_of_its_texts(charlstm: Runner, here: Path) -> None:
    text, other = "xyz abc " * 300, "Abc\txyz!" * 200
    for name, content in (("a", text), ("b", other)):
        (here / f"{name}.txt").write_text(content)
        flags = ("--max-steps=60", "--lr=0.03", "--warmup-steps=5", "--val-fraction=0")
        charlstm.ok("train", f"{name}.txt", *TINY, *flags, "--dropout=0", f"--out=runs/{name}")
    for share, texts in ((0.9, (other, text)), (0.1, (text, other))):
        sample = ("sample", "-r", "runs/a", "--blend", f"runs/b:{share}", "--seed=1")
        assert shared(charlstm.ok(*sample).stdout, texts[0]) > 5
        avoiding = charlstm.ok(*sample, "--avoid-copying=5").stdout
        assert all(shared(avoiding, each) < 5 for each in texts)


def test_python_writes_the_same(charlstm: Runner, run: Path) -> None:
    text = "".join(load(run).sample(length=150, seed=5, avoid_copying=8))
    outcome = charlstm.ok("sample", "-r", run, "--length=150", "--seed=5", "--avoid-copying=8")
    assert outcome.stdout == text
