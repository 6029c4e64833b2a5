"""`charlstm sample --novelty` and the previews of a training: what is copied, and from where."""

import shutil
from pathlib import Path

import pytest
from command_line import TEXT, TINY, Runner

from charlstm import load, novelty
from charlstm.cli.samples import Copied
from charlstm.sampling import Filters

pytestmark = pytest.mark.slow

GREEDY = ("--temperature=0", "--length=60")


@pytest.fixture
def run(learnt_run: Path, tmp_path: Path) -> Path:
    """A copy of a run that may be spoilt; its text lies where the original's does."""
    shutil.copytree(learnt_run.parent, tmp_path / "runs")
    return tmp_path / "runs" / learnt_run.name


def test_a_copy_is_named_and_measured(run: Path) -> None:
    found = load(run).novelty("???" + TEXT[500:600] + "???")
    assert (found.longest, found.begin) == (100, 3)
    assert found.copied == pytest.approx(89 / 95)
    assert load(run).novelty(TEXT[-150:]).longest < 150  # that was only validated on
    assert load(run).novelty("").copied == 0.0


def test_it_is_said_after_each_sample(charlstm: Runner, run: Path) -> None:
    plain = charlstm.ok("sample", "-r", run, *GREEDY)
    outcome = charlstm.ok("sample", "-r", run, *GREEDY, "--novelty")
    assert outcome.output == plain.output
    assert "the longest run there is" in outcome.stderr
    both = charlstm.ok("sample", "-r", run, *GREEDY, "--novelty", "--count=2")
    assert both.stderr == outcome.stderr * 2


def test_a_byte_model_is_compared_by_bytes(charlstm: Runner, here: Path) -> None:
    text = here / "b.bin"
    text.write_bytes("Übergrößenträger ".encode() * 30)
    charlstm.ok("train", text, *TINY, "--tokens=byte", "--max-steps=2", "--out=runs/b")
    sample = b"??" + text.read_bytes()[1:29]  # from and to the middle of a character
    model = load("runs/b")
    found, run = Copied(model, model.writer("", Filters(), [1])).measure(sample)
    assert (found.longest, found.begin) == (28, 2)
    assert run == "\ufffdbergrößenträger Übergr\ufffd"


def test_the_text_is_found_again_when_the_cache_is_gone(charlstm: Runner, run: Path) -> None:
    outcome = charlstm.ok("sample", "-r", run, *GREEDY, "--novelty")
    shutil.rmtree(run.parent / ".cache")
    assert charlstm.ok("sample", "-r", run, *GREEDY, "--novelty") == outcome


def test_a_training_text_that_is_gone_is_one_line(charlstm: Runner, here: Path) -> None:
    charlstm.ok("train", "text.txt", *TINY, "--max-steps=2", "--out=runs/a")
    shutil.rmtree(here / "runs/.cache")
    (here / "text.txt").write_text(TEXT + "more\n", encoding="utf-8")
    error = charlstm.fails("sample", "-r", "runs/a", "--novelty")
    assert "has changed since" in error
    (here / "text.txt").unlink()
    error = charlstm.fails("sample", "-r", "runs/a", "--novelty")
    assert "text.txt" in error
    charlstm.ok("train", "-", *TINY, "--max-steps=2", "--out=runs/b", stdin=TEXT.encode())
    charlstm.ok("sample", "-r", "runs/b", "--novelty")
    shutil.rmtree(here / "runs/.cache")
    error = charlstm.fails("sample", "-r", "runs/b", "--novelty")
    assert "standard input" in error


def test_the_index_of_a_long_text_lies_beside_its_encoded_copy(
    charlstm: Runner, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = charlstm.ok("sample", "-r", run, *GREEDY, "--novelty")
    cache = run.parent / ".cache"
    assert not list(cache.glob("*.pieces"))
    monkeypatch.setattr(novelty, "IN_MEMORY", 100)
    assert charlstm.ok("sample", "-r", run, *GREEDY, "--novelty") == outcome
    (index,) = cache.glob("*.pieces")
    (encoded,) = cache.glob("*.ids")
    assert index.name.startswith(encoded.stem)


def test_previews_say_it_too(charlstm: Runner, here: Path) -> None:
    flags = ("--max-steps=300", "--sample-every=300", "--lr=0.03", "--warmup-steps=5")
    outcome = charlstm.ok("train", here / "text.txt", *TINY, *flags)
    (line,) = [line for line in outcome.stderr.splitlines() if "pieces of 12" in line]
    copy = line.split("characters: ")[1].strip("'\"").removesuffix("…").replace(r"\n", "\n")
    assert len(copy) >= 12
    assert copy in TEXT
