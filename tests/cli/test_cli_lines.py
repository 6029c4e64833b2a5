"""`--lines`: what a user with a list of names types, reads and gets wrong."""

import gzip
from pathlib import Path

import pytest
from command_line import TINY, Runner
from place_names import as_lines, place_names

from charlstm import load

pytestmark = pytest.mark.slow

NAMES = place_names(200)
SIZE = ("--hidden-size=16", "--batch-size=8", "--seq-length=20", "--shards=1", "--workers=1")
FEW = ("--max-steps=3", "--warmup-steps=1")


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder but for `names.txt`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.txt").write_text(as_lines(NAMES), encoding="utf-8")
    return tmp_path


def settings(run: Path) -> bool:
    return load(run).config.lines


# Writing


def test_a_sample_is_one_line(charlstm: Runner, names_run: Path) -> None:
    sample = ("sample", "-r", names_run, "--seed=1")
    one = charlstm.ok(*sample).stdout
    assert one.count("\n") == 1 and len(one) > 3
    assert one == "".join(load(names_run).sample(seed=1)) + "\n"
    begun = charlstm.ok(*sample, "--prime=Nor").stdout
    assert begun.startswith("Nor") and begun.count("\n") == 1
    assert charlstm.ok(*sample, r"--prime=Fenham\nNor").stdout == f"Fenham\n{begun}"
    assert charlstm.ok(*sample, "--length=2").stdout == one[:2] + "\n"


def test_several_samples_are_a_line_each(charlstm: Runner, names_run: Path) -> None:
    several = charlstm.ok("sample", "-r", names_run, "--seed=1", "--count=20").stdout
    lines = several.splitlines()
    assert len(lines) == 20 and several.endswith("\n")
    assert lines[0] == "".join(load(names_run).sample(seed=1))
    records = charlstm.ok("sample", "-r", names_run, "--seed=1", "--count=20", "--json").json
    assert [record["text"] for record in records["samples"]] == lines


def test_a_stop_of_the_user_s_own_takes_the_place_of_the_line_s_end(
    charlstm: Runner, names_run: Path
) -> None:
    sample = ("sample", "-r", names_run, "--seed=1", "--length=80")
    whole = charlstm.ok(*sample, "--stop=☃").stdout
    assert len(whole) == 80 and whole.count("\n") > 1
    assert whole.splitlines()[0] == charlstm.ok(*sample).stdout.strip()
    # Every line begins from zero, so what stands before it has no effect.
    model = load(names_run)
    after = model.log_likelihood("Corby\n", prime=f"{whole}\n")
    assert after == pytest.approx(model.log_likelihood("Corby\n"), abs=1e-6)


# Scoring


def test_eval_scores_lines_alone_and_together(charlstm: Runner, names_run: Path) -> None:
    model = load(names_run)
    own = model.vocabulary.decode(model.validation_ids())
    text = names_run.parents[1] / "own.txt"
    text.write_text(own.removesuffix("\n"), encoding="utf-8")  # the last line has no end
    scored = charlstm.ok("eval", "-r", names_run, "--json").json
    assert charlstm.ok("eval", "-r", names_run, text, "--json").json == scored
    lines = charlstm.ok("eval", "-r", names_run, text, "--lines", "--json").json["lines"]
    assert [line["text"] for line in lines] == own.splitlines()
    nats = -sum(line["log_likelihood"] for line in lines)
    assert scored["characters"] == len(own)
    assert scored["nats_per_char"] == pytest.approx(nats / len(own), rel=1e-5)


def test_empty_lines_are_not_scored(charlstm: Runner, names_run: Path, there: Path) -> None:
    (there / "a.txt").write_bytes(b"Corby\r\n\r\n\r\nFenham")
    (there / "b.txt").write_bytes(b"Corby\nFenham\n")
    scores = [
        charlstm.ok("eval", "-r", names_run, name, "--json").json for name in ("a.txt", "b.txt")
    ]
    assert scores[0] == scores[1]
    (there / "c.txt").write_bytes(b"\n\n")
    assert "no text to score" in charlstm.fails("eval", "-r", names_run, "c.txt")


