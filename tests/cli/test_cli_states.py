"""`--save-state` and `--from-state`: a prime is read once, and the samples are what they were."""

import random
from pathlib import Path

import pytest
from command_line import TEXT, TINY, Runner

from charlstm import load
from charlstm.errors import CheckpointError
from charlstm.sampling import Filters

PRIME = TEXT[:300].rstrip()


@pytest.fixture(scope="module")
def runs(
    charlstm: Runner,
    tiny_run: Path,
    looking_run: Path,
    names_run: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("states")
    for name, run in (("tiny", tiny_run), ("looking", looking_run), ("names", names_run)):
        (folder / name).symlink_to(run)
    (folder / "prime.txt").write_text(PRIME, encoding="utf-8")
    (folder / "text.txt").write_text(TEXT + "é\n", encoding="utf-8")
    flags = (*TINY, "--tokens=byte", "--max-steps=9", "--warmup-steps=1")
    charlstm.ok("train", folder / "text.txt", *flags, "--out", folder / "bytes")
    return folder


@pytest.fixture(autouse=True)
def in_folder(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(runs)
    for path in runs.glob("*.state"):
        path.unlink()


CASES = [
    ("tiny",),
    ("looking", "--no-repeat=5", "--word-temperature=0.5"),
    ("names",),
    ("names", "--stop=or"),
    ("bytes", "--top-k=9"),
    ("tiny", "--avoid-copying=6"),
    ("looking", "--blend=tiny:0.4", "--best-of=3"),
    ("tiny", "--blend=looking:0.4"),
    ("looking", "--ablate=0:3", "--blend=tiny:0.2", "--no-repeat=4"),
]


@pytest.mark.parametrize("flags", CASES, ids=" ".join)
@pytest.mark.parametrize("more", [(), ("--count=3",), ("--json", "--logprobs=2", "--count=2")])
def test_from_a_state_comes_what_comes_from_the_prime(
    charlstm: Runner, flags: tuple[str, ...], more: tuple[str, ...]
) -> None:
    run, *options = flags
    sample = ("sample", "-r", run, *options, "--seed=5", "--length=40", *more)
    prime = f"--prime={PRIME}" if run != "names" else "--prime=Nor"
    plain = charlstm.ok(*sample, prime)
    saved = charlstm.ok(*sample, prime, "--save-state=x.state")
    assert saved.output == plain.output
    said = [*plain.stderr.splitlines(), "wrote x.state"]
    assert sorted(saved.stderr.splitlines()) == sorted(said)
    again = charlstm.ok(*sample, "--from-state=x.state")
    if "--json" in more:
        own = [sample | {"prime": ""} for sample in plain.json["samples"]]
        assert again.json["samples"] == own
        assert again.json["from_state"] == "x.state"
    else:
        assert again.output == plain.output.replace(prime.partition("=")[2].encode(), b"")
    assert b"".join(again.output.split())


@pytest.mark.parametrize("search", ["--must-contain=cats", "--beam=3"])
def test_a_search_goes_on_from_a_state(charlstm: Runner, search: str) -> None:
    sample = ("sample", "-r", "looking", "--blend=tiny:0.4", "--length=40", search)
    seed = ("--seed=5",) * search.startswith("--must")
    plain = charlstm.ok(*sample, *seed, f"--prime={PRIME}", "--save-state=x.state").stdout
    again = charlstm.ok(*sample, *seed, "--from-state=x.state").stdout
    assert PRIME + again == plain


def test_a_prime_beside_a_state_goes_on_from_there(charlstm: Runner) -> None:
    sample = ("sample", "-r", "tiny", "--seed=2", "--length=30")
    whole = charlstm.ok(*sample, f"--prime={PRIME} The cat").stdout
    charlstm.ok(
        "sample", "-r", "tiny", "--length=0", "--prime-file=prime.txt", "--save-state=a.state"
    )
    goes_on = charlstm.ok(*sample, "--from-state=a.state", "--prime= The cat")
    assert goes_on.stdout == whole.removeprefix(PRIME)
    flags = ("--from-state=a.state", "--prime= The cat", "--save-state=b.state")
    assert charlstm.ok(*sample, *flags).output == goes_on.output
    end = charlstm.ok(*sample, "--from-state=b.state").stdout
    assert " The cat" + end == goes_on.stdout


def test_no_prime_after_a_state_is_no_newline(charlstm: Runner) -> None:
    charlstm.ok("sample", "-r", "names", "--prime=Nor", "--save-state=n.state")
    model = load("names")
    state = model.load_state("n.state")
    assert state.ids.tolist() == model.vocabulary.encode("\nNor").tolist()
    assert (
        model.state_after("wi", state).ids.tolist() == model.vocabulary.encode("\nNorwi").tolist()
    )


def test_python_goes_on_from_a_state() -> None:
    model = load("tiny")
    state = model.state_after(PRIME)
    expected = "".join(model.sample(PRIME, length=50, seed=1))
    assert "".join(model.sample(state, length=50, seed=1)) == expected
    state.save("p.state")
    again = load("tiny").load_state("p.state")
    assert model.samples(again, 50, Filters(), [1, 2])[0].decode() == expected
    blend = model.blend({load("looking"): 0.3})
    for others in (blend, model.ablate((0, 3)), load("looking")):
        with pytest.raises(CheckpointError, match="the state is of other weights"):
            others.sample(state, length=5)
        with pytest.raises(CheckpointError, match="the state is of other weights"):
            others.state_after("more", state)
        with pytest.raises(CheckpointError, match=r"the state 'p\.state' is of other weights"):
            others.load_state("p.state")


def test_the_shares_of_a_blend_are_free(charlstm: Runner) -> None:
    sample = ("sample", "-r", "tiny", "--seed=2", "--length=30")
    charlstm.ok(*sample, "--blend=looking:0.4", f"--prime={PRIME}", "--save-state=m.state")
    other = charlstm.ok(*sample, "--blend=looking:0.9", f"--prime={PRIME}").stdout
    again = charlstm.ok(*sample, "--blend=looking:0.9", "--from-state=m.state").stdout
    assert PRIME + again == other


@pytest.mark.parametrize(
    "flags",
    [
        ("-r", "looking"),
        ("-r", "tiny", "--ablate=0:1"),
        ("-r", "tiny", "--hold=0:1:f=1"),
        ("-r", "tiny", "--blend=looking:0.1"),
        ("-r", "looking", "--blend=tiny:0.1"),
        ("-r", "bytes"),
    ],
    ids=" ".join,
)
def test_other_weights_are_refused(charlstm: Runner, flags: tuple[str, ...]) -> None:
    charlstm.ok("sample", "-r", "tiny", "--length=1", "--save-state=w.state")
    message = charlstm.fails("sample", *flags, "--from-state=w.state")
    assert "the state 'w.state' is of other weights, those of tiny/best.npz, and not of" in message


def test_a_damaged_file_is_refused(charlstm: Runner, runs: Path) -> None:
    charlstm.ok("sample", "-r", "looking", "--length=1", "--save-state=d.state")
    content, rng = (runs / "d.state").read_bytes(), random.Random(1)
    damaged = [content[:-1], content[: len(content) // 2], b"", TEXT.encode()]
    for _ in range(20):
        place = rng.randrange(len(content))
        damaged.append(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    for data in damaged:
        (runs / "d.state").write_bytes(data)
        message = charlstm.fails("sample", "-r", "looking", "--from-state=d.state")
        assert "cannot load the state 'd.state': it is damaged, or is no file of" in message


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--from-state=none.state",), "cannot load the state 'none.state': No such file"),
        (("--from-state=tiny/best.npz",), "it is damaged, or is no file of --save-state"),
        (("--from-state=",), "it is damaged, or is no file of --save-state"),
        (("--save-state=prime.txt",), "'prime.txt' exists; choose another place, or replace it"),
        (("--save-state=prime.txt", "--force", "--prime-file=prime.txt"), "is an input of this"),
        (("--save-state=tiny/best.npz", "--force"), "'tiny/best.npz' is an input of this command"),
        (
            ("--blend=looking:0.1", "--save-state=looking/best.npz", "--force"),
            "'looking/best.npz' is an input of this command",
        ),
    ],
    ids=str,
)
def test_files_that_are_none_and_files_that_stay(
    charlstm: Runner, runs: Path, flags: tuple[str, ...], message: str
) -> None:
    before = {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()}
    assert message in charlstm.fails("sample", "-r", "tiny", *flags)
    assert before == {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()}


def test_a_state_is_no_run_and_replaces_itself_only_with_force(charlstm: Runner) -> None:
    sample = ("sample", "-r", "tiny", "--length=1", "--save-state=s.state")
    charlstm.ok(*sample)
    assert "its header is not one of a training run" in charlstm.fails("sample", "-r", "s.state")
    assert "'s.state' exists" in charlstm.fails(*sample)
    charlstm.ok(*sample, "--force")
    message = charlstm.fails(*sample, "--from-state=s.state", "--force")
    assert "'s.state' is an input of this command" in message
