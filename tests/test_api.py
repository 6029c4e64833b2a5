"""What Python programs that use the package rely on."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Runner, sentences
from repository import ROOT

import charlstm as package
from charlstm.config_file import read_yaml
from charlstm.errors import CharlstmError, ConfigError
from charlstm.pairs.pair import Pair
from charlstm.sampling import Filters
from charlstm.store import archive
from charlstm.store.json_text import json_text
from charlstm.training.events import Event, Started

SMALL: dict[str, Any] = {
    "hidden_size": 8,
    "batch_size": 8,
    "seq_length": 12,
    "shards": 2,
    "workers": 1,
}
FIXED = SMALL | {"schedule": "constant", "dropout": 0.0, "lr": 0.01, "warmup_steps": 1}


def arrays(run: Path) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in archive.load(run / "last.npz").arrays.items()}


def test_the_python_of_the_readme_does_what_it_says(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    block = (ROOT / "README.md").read_text(encoding="utf-8").split("```python\n")[1]
    code, budget = block.partition("```")[0], "max_minutes=1"
    assert code.count(budget) == 1
    small = ", ".join(f"{name}={value}" for name, value in SMALL.items())
    (here / "text.txt").rename(here / "corpus.txt")
    names: dict[str, package.Model] = {}
    exec(code.replace(budget, f"max_steps=5, {small}"), names)
    assert len(capsys.readouterr().out) == len("x" * 200 + "\n")
    model, loaded = names["model"], package.load("runs/corpus")
    assert model.path == loaded.path
    given = " were full.", "The cats which already ate the fish"
    assert model.log_likelihood(*given) == loaded.log_likelihood(*given) < 0.0


def test_a_run_that_python_resumes_ends_as_one_that_never_stopped(here: Path) -> None:
    whole = package.train("text.txt", max_steps=8, **FIXED)
    half = package.train(here / "text.txt", max_steps=4, **FIXED)
    more = package.train(resume="text-2", max_steps=8, workers=2)
    assert more.path.parent.samefile(half.path.parent)
    assert arrays(whole.path.parent) == arrays(more.path.parent)
    assert package.train("text.txt", resume=half.path.parent, max_steps=8).path == more.path
    with pytest.raises(ConfigError, match="--hidden-size cannot change when a run is resumed"):
        package.train(resume="text", hidden_size=9)


def test_a_run_that_python_starts_from_old_weights_has_their_shape(here: Path) -> None:
    old = package.train("text.txt", max_steps=3, **FIXED, cell="gru", gru_reset="before")
    (here / "other.txt").write_text("A bird sang.\n" * 50, encoding="utf-8")
    seen: list[Event] = []
    new = package.train("other.txt", init_from=old.path.parent, max_steps=1, watch=seen.append)
    settings = read_yaml(new.path.parent / "config.yaml")
    assert (settings["cell"], settings["gru_reset"], settings["hidden_size"]) == (
        "gru",
        "before",
        8,
    )
    assert new.vocabulary.characters[: old.vocabulary.size] == old.vocabulary.characters
    assert any(isinstance(event, Started) for event in seen)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"resume": "tiny", "init_from": "tiny"}, "--init-from has no effect with --resume"),
        (
            {"corpus": "text.txt", "allow_changed_corpus": True},
            "--allow-changed-corpus has no effect",
        ),
        ({"corpus": "text.txt", "resumed": "x"}, "unknown setting 'resumed'."),
        ({}, "no text to train on"),
    ],
)
def test_python_is_told_what_the_command_line_is_told(
    tiny_run: Path, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        package.train(root=tiny_run.parent, **settings)


def test_one_stop_or_one_text_is_a_str_and_is_not_cut_into_characters(tiny_run: Path) -> None:
    model = package.load(tiny_run)
    written = "".join(model.sample("The ", length=60, seed=3))
    stop = written[30:33]
    before = written[: written.index(stop)]
    assert "".join(model.sample("The ", length=60, seed=3, stop=stop)) == before
    assert "".join(model.sample("The ", length=60, seed=3, stop=[stop])) == before
    filters, stopped = Filters(), stop.encode()
    assert b"".join(model.sample_bytes("The ", 60, filters, 3, stopped)) == before.encode()
    assert model.samples("The ", 60, filters, [3], stopped) == [before.encode()]
    assert model.log_likelihoods("The cat") == [model.log_likelihood("The cat")]


def test_the_old_names_of_the_parameters_still_work(tiny_run: Path) -> None:
    model = package.load(tiny_run)
    with pytest.warns(DeprecationWarning, match=r"Model\.network is now called Model\.parameters"):
        assert model.network is model.parameters
    with pytest.warns(DeprecationWarning, match="by_name"):
        assert model.parameters.params is model.parameters.by_name


def test_the_old_name_of_sampling_still_works() -> None:
    with pytest.warns(DeprecationWarning, match=r"charlstm\.sampler is now called") as caught:
        old = importlib.import_module("charlstm.sampler")
    assert old.Filters is Filters
    assert len(caught) == 1


def test_the_warning_names_the_line_that_uses_the_old_name(tiny_run: Path) -> None:
    model = package.load(tiny_run)
    with pytest.warns(DeprecationWarning, match="network") as caught:
        _ = model.network
    assert caught[0].filename == __file__


def test_a_model_has_the_name_of_its_run_also_when_a_checkpoint_is_named(tiny_run: Path) -> None:
    assert package.load(tiny_run).name == "tiny"
    assert package.load(package.load(tiny_run).path).name == "tiny"


def test_a_name_that_the_package_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'charlstm' has no attribute 'lode'"):
        getattr(package, "lode")  # noqa: B009 - type checkers see the mistake in package.lode


def test_the_names_of_the_package_can_be_completed() -> None:
    assert {"Model", "load", "train"} <= set(dir(package))


def test_what_python_measures_is_what_the_commands_say(charlstm: Runner, looking_run: Path) -> None:
    model, text = package.load(looking_run), looking_run.parents[1] / "text.txt"
    words = text.read_text(encoding="utf-8")
    pairs = looking_run.parents[1] / "pairs.jsonl"
    noun = {"sentence_good": "The cats are here.", "sentence_bad": "The cats is here."}
    pairs.write_text(json.dumps(noun | {"subject_end": 8}) + "\n", encoding="utf-8")
    sentence, run = "The cats were here.", ("-r", looking_run, "--json")
    flags = ("--steps=9", "--samples=3", "--gain=2", "--cell=rnn")
    long = looking_run.parents[1] / "long.txt"
    long.write_text(sentences(400), encoding="utf-8")
    ask = ("--feature=word", "--define=the=The (?P<needs>.)", "--controls=19")
    for result, arguments in (
        (model.gates(words, fresh=True), ("gates", text, "--fresh", *run)),
        (
            model.gradients(words, gains=[2.0], cells=["rnn"], steps=9, samples=3),
            ("gradients", looking_run, "--text", text, *flags, "--json"),
        ),
        (
            model.features(
                long.read_text(encoding="utf-8"),
                ["word"],
                {"the": "The (?P<needs>.)"},
                controls=19,
            ),
            ("features", long, *ask, *run),
        ),
        (model.attention(sentence, [4], 2), ("attention", sentence, "--at=4", "--head=2", *run)),
        (model.attention_in_pairs(pairs), ("attention", "--pairs", pairs, *run)),
        (model.view(sentence, (0, 3)), ("text", sentence, "--unit=0:3", *run)),
        (model.step(sentence, 4, (0, 3)), ("step", sentence, "--at=4", "--unit=0:3", *run)),
    ):
        said = charlstm.ok("inspect", *arguments).json
        mapping = json.loads(json_text(result.to_mapping()))
        assert mapping == said, arguments
        assert result.to_records()
        assert result._repr_html_().startswith("<")
        assert repr(result) == "\n".join(result.lines())
    with pytest.raises(CharlstmError, match="there is no character 19"):
        model.attention(sentence, [19])


def test_pairs_may_be_a_file_or_a_list_or_those_of_the_grammar(tiny_run: Path) -> None:
    model = package.load(tiny_run)
    pair = Pair("The cats are here.", "The cats is here.", "simple", "1")
    by_list = model.agree([pair])
    assert by_list.report.scores[0].pair == pair
    assert len(model.pair_set(None, 4).pairs) >= 4