def test_every_view_reads_a_line_from_zero(charlstm: Runner, names_run: Path) -> None:
    alone = charlstm.ok("inspect", "text", "Corby", "-r", names_run, "--json").json
    after = charlstm.ok("inspect", "text", "Fenham\nCorby", "-r", names_run, "--json").json
    bits = [[one["bits"] for one in found["characters"]] for found in (alone, after)]
    assert bits[1][-5:] == pytest.approx(bits[0], abs=1e-5)
    for prime in ("Cor", r"Fenham\nCor"):
        choices = charlstm.ok(
            "cloze", "-r", names_run, "--prime", prime, "by", "ham", "--json"
        ).json
        assert choices["choices"][0]["log_likelihood"] == pytest.approx(
            load(names_run).log_likelihood("by", "\nCor"), abs=1e-5
        )
    charlstm.ok("inspect", "gates", "-r", names_run)
    names = names_run.parents[1] / "names.txt"
    found = charlstm.ok(
        "inspect", "gradients", names_run, "--text", names, "--fresh", "--steps=60", "--json"
    ).json
    for network in found["networks"]:  # no name has 60 characters
        assert network["norms"]["h"][0] > 0.0 == network["norms"]["h"][-1]
    charlstm.ok("sample", "-r", names_run, "--novelty", "--count=3")


# Beginning, going on


def test_old_weights_bring_their_lines_along(
    charlstm: Runner, names_run: Path, there: Path
) -> None:
    new = ("train", "names.txt", "--init-from", names_run, *FEW)
    charlstm.ok(*new, "--out=kept")
    charlstm.ok(*new, "--no-lines", "--out=left")
    (there / "no.yaml").write_text("lines: false\n", encoding="utf-8")
    charlstm.ok(*new, "--config=no.yaml", "--out=file")
    assert [settings(there / name) for name in ("kept", "left", "file")] == [True, False, False]
    charlstm.ok("train", "names.txt", "--init-from=left", "--lines", *FEW, "--out=back")
    assert settings(there / "back")


@pytest.mark.usefixtures("there")
def test_lines_cannot_change_when_a_run_goes_on(charlstm: Runner, names_run: Path) -> None:
    charlstm.ok("train", "names.txt", *TINY, *FEW, "--out=plain")
    for run, flag in (("plain", "--lines"), (names_run, "--no-lines")):
        message = charlstm.fails("train", "--resume", run, flag, "--max-steps=4", status=2)
        assert message == (
            "--lines cannot change when a run is resumed; start a new one with --init-from."
        )
    charlstm.ok("train", "--resume=plain", "--no-lines", "--max-steps=4")


def test_a_file_has_the_setting(charlstm: Runner, there: Path) -> None:
    (there / "names.yaml").write_text("corpus: names.txt\nlines: true\n", encoding="utf-8")
    charlstm.ok("train", "--config=names.yaml", *TINY, *FEW, "--out=run")
    assert "lines: true" in (there / "run" / "config.yaml").read_text(encoding="utf-8")
    charlstm.ok("train", "--config=names.yaml", "--no-lines", *TINY, *FEW, "--out=not")
    assert settings(there / "run") and not settings(there / "not")
    for value in ("yes", "1", "null"):
        (there / "bad.yaml").write_text(f"corpus: names.txt\nlines: {value}\n", encoding="utf-8")
        assert "lines must be true or false" in charlstm.fails("train", "--config=bad.yaml")


# Texts


def test_a_text_of_one_line_is_trained_on_and_not_validated(charlstm: Runner, there: Path) -> None:
    for text in ("a", "one line alone, without an end", "\n\nthe one\n\n"):
        (there / "one.txt").write_text(text, encoding="utf-8")
        done = charlstm.ok("train", "one.txt", "--lines", *FEW, "--out=one", "--json", "--force")
        assert "the text is a single line, so there is none to validate on" in done.stderr
        assert done.json["last_val_nats"] is None
        for path in (there / "one").iterdir():
            path.unlink()
        (there / "one").rmdir()


