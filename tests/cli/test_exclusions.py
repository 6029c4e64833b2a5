"""Options that have no effect are refused or spoken of: the table is walked on the command line."""

from itertools import chain
from pathlib import Path

import click
import pytest
from command_line import TEXT, TINY, Outcome, Runner

import charlstm as package
from charlstm.cli import cli
from charlstm.config_file import read_yaml
from charlstm.errors import ConfigError
from charlstm.exclusions import ALL, ANY, BYTES, RULES, Rule

TYPED = [rule for rule in RULES if rule.option.startswith("--") or rule.option == ALL]
ANY_OPTION = {"describe": "--hidden-size", "inspect features": "--seed"}  # stand for ALL
SETTINGS_ROWS = {  # what of them a file may say, with a note in place of an error
    "val_fraction": "val: text.txt\nval_fraction: 0.2",
    "patience": "val_fraction: 0\npatience: 1",
    "encoding": "tokens: byte\nencoding: latin-1",
    "attention_heads": "attention_heads: 2",
}


def command_of(rule: Rule) -> click.Command:
    command: click.Command = cli
    for name in rule.command.split():
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None
        command = found
    return command


def typed(rule: Rule, option: str, value: object = ANY) -> list[str]:
    """The option as it is typed, with the value or one that its type takes."""
    option = ANY_OPTION[rule.command] if option == ALL else option
    if not option.startswith("-"):
        return ["text.txt"]
    (found,) = (p for p in command_of(rule).params if option in p.opts)
    assert isinstance(found, click.Option)
    if found.is_flag:
        return [option]
    kinds = {
        "integer": "3",
        "integer range": "3",
        "float": "0.5",
        "boolean": "",
        "layer:unit": "0:3",
        "run:share": "x:0.3",
    }
    one = found.type.choices[0] if isinstance(found.type, click.Choice) else "x.json"
    return [option, str(kinds.get(found.type.name, one) if value is ANY else value)]


def tried(charlstm: Runner, rule: Rule, *words: list[str]) -> Outcome:
    needed = ["text.txt"] if rule.command == "inspect text" else []
    return charlstm(*rule.command.split(), *needed, *chain(*words))


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("rule", [r for r in TYPED if r.other != BYTES], ids=Rule.message)
def test_each_row_is_refused_where_it_holds_and_nowhere_else(charlstm: Runner, rule: Rule) -> None:
    option, other = typed(rule, rule.option), typed(rule, rule.other, rule.value)
    broken, kept = (option, [*option, *other]) if rule.needs else ([*option, *other], option)
    outcome = tried(charlstm, rule, broken)
    said = rule.message().replace(ALL, ANY_OPTION.get(rule.command, ALL))
    if rule.mild:
        assert outcome.stderr.count(said.removesuffix(".")) == 1
    else:
        assert (outcome.status, outcome.error) == (2, said)
    fine = [kept]
    if rule.value is not ANY:
        fine.append([*option, *typed(rule, rule.other, {"byte": "char"}.get(rule.value, 0.5))])
    fine += [[*broken, *typed(rule, option)] for option in rule.unless.split()]
    for words in fine:
        assert said not in tried(charlstm, rule, words).stderr


@pytest.fixture(scope="module")
def byte_run(charlstm: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "text.txt").write_text("bytes and bytes\n" * 99, encoding="utf-8")
    text, run = folder / "text.txt", folder / "run"
    charlstm.ok("train", text, *TINY, "--max-steps=1", "--tokens=byte", "--out", run)
    return run


@pytest.mark.parametrize("rule", [r for r in TYPED if r.other == BYTES], ids=Rule.message)
def test_a_row_on_byte_models_is_seen_once_the_model_is_known(
    charlstm: Runner, here: Path, tiny_run: Path, byte_run: Path, rule: Rule
) -> None:
    (here / "text.txt").write_text(TEXT * 2, encoding="utf-8")
    text = ("--text", here / "text.txt") if "gradients" in rule.command else (here / "text.txt",)
    words = (*rule.command.split(), *text, rule.option, "utf-8")
    run = () if "gradients" in rule.command else ("--run",)
    assert charlstm.fails(*words, *run, byte_run, status=2) == rule.message()
    charlstm.ok(*words, *run, tiny_run)


@pytest.mark.usefixtures("here")
def test_a_key_of_a_plan_without_effect_is_refused(charlstm: Runner) -> None:
    rule, lower = (rule for rule in RULES if rule.command == "compare")
    runs = "base: {corpus: c.txt}\nvary: {seed: [1]}\nbudget: {minutes: 1}\n"
    plan = f"pairs: x\nper_condition: 4\n{runs}"
    Path("plan.yaml").write_text(plan, encoding="utf-8")
    assert charlstm.fails("compare", "plan.yaml") == f"plan.yaml: {rule.message()}"
    Path("plan.yaml").write_text(plan + "sweeps: depth\n", encoding="utf-8")
    assert "has no effect" not in charlstm.fails("compare", "plan.yaml")
    Path("plan.yaml").write_text(f"lower: true\n{runs}", encoding="utf-8")
    assert charlstm.fails("compare", "plan.yaml") == f"plan.yaml: {lower.message()}"


def test_the_rows_that_files_may_break_are_these() -> None:
    flags = {"config", "resume", "init_from", "allow_changed_corpus", "force"}
    rows = {r.option[2:].replace("-", "_") for r in RULES if r.command == "train" and not r.strict}
    assert rows - flags == SETTINGS_ROWS.keys()


