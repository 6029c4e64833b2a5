"""`--blend`: runs mixed character by character, compared with what each of them says by itself."""

import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from command_line import TEXT, TINY, Runner

import charlstm as package
from charlstm import Model, load
from charlstm.api.blending import Blend
from charlstm.errors import ConfigError
from charlstm.nn import Array
from charlstm.nn.loss import softmax
from charlstm.pairs.pair import Pair
from charlstm.sampling import Filters
from charlstm.text.vocabulary import Vocabulary

OTHER = TEXT.replace("cat", "ox").replace("T", "Ü").replace(".", "!")  # lacks some, has others
BOTH = "The oxs are cat!\nÜhe wet. Q"  # and Q, which neither knows


@pytest.fixture(scope="module")
def runs(
    charlstm: Runner, tiny_run: Path, looking_run: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with `one`, `other` of another text and cell, `looking`, bytes and lines."""
    folder = tmp_path_factory.mktemp("blend")
    (folder / "one").symlink_to(tiny_run)
    (folder / "looking").symlink_to(looking_run)
    (folder / "other.txt").write_text(OTHER, encoding="utf-8")
    train = ("train", folder / "other.txt", *TINY, "--warmup-steps=2", "--lr=0.03", "--out")
    charlstm.ok(*train, folder / "other", "--cell=gru", "--max-steps=40")
    charlstm.ok(*train, folder / "bytes", "--tokens=byte", "--max-steps=20")
    charlstm.ok(*train, folder / "bytes2", "--tokens=byte", "--max-steps=20", "--seed=2")
    charlstm.ok(*train, folder / "lines", "--lines", "--max-steps=20")
    charlstm.ok(*train, folder / "lines2", "--lines", "--max-steps=20", "--seed=2")
    return folder


@pytest.fixture(autouse=True)
def in_folder(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(runs)


def by_hand(parts: Sequence[tuple[Model, float]], text: str) -> tuple[str, Array]:
    """The characters that the models know, and the mean (T, V) of what each expects after a
    newline and so many characters of the text."""
    joined = "".join(dict.fromkeys("".join(m.vocabulary.characters for m, _ in parts)))
    mean = np.zeros((len(text), len(joined)))
    for model, share in parts:
        p = softmax(model.trace(text).logits.T.astype(np.float64)).T
        for k, character in enumerate(model.vocabulary.characters):
            mean[:, joined.index(character)] += share * p[:, k]
    return joined, mean


@pytest.mark.parametrize("others", [("other",), ("other", "looking")])
def test_eval_scores_the_weighted_mean_and_each_run(
    charlstm: Runner, others: tuple[str, ...]
) -> None:
    shares = {"other": 0.3, "looking": 0.2}
    flags = [f"--blend={name}:{shares[name]}" for name in others]
    score = charlstm.ok("eval", "-", "-r", "one", *flags, "--json", stdin=BOTH.encode()).json
    rest = 1.0 - sum(shares[name] for name in others)
    parts = [(load("one"), rest), *((load(name), shares[name]) for name in others)]
    joined, p = by_hand(parts, BOTH)
    nats = [-math.log(p[t, joined.index(c)]) for t, c in enumerate(BOTH) if c in joined]
    assert score["nats_per_char"] == pytest.approx(np.mean(nats), rel=1e-5)
    assert (score["characters"], score["unknown"]) == (len(BOTH) - 1, 1)
    assert [(Path(r["run"]).parent.name, r["share"]) for r in score["blend"]] == [
        ("one", pytest.approx(rest)),
        *((name, shares[name]) for name in others),
    ]
    for record, (model, _) in zip(score["blend"], parts, strict=True):
        own = model.evaluate(BOTH)
        assert record["nats_per_char"] == pytest.approx(own.nats_per_char, rel=1e-6)
        assert (record["characters"], record["unknown"]) == (own.characters, own.unknown)
    shown = charlstm.ok("eval", "-", "-r", "one", *flags, stdin=BOTH.encode()).stdout
    for record in score["blend"]:
        line = f"{record['share']:.3g} {record['run']}: {record['nats_per_char']:.4f} nats/char"
        assert f"{line}, {record['unknown']} unknown left out\n" in shown


def test_the_probabilities_of_a_sample_are_the_weighted_mean(charlstm: Runner) -> None:
    flags = ("-r", "one", "--blend=other:0.4", "--prime=\\nThe ", "--length=12", "--seed=3")
    made = charlstm.ok("sample", *flags, "--json", "--logprobs=99").json
    (sample,) = made["samples"]
    assert [record["share"] for record in made["blend"]] == [pytest.approx(0.6), 0.4]
    parts = [(load("one"), 0.6), (load("other"), 0.4)]
    joined, p = by_hand(parts, "The " + sample["text"])
    for t, entry in enumerate(sample["logprobs"], len("The ")):
        found = {c["character"]: math.exp(c["model_nats"]) for c in entry["likeliest"]}
        assert found == pytest.approx(dict(zip(joined, p[t], strict=True)), rel=1e-4)
        assert sum(found.values()) == pytest.approx(1.0)
    (plain,) = charlstm.ok("sample", *flags, "--json").json["samples"]
    assert plain["text"] == sample["text"]
    assert charlstm.ok("sample", *flags).stdout == "\nThe " + sample["text"]


def test_it_writes_what_only_another_run_knows(charlstm: Runner) -> None:
    sample = ("sample", "-r", "one", "--blend=other:0.99", "--length=400", "--seed=1")
    text = charlstm.ok(*sample).stdout
    assert "Ü" in text and "!" in text
    assert "Ü" not in load("one").vocabulary.characters


def test_samples_are_the_same_alone_and_in_a_batch(charlstm: Runner) -> None:
    blend = load("one").blend({load("other"): 0.3, load("looking"): 0.3})
    flags = ("--run=one", "--blend=other:0.3", "--blend=looking:0.3", "--length=50", "--prime=The ")
    batch = charlstm.ok("sample", *flags, "--count=3", "--seed=5", "--json").json["samples"]
    texts = [sample["text"] for sample in batch]
    assert texts == ["".join(blend.sample("The ", length=50, seed=5 + k)) for k in range(3)]
    assert len(set(texts)) == 3
    stopped = "".join(blend.sample("The ", length=50, seed=5, stop="e", no_repeat=9))
    assert "e" not in stopped


def test_cloze_compares_by_the_mean(charlstm: Runner) -> None:
    choices = (" is", " ox", " Ü!")
    flags = ("-r", "one", "--blend=other:0.3", "--prime", "\nThe bird", "--json")
    made = charlstm.ok("cloze", *flags, *choices).json
    parts = [(load("one"), 0.7), (load("other"), 0.3)]
    for choice, record in zip(choices, made["choices"], strict=True):
        joined, p = by_hand(parts, "The bird" + choice)
        start = len("The bird")
        nats = sum(math.log(p[start + t, joined.index(c)]) for t, c in enumerate(choice))
        assert record["log_likelihood"] == pytest.approx(nats, rel=1e-5)
    assert [record["share"] for record in made["blend"]] == [pytest.approx(0.7), 0.3]
    assert "the model has never seen 'Q'" in charlstm.fails("cloze", *flags, "Q")


def test_each_line_has_the_likelihood_of_the_blend(charlstm: Runner) -> None:
    text = "The ox.\nÜhe cat!\n"
    made = charlstm.ok(
        "eval", "-", "--lines", "--run=one", "--blend=other:0.3", "--json", stdin=text.encode()
    ).json
    blend = load("one").blend({load("other"): 0.3})
    expected = blend.log_likelihoods(["The ox.\n", "Ühe cat!\n"])
    assert [line["log_likelihood"] for line in made["lines"]] == pytest.approx(expected)
    assert len(made["blend"]) == 2


def test_without_a_text_it_scores_the_validation_part_of_the_run(charlstm: Runner) -> None:
    made = charlstm.ok("eval", "-r", "one", "--blend=other:0.25", "--json").json
    alone = charlstm.ok("eval", "-r", "one", "--json").json
    own, other = made["blend"]
    assert own["nats_per_char"] == alone["nats_per_char"]  # to the last bit
    part = TEXT[int(len(TEXT) * 0.9) :]
    assert other["unknown"] == sum(c not in load("other").vocabulary.characters for c in part) > 0
    assert made["characters"] == len(part)


def test_what_the_run_has_not_seen_stays_unknown_in_its_validation_text(
    charlstm: Runner, runs: Path
) -> None:
    (runs / "val.txt").write_text("The cat is ÄÄ wet.\n" * 3, encoding="utf-8")
    train = ("train", "other.txt", *TINY, "--max-steps=2", "--warmup-steps=1", "--val=val.txt")
    charlstm.ok(*train, "--out=unseen")
    made = charlstm.ok("eval", "-r", "unseen", "--blend=one:0.5", "--json").json
    lacks = sum(c not in load("unseen").vocabulary.characters for c in "The cat is ÄÄ wet.\n" * 3)
    assert made["unknown"] == made["blend"][0]["unknown"] == lacks > 6


@pytest.mark.parametrize("kind", ["bytes", "lines"])
def test_runs_of_bytes_and_of_lines_are_blended_with_their_like(
    charlstm: Runner, kind: str
) -> None:
    one, other = load(kind), load(f"{kind}2")
    blend = one.blend({other: 0.5})
    text = "Ühe cat is wet.\nThe ox!\n"
    made = charlstm.ok(
        "eval", "-", "-r", kind, f"--blend={kind}2:0.5", "--json", stdin=text.encode()
    )
    nats = 0.0
    for line in text.splitlines(keepends=True) if kind == "lines" else [text]:
        p = [softmax(m.trace(line).logits.T.astype(np.float64)) for m in (one, other)]
        own = one.vocabulary.encode(line)
        nats -= sum(
            math.log((p[0][id_, t] + p[1][id_, t]) / 2)
            for t, id_ in enumerate(own)
            if id_ < one.vocabulary.size
        )
    assert made.json["tokens"] == one.vocabulary.tokens
    score = blend.evaluate(text)
    assert score.nats == pytest.approx(nats, rel=1e-5)
    key = "nats_per_byte" if kind == "bytes" else "nats_per_char"
    assert made.json[key] == getattr(score, key)
    sample = charlstm.ok("sample", "-r", kind, f"--blend={kind}2:0.5", "--seed=1", "--length=30")
    end = "\n" * (kind == "lines")
    (expected,) = blend.samples("", 30, Filters(), [1], end)
    assert sample.output == expected + end.encode()


def test_a_run_blended_with_its_copy_is_itself(charlstm: Runner) -> None:
    shutil.copytree("one", "copy", dirs_exist_ok=True)
    plain = charlstm.ok("eval", "-", "--run=one", "--json", stdin=TEXT.encode()).json
    mixed = charlstm.ok("eval", "-", "--run=one", "--blend=copy:0.4", "--json", stdin=TEXT.encode())
    assert mixed.json["nats_per_char"] == pytest.approx(plain["nats_per_char"], rel=1e-9)
    sample = ("sample", "-r", "one", "--seed=4", "--length=200")
    assert charlstm.ok(*sample, "--blend=copy:0.4").stdout == charlstm.ok(*sample).stdout
    best = charlstm.ok(*sample, "--blend=one/last.npz:0.4").stdout
    assert len(best) == 200  # another checkpoint of a run is another model


def test_an_ablated_run_is_blended_as_it_is(charlstm: Runner) -> None:
    flags = ("-", "--run=one", "--blend=other:0.3", "--ablate=0:3", "--json")
    made = charlstm.ok("eval", *flags, stdin=BOTH.encode()).json
    blend = load("one").ablate((0, 3)).blend({load("other"): 0.3})
    again = load("one").blend({load("other"): 0.3}).ablate((0, 3))
    assert made["changes"] == ["without 0:3"] == list(again.changes)
    for other in (blend, again):
        assert made["nats_per_char"] == other.evaluate(BOTH).nats_per_char
    unchanged = load("one").blend({load("other"): 0.3}).evaluate(BOTH)
    assert made["nats_per_char"] != unchanged.nats_per_char


def test_novelty_looks_into_the_texts_of_all_runs() -> None:
    one, other = load("one"), load("other")
    blend = one.blend({other: 0.3})
    for text in (TEXT[:60], OTHER[:60]):
        assert blend.novelty(text).longest == 60
        assert min(one.novelty(text).longest, other.novelty(text).longest) < 60


def test_copies_of_all_texts_are_avoided_whatever_a_model_did_before() -> None:
    one, other = load("one"), load("other")
    assert one.passages(9).completed(one.vocabulary.encode(TEXT[:40]))
    blend = one.blend({other: 0.3})
    for text in (TEXT[:40], OTHER[:40]):
        assert blend.passages(9).completed(blend.vocabulary.encode(text))


def test_minimal_pairs_are_scored_by_the_blend() -> None:
    pairs = [Pair("The bird is wet.", "The bird are wet.", condition="x", item="1")]
    blend = load("one").blend({load("looking"): 0.3})
    scored = blend.agree(pairs).report.scores[0]
    assert scored.good == pytest.approx(blend.log_likelihood("The bird is wet.\n"), rel=1e-6)


def test_a_blend_shows_its_parts() -> None:
    blend = load("one").blend({load("other"): 0.25})
    head, first, second, last = repr(blend).splitlines()
    assert head == "Model 0.75 tiny + 0.25 other"
    assert first.split(maxsplit=1) == ["0.75", "one/best.npz: lstm, 1 layer of 8 units"]
    assert second.split(maxsplit=1) == ["0.25", "other/best.npz: gru, 1 layer of 8 units"]
    assert last.split(maxsplit=1) == ["vocabulary", f"{blend.vocabulary.size} characters"]
    assert blend.vocabulary.characters.startswith(load("one").vocabulary.characters)


BAD = [
    (("--blend=other:0.6", "--blend=looking:0.4"), "add up to 1; they must stay below 1"),
    (("--blend=other:0.9", "--blend=looking:0.4"), "add up to 1.3; they must stay below 1"),
    (("--blend=one:0.3",), "is there twice; blend models that differ"),
    (("--blend=one/best.npz:0.3",), "is there twice"),
    (("--blend=other:0.3", "--blend=other:0.1"), "is there twice"),
    (("--blend=bytes:0.3",), "one/best.npz reads characters of one text, and bytes/best.npz bytes"),
    (("--blend=lines:0.3",), "lines/best.npz characters of lines, each from zero state; blend"),
    (("--blend=none:0.3",), "'none' is no run"),
    (("--blend=other.txt:0.3",), "it is not a charlstm checkpoint"),
]


@pytest.mark.parametrize(("flags", "message"), BAD)
@pytest.mark.parametrize("command", ["sample", "eval", "cloze --prime=x y"])
def test_runs_that_cannot_be_blended_are_refused(
    charlstm: Runner, command: str, flags: tuple[str, ...], message: str
) -> None:
    assert message in charlstm.fails(*command.split(), "-r", "one", *flags)


@pytest.mark.parametrize(
    "value", ["other", "other:", ":0.3", "other:x", "other:0", "other:1", "other:-1", "other:nan",
              "other:inf", "other:1.5", "", ":", "other:0.3:"],
)  # fmt: skip
def test_a_slip_of_the_pen_is_shown_how_to_write_it(charlstm: Runner, value: str) -> None:
    message = charlstm.fails("sample", "-r", "one", f"--blend={value}", status=2)
    assert f"{value!r} has no share between 0 and 1; write RUN:SHARE" in message


def test_the_share_stands_after_the_last_colon(charlstm: Runner) -> None:
    shutil.copytree("other", "a:b:0.9", dirs_exist_ok=True)
    made = charlstm.ok("sample", "--run=one", "--blend=a:b:0.9:0.2", "--length=1", "--json").json
    assert made["blend"][1] == {"run": "a:b:0.9/best.npz", "share": 0.2}


@pytest.mark.parametrize("share", [0, 1, -0.1, math.nan, math.inf, "0.3", None])
def test_python_refuses_what_is_no_share(share: float) -> None:
    with pytest.raises(ConfigError, match=r"must be a number above 0|must stay below 1"):
        load("one").blend({load("other"): share})


def test_python_refuses_what_is_no_model() -> None:
    one, other = load("one"), load("other")
    with pytest.raises(ConfigError, match="there is no other model to blend"):
        one.blend({})
    for nothing in (one.blend({other: 0.5}), "other", None):
        with pytest.raises(ConfigError, match="only single models can be blended"):
            one.blend({nothing: 0.3})  # type: ignore[dict-item]


def test_vocabularies_beyond_a_byte_are_joined(runs: Path) -> None:
    wide = "".join(map(chr, range(0x4E00, 0x4E00 + 300)))
    (runs / "wide.txt").write_text((wide + "\n") * 4, encoding="utf-8")
    model = package.train(
        "wide.txt", max_steps=1, out="wide", hidden_size=8, batch_size=2, seq_length=8, workers=1
    )
    blend = load("one").blend({model: 0.5})
    assert isinstance(blend, Blend)
    assert blend.vocabulary == Vocabulary(
        "char", load("one").vocabulary.characters + "".join(sorted(wide))
    )
    text = wide[:20] + "The cat is wet.\n"
    each = blend.evaluate_each(text)
    assert [(s.characters, s.bytes, s.unknown) for s in each] == [
        (36, 76, 0), (16, 16, 20), (21, 61, 15)
    ]  # fmt: skip
    assert blend.novelty(text).longest >= 15
    assert blend.evaluate(text).nats == each[0].nats