def test_few_lines_are_as_many_columns(charlstm: Runner, there: Path) -> None:
    """A column reads whole lines, so a pass of more columns would end in the middle of them."""
    (there / "few.txt").write_text(f"{'ab ' * 900}\n" * 3, encoding="utf-8")
    flags = ("--lines", "--val-fraction=0", *FEW, "--hidden-size=4", "--out=few")
    done = charlstm.ok("train", "few.txt", *flags)
    assert (
        "the training text has only 3 lines of 8,103 characters: using --batch-size 3"
        in done.stderr
    )
    assert load(there / "few").config.batch_size == 3


def test_a_text_of_empty_lines_is_one_line_of_error(charlstm: Runner, there: Path) -> None:
    (there / "empty.txt").write_bytes(b"\n\n\n")
    message = charlstm.fails("train", "empty.txt", "--lines", *TINY)
    assert message == "the text has only empty lines; with --lines each line is an example"
    assert not (there / "runs" / "empty").exists()
    assert "is empty" in charlstm.fails("train", "-", "--lines", *TINY)


@pytest.mark.usefixtures("there")
def test_the_end_of_a_run_says_what_to_type_next(charlstm: Runner) -> None:
    done = charlstm.ok("train", "names.txt", "--lines", *TINY, *FEW, "--out=run")
    assert done.stderr.splitlines()[-1].endswith("sample --run run --count 20")
    done = charlstm.ok("train", "--resume=run", "--max-steps=3")
    assert "is finished after 3 updates" in done.stderr


def test_empty_lines_are_told(charlstm: Runner, there: Path) -> None:
    (there / "some.txt").write_bytes(b"\n\n".join(name.encode() for name in NAMES))
    done = charlstm.ok("train", "some.txt", "--lines", *TINY, *FEW)
    assert "left out 199 empty lines: an example needs a character" in done.stderr


@pytest.mark.parametrize("tokens", ["char", "byte"])
def test_files_folders_and_gzip_are_read_line_by_line(
    charlstm: Runner, there: Path, tokens: str
) -> None:
    half = as_lines(NAMES[:100]), as_lines(NAMES[100:])
    (there / "folder").mkdir()
    (there / "folder" / "a.txt").write_text(half[0].rstrip("\n"), encoding="utf-8")
    (there / "b.gz").write_bytes(gzip.compress(half[1].rstrip("\n").encode()))
    flags = ("--lines", "--tokens", tokens, *SIZE, *FEW)
    charlstm.ok("train", "folder", "b.gz", *flags, "--out=parts")
    charlstm.ok("train", "names.txt", *flags, "--out=whole")
    piped = charlstm.ok("train", "-", *flags, "--out=piped", stdin=as_lines(NAMES).encode()[:-1])
    assert "note" not in piped.stdout
    weights = {name: load(there / name).parameters.flat.tobytes() for name in ("whole", "piped")}
    assert weights["whole"] == weights["piped"]
    parts = load(there / "parts")
    lines = parts.vocabulary.decode(parts.validation_ids()).splitlines()
    assert set(lines) <= set(NAMES)  # none goes from one file into the next
    one = charlstm.ok("sample", "-r", "parts", "--seed=2", "--count=3").output
    assert one.count(b"\n") == 3
    charlstm.ok("train", "--resume=piped", "--max-steps=4")


def test_the_seeds_of_a_comparison_draw_lines_of_their_own(charlstm: Runner, there: Path) -> None:
    plan = "base: {corpus: names.txt, lines: true, hidden_size: 4, dropout: 0}\n"
    plan += "vary: {seed: [1, 2]}\nbudget: {characters: 6000}\n"
    (there / "plan.yaml").write_text(plan, encoding="utf-8")
    for _ in range(2):  # the second call finds both
        charlstm.ok("compare", "plan.yaml", "--out=compared")
    ids = [load(there / "compared" / f"seed-{k}").validation_ids().tobytes() for k in (1, 2)]
    assert ids[0] != ids[1]
