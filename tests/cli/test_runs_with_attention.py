"""Whatever is asked of a run works on one with attention; the numbers are its network's."""

import csv
from pathlib import Path

import numpy as np
import pytest
from command_line import Runner

import charlstm as package
from charlstm.nn import reference

SENTENCES = "The cats which already ate the fish were full.\nThe dog near the cats was tired.\n"


@pytest.fixture(scope="module", params=["rnn", "lstm"])
def run(
    request: pytest.FixtureRequest, charlstm: Runner, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A run of few updates on the agreement corpus, whose memory is longer than a window."""
    folder = tmp_path_factory.mktemp("attention")
    charlstm.ok("corpus", "agreement", folder / "corpus.txt", "--sentences", 300)
    size = ("--hidden-size=8", "--batch-size=4", "--seq-length=20", "--workers=1", "--max-steps=20")
    flags = (*size, "--attention=30", f"--cell={request.param}", "--out", folder / "run")
    charlstm.ok("train", folder / "corpus.txt", *flags)
    return folder / "run"


def by_reference(run: Path, text: str, prime: str = "\n") -> list[float]:
    """The loss of each character of a text after the prime in nats, from the equations."""
    model = package.load(run)
    ids = model.vocabulary.encode(prime + text).astype(np.intp)
    logits, _ = reference.run(model.parameters, ids[:-1, None])
    log_p = logits[:, :, 0] - np.log(np.exp(logits[:, :, 0]).sum(axis=1, keepdims=True))
    losses = [-float(row[k]) for row, k in zip(log_p, ids[1:], strict=True)]
    return losses[len(prime) - 1 :]


def test_scores_are_those_of_the_equations(charlstm: Runner, run: Path, here: Path) -> None:
    (here / "s.txt").write_text(SENTENCES, encoding="utf-8")
    losses = by_reference(run, SENTENCES)
    expected = pytest.approx(np.mean(losses), rel=1e-5)
    assert charlstm.ok("eval", "-r", run, "s.txt", "--json").json["nats_per_char"] == expected
    model = package.load(run)
    assert model.evaluate(SENTENCES).nats_per_char == expected
    assert model.log_likelihood(SENTENCES) == pytest.approx(-sum(losses), rel=1e-5)
    shown = charlstm.ok("inspect", "text", "-r", run, SENTENCES[:-1], "--json").json
    bits = [character["bits"] for character in shown["characters"]]
    np.testing.assert_allclose(bits, np.array(losses[:-1]) / np.log(2), rtol=1e-4)
    prime = "The cats which already ate the fish"
    (choice,) = charlstm.ok("cloze", "-r", run, "--prime", prime, " were", "--json").json["choices"]
    alone = -sum(by_reference(run, " were", prime))
    assert choice["log_likelihood"] == pytest.approx(alone, rel=1e-5)


def test_each_study_measures_it(charlstm: Runner, run: Path, here: Path) -> None:
    flags = ("-r", run, "--per-condition=2", "--json")
    assert 0 <= charlstm.ok("agree", *flags).json["overall"]["accuracy"] <= 1
    assert charlstm.ok("inspect", "units", "-r", run, "--per-condition=12", "--json").json["units"]
    own = package.load(run).config.cell
    look = ("inspect", "gradients", run, "--samples=2", "--json")
    trained, fresh = charlstm.ok(*look, "--fresh").json["networks"]
    assert np.isfinite(trained["norms"]["h"]).all()
    assert charlstm.ok(*look, "--cell", own).json["networks"] == [trained, fresh]
    if own == "rnn":
        assert "has no gates" in charlstm.fails("inspect", "gates", "-r", run)
    else:
        assert charlstm.ok("inspect", "gates", "-r", run, "--cut=500", "--json").json["memory"]
    texts = charlstm.ok("sample", "-r", run, "--count=3", "--seed=4", "--novelty", "--json").json
    (alone,) = charlstm.ok("sample", "-r", run, "--seed=5", "--json").json["samples"]
    assert texts["samples"][1]["text"] == alone["text"]
    charlstm.ok("plot", run, "--save", here / "curves.csv")
    with (here / "curves.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file))


def test_python_trains_and_goes_on(run: Path, here: Path) -> None:
    corpus = run.parent / "corpus.txt"
    new = package.train(corpus, root=here, init_from=run, max_steps=2, workers=1)
    assert new.parameters.architecture == package.load(run).parameters.architecture
    again = package.train(resume=new.path.parent, root=here, max_steps=3)
    assert again.config.attention == 30
    assert len("".join(again.sample(length=50, seed=1))) == 50