@pytest.mark.parametrize("name", SETTINGS_ROWS)
def test_a_setting_of_a_file_without_effect_is_noted(
    charlstm: Runner, here: Path, name: str
) -> None:
    said = [rule.message() for rule in RULES if rule.option == "--" + name.replace("_", "-")]
    (here / "c.yaml").write_text(SETTINGS_ROWS[name], encoding="utf-8")
    stderr = charlstm.ok("train", "text.txt", *TINY, "--config=c.yaml", "--max-steps=1").stderr
    assert [stderr.count(message + "\n") for message in said[:1]] == [1]
    with pytest.raises(ConfigError, match="has no effect"):
        package.train("text.txt", max_steps=1, **read_yaml(here / "c.yaml"))


@pytest.mark.usefixtures("here")
def test_an_option_takes_the_place_of_what_a_file_says(charlstm: Runner) -> None:
    Path("c.yaml").write_text("val_fraction: 0.3\nepochs: 3\ntokens: byte\n", encoding="utf-8")
    flags = ("train", "text.txt", *TINY, "--config=c.yaml", "--max-steps=1")
    assert "no effect" not in charlstm.ok(*flags, "--val=text.txt").stderr
    settings = read_yaml(Path("runs/text/config.yaml"))
    assert (settings["val_fraction"], settings["epochs"], settings["max_steps"]) == (None, None, 1)
    message = charlstm.fails(*flags, "--encoding=latin-1")
    assert message.startswith("c.yaml: --encoding has no effect with --tokens byte")


@pytest.mark.usefixtures("here")
def test_heads_look_at_what_a_file_or_an_old_run_has(charlstm: Runner, looking_run: Path) -> None:
    train = ("train", "text.txt", *TINY, "--max-steps=1")
    Path("with.yaml").write_text("attention: 3\n", encoding="utf-8")
    Path("without.yaml").write_text("lr: 0.1\n", encoding="utf-8")
    heads = package.load(looking_run).config.attention_heads
    same = (f"--attention-heads={heads}",)
    for way in (["--config=with.yaml"], ["--init-from", looking_run]):
        assert "has no effect" not in charlstm.ok(*train, *way, *same).stderr
    again = ("train", "--resume=text", "--max-steps=2", *same)
    assert "has no effect" not in charlstm.ok(*again).stderr
    said = "--attention-heads has no effect without --attention: nothing is looked back at; leave"
    assert said in charlstm.fails(*train, "--config=without.yaml", *same)
    said = said.replace("without --attention", "with --attention 0")
    assert said in charlstm.fails(
        *train, "--init-from", looking_run, "--attention=0", *same, status=2
    )


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--workers=3", "only 2 of 3 workers have work: the batch is cut into 2 shards"),
        ("--warmup-steps=7", "the rate does not reach --lr 0.03: its warm-up takes 7 updates, and"),
        (
            "--patience=2 --eval-every=2",
            "--patience 2 has no effect on 3 validations; --eval-every",
        ),
        ("--patience=1 --val-fraction=1e-9", "--patience has no effect: there is no validation"),
        ("--sample-every=7", "--sample-every 7 has no effect on 6 updates"),
        (
            "--keep=2 --checkpoint-every=7",
            "--keep 2 has no effect: of 6 updates none is a multiple",
        ),
    ],
)
def test_what_comes_too_late_for_a_run_is_noted(charlstm: Runner, flags: str, said: str) -> None:
    words = ("train", "text.txt", *TINY[:-1], "--max-steps=6")
    assert said in charlstm.ok(*words, "--warmup-steps=6", "--workers=1", *flags.split()).stderr
    enough = "--warmup-steps=6 --patience=1 --eval-every=2 --sample-every=6 --keep=2"
    stderr = charlstm.ok(*words, "--workers=2", *enough.split()).stderr
    assert "no effect" not in stderr and "have work" not in stderr and "reach" not in stderr


def test_a_run_longer_than_the_text_is_noted(charlstm: Runner, tiny_run: Path) -> None:
    flags = ("sample", "--run", tiny_run, "--length=7", "--prime=The", "--no-repeat")
    said = "--no-repeat 10 has no effect on 10 characters\n"
    assert charlstm.ok(*flags, 10).stderr == said
    assert charlstm.ok(*flags, 9).stderr == ""


def test_a_choice_among_more_than_there_are_is_noted(charlstm: Runner, tiny_run: Path) -> None:
    size = package.load(tiny_run).vocabulary.size
    flags = ("sample", "--run", tiny_run, "--length=2", "--top-k")
    said = f"--top-k {size} has no effect: there are only {size} to choose from\n"
    assert charlstm.ok(*flags, size).stderr == said
    assert charlstm.ok(*flags, size - 1).stderr == ""


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("budget", ["max_minutes: yes", "max_steps: 5e0", "epochs: many"])
def test_a_value_whose_place_an_option_takes_is_checked_as_well(
    charlstm: Runner, budget: str
) -> None:
    Path("c.yaml").write_text(f"corpus: text.txt\n{budget}\n", encoding="utf-8")
    assert budget.split(":", maxsplit=1)[0] in charlstm.fails(
        "train", "--config=c.yaml", "--max-steps=5"
    )
