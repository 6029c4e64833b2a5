"""Bad input: each gets one clear line and exit status 1 or 2, and nothing is lost."""

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import TEXT, TINY, Runner, harmless, start

from charlstm.store import archive
from charlstm.store.archive import load, save

TRAIN = ("train", *TINY, "--max-steps=2")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder; locks hold the number of the last process, which is no loss."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture
def copied(tiny_run: Path, here: Path) -> Path:
    """A copy of the trained run."""
    shutil.copytree(tiny_run.parent, here / "runs")
    return (here / "runs" / "tiny").rename(here / "runs" / "mine")


@pytest.fixture
def run(copied: Path, here: Path) -> Iterator[Path]:
    """A copy of the trained run that the test must leave exactly as it was."""
    before = contents(here)
    yield copied
    assert contents(here) == before


# Texts


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.txt", None, "cannot read none.txt: No such file or directory"),
        ("empty.txt", b"", "empty.txt is empty; at least 2 characters are needed"),
        ("bom.txt", b"\xef\xbb\xbf", "bom.txt is empty"),
        ("one.txt", b"x", "one.txt holds a single character; at least 2 characters are needed"),
        ("one.txt", "日".encode(), "one.txt holds a single character"),
        (
            "latin.txt",
            b"caf\xe9 au lait",
            "latin.txt is not utf-8 text (byte 0xe9 at offset 3); name its encoding with --",
        ),
        ("cut.txt", b"abc\xe6\x97", "cut.txt is not utf-8 text (byte 0xe6 at offset 3)"),
        ("x.gz", b"no gzip at all", "cannot read x.gz: damaged gzip"),
        (
            "folder",
            "folder",
            "folder folder holds no .txt file; it holds 1 file (README.md); name the texts",
        ),
    ],
)
def test_texts_that_cannot_be_trained_on(
    charlstm: Runner, here: Path, name: str, content: bytes | str | None, message: str
) -> None:
    if content == "folder":
        (here / name).mkdir()
        (here / name / "README.md").write_text("no text for us", encoding="utf-8")
    elif isinstance(content, bytes):
        (here / name).write_bytes(content)
    assert message in charlstm.fails(*TRAIN, name)
    assert message in charlstm.fails(*TRAIN, "text.txt", "--val", name)
    runs = here / "runs"
    assert not runs.exists() or [path.name for path in runs.iterdir()] == [".cache"]


def test_the_offset_counts_from_the_start_of_a_long_file(charlstm: Runner, here: Path) -> None:
    text = ("ż" * 1_000_000).encode()
    (here / "long.txt").write_bytes(text + b"\xff" + text)
    assert "(byte 0xff at offset 2000000)" in charlstm.fails(*TRAIN, "long.txt")


def test_texts_read_as_told(charlstm: Runner, here: Path) -> None:
    (here / "latin.txt").write_bytes(b"caf\xe9 au lait" * 20)
    charlstm.ok(*TRAIN, "latin.txt", "--encoding=latin-1")
    charlstm.ok(*TRAIN, "latin.txt", "--tokens=byte")
    assert "unknown encoding 'klingon'" in charlstm.fails(*TRAIN, "latin.txt", "--encoding=klingon")


def test_utf_16_without_a_mark_is_named_by_every_command_that_reads_it(
    charlstm: Runner, here: Path, tiny_run: Path
) -> None:
    (here / "wide.txt").write_text(TEXT, encoding="utf-16-le")
    message = "wide.txt seems to be utf-16-le: pass --encoding utf-16-le"
    assert charlstm.fails(*TRAIN, "wide.txt") == message
    assert charlstm.fails(*TRAIN, "text.txt", "--val=wide.txt") == message
    for command in (("eval",), ("eval", "--lines"), ("surprisal",), ("inspect", "gates")):
        flags = (*command, "wide.txt", "--run", tiny_run)
        assert charlstm.fails(*flags) == message
        charlstm.ok(*flags, "--encoding=utf-16-le")


def test_an_empty_standard_input(charlstm: Runner, here: Path) -> None:
    del here
    assert "standard input is empty" in charlstm.fails(*TRAIN, "-")
    assert "can be read only once" in charlstm.fails(*TRAIN, "-", "-", stdin=b"text")
    assert "can be read only once" in charlstm.fails(*TRAIN, "-", "--val=-", stdin=b"text")


# Settings


@pytest.mark.parametrize(
    ("yaml", "flags", "message"),
    [
        ("hiden_size: 3", [], "my.yaml: unknown setting 'hiden_size'; did you mean 'hidden_size'?"),
        ("lr: 1\nlr: 2", [], "'my.yaml' is not a YAML config: line 2: the key 'lr' is repeated"),
        ("lr: fast", [], "my.yaml: lr must be a number, not 'fast'."),
        ("dropout: 2", [], "my.yaml: dropout must be at least 0 and at most 0.95, not 2.0."),
        ("cell: lsmt", [], "my.yaml: no cell is called 'lsmt'; did you mean 'lstm'?"),
        ("gru_reset: after", [], "my.yaml: the cell 'lstm' has no option 'gru_reset'; it belongs"),
        ("cell: peephole\npeepholes: abc", [], "my.yaml: peepholes must be some of the letters"),
        ("epochs: 1\nmax_minutes: 1", [], "my.yaml: --max-minutes has no effect with --epochs"),
        ("max_steps: 1", ["--shards=99"], "shards is 99, but there are only 8 columns"),
        ("lr: [", [], "'my.yaml' is not a YAML config: "),
    ],
)
def test_mistakes_in_a_config_file(
    charlstm: Runner, here: Path, yaml: str, flags: list[str], message: str
) -> None:
    (here / "my.yaml").write_text(yaml, encoding="utf-8")
    arguments = ("train", "text.txt", "--config=my.yaml", "--batch-size=8", *flags)
    assert charlstm.fails(*arguments).startswith(message)
    assert not (here / "runs" / "text").exists()


def test_configs_that_are_not_there(charlstm: Runner, here: Path) -> None:
    (here / "folder").mkdir()
    message = charlstm.fails(*TRAIN, "text.txt", "--config=agreemnt")
    assert message.startswith("no config 'agreemnt'; give a path, or one of the bundled ones: ")
    assert "cannot read 'a/b.yaml'" in charlstm.fails(*TRAIN, "text.txt", "--config=a/b.yaml")
    assert "cannot read 'folder'" in charlstm.fails(*TRAIN, "text.txt", "--config=./folder/")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--lr=nan"], "lr must be a finite number, not nan."),
        (["--lr=inf"], "lr must be a finite number, not inf."),
        (["--lr=0"], "lr must be above 0 and at most 1e+06, not 0.0."),
        (["--lr=fast"], "'fast' is not a valid float"),
        (["--batch-size=0"], "batch_size must be at least 1 and at most 65536, not 0."),
        (["--hidden-size=1000000000000"], "hidden_size must be at least 1 and at most 65536"),
        (["--hidden-size=1.5"], "'1.5' is not a valid integer"),
        (["--max-steps=0"], "max_steps must be at least 1"),
        (["--max-steps=99999999999999999999"], "max_steps must be at least 1 and at most 1e+12"),
        (["--epochs=-1"], "epochs must be above 0"),
        (["--epochs=1e308"], "epochs must be above 0 and at most 1e+09"),
        (["--max-minutes=nan"], "max_minutes must be a finite number"),
        (["--dropout=1"], "dropout must be at least 0 and at most 0.95, not 1.0."),
        (["--val-fraction=1"], "val_fraction must be at least 0 and at most 0.9"),
        (["--seed=-1"], "seed must be at least 0"),
        (["--workers=0"], "workers must be at least 1"),
        (["--keep=-1"], "keep must be at least 0"),
        (["--keep-early=-1"], "keep_early must be at least 0 and at most 1000"),
        (["--tokens=word"], "'word' is not one of 'char', 'byte'"),
        (["--cell=lsmt"], "'lsmt' is not one of"),
        (["--out="], "out must not be empty"),
        (["--val="], "val must not be empty"),
        (["--peepholes=if"], "the cell 'lstm' has no option 'peepholes'; it belongs to peephole."),
        (["--cell=peephole", "--peepholes=xyz"], "peepholes must be some of the letters i, f and"),
        (["--hiden-size=3"], "--hidden-size"),
        (["--no-such-thing-at-all"], "--no-such-thing-at-all"),
        (["--hidden-size"], "requires an argument"),
    ],
)
def test_flags_out_of_range(charlstm: Runner, here: Path, flags: list[str], message: str) -> None:
    assert message in charlstm.fails("train", "text.txt", *flags, status=2)
    assert not (here / "runs").exists()


LONG = "The cats are here\x1b[31m.\n" * 2000


@pytest.mark.parametrize(
    "command",
    [
        "train", "train text.txt --val", "train text.txt --out", "train text.txt --config",
        "train --resume", "train text.txt --cell", "train text.txt --lr", "train --no-such",
        "train text.txt --encoding", "eval --run RUN", "surprisal --run RUN", "sample --run",
        "plot", "bench", "corpus", "sample --run RUN --prime-file", "agree --run RUN --pairs",
        "corpus agreement", "inspect", "export", "describe --cell", "compare",
    ],
)  # fmt: skip
def test_a_text_typed_where_a_name_belongs_is_quoted_briefly(
    charlstm: Runner, here: Path, tiny_run: Path, command: str
) -> None:
    assert here
    words = command.replace("RUN", str(tiny_run)).split()
    outcome = charlstm(*words, LONG)
    assert outcome.status in (1, 2)
    assert len(outcome.error) < 600
    assert "characters)" in outcome.error or "--no-such" in words


def test_too_many_names_are_refused_before_they_are_read(charlstm: Runner, here: Path) -> None:
    assert here
    for name in ("n" * 160 + ".txt", "a,b,c,d,e,f,g,h,i"):
        message = charlstm.fails(*TRAIN, *[name] * 12_000, status=2)
        assert message.startswith("12,000 texts are more than a checkpoint can name; put them into")
    assert "No such file" in charlstm.fails(*TRAIN, *["n.txt"] * 12_000)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device")
def test_devices_that_never_end_are_refused(charlstm: Runner, here: Path) -> None:
    (here / "link.txt").symlink_to("/dev/urandom")
    for name in ("/dev/zero", "/dev/random", "link.txt"):
        assert charlstm.fails(*TRAIN, name) == f"{name} never ends; name a text"
    assert charlstm.fails(*TRAIN, "text.txt", "--val=/dev/zero").startswith("/dev/zero never ends")
    assert charlstm.fails(*TRAIN, "/dev/null").startswith("/dev/null is empty")


def test_a_text_that_is_the_name_of_a_file_is_still_a_text_but_a_note_says_so(
    charlstm: Runner, here: Path, tiny_run: Path
) -> None:
    (here / "a t").write_text("The")
    for command, cure in (
        (("inspect", "text", "a t"), "charlstm inspect text - < 'a t'"),
        (("sample", "--length=3", "--prime", "a t"), "--prime-file 'a t'"),
        (("cloze", "a", "--prime", "a t"), "\"$(cat 'a t')\""),
        (("cloze", "a t", "a", "--prime", "T"), "\"$(cat 'a t')\""),
    ):
        lines = charlstm.ok(*command, "--run", tiny_run).stderr.splitlines()
        assert lines[0] == f"'a t' is read as a text; for the text in the file a t: {cure}"
    assert "for the text" not in charlstm.ok("cloze", "a", "--prime", "T", "-r", tiny_run).stderr


def test_odd_names_of_files_are_kept_in_runs_and_configs(charlstm: Runner, here: Path) -> None:
    """With line breaks, escape sequences, and bytes that are no UTF-8."""
    for n, name in enumerate(
        (b"x\xff.txt", b"new\nline.txt", b"esc\x1b[31m.txt", b"a: {b}, #c.txt")
    ):
        path = os.fsdecode(name)
        try:
            (here / path).write_text(TEXT)
        except OSError:  # not every file system takes such a name
            continue
        run = f"runs/{n}"
        outcome = charlstm.ok(*TRAIN, path, "--val", path, "--out", run)
        assert harmless(outcome.stderr)
        charlstm.ok("train", "--resume", run, "--max-steps=3", "--workers=1")
        charlstm.ok("train", "--config", f"{run}/config.yaml", "--out", f"{run}-again")
        assert charlstm.ok("eval", path, "--run", run, "--json").json["characters"]
        (here / path).unlink()
        assert harmless(charlstm("train", "--resume", run, "--max-steps=4").stderr)


def test_a_text_typed_as_the_name_of_a_file_is_recognised(
    charlstm: Runner, here: Path, tiny_run: Path
) -> None:
    assert here
    cure = "; this looks like a text: name its file, or pipe it in and write - for the name"
    for text in (LONG, "Two\nlines", "The cats are here."):
        assert charlstm.fails(*TRAIN, text).endswith(cure)
        assert charlstm.fails("eval", text, "--run", tiny_run).endswith(cure)
    for name in ("none.txt", "my novel.txt", "none", "no folder/none"):
        assert charlstm.fails(*TRAIN, name).endswith("No such file or directory")


def test_no_text_at_all(charlstm: Runner, here: Path) -> None:
    del here
    assert charlstm.fails("train", status=2).startswith("Missing CORPUS: name a text file")
    assert "corpus names an empty path" in charlstm.fails("train", "", status=2)


def test_a_command_that_does_not_exist(charlstm: Runner) -> None:
    assert charlstm.fails("trian", status=2) == "no command 'trian'; did you mean 'train'?"
    for word in ("xyzzy", "explain"):  # which is not nearly `train`
        message = charlstm.fails(word, status=2)
        assert message.startswith(f"no command '{word}'; there are train, sample, ")
        assert message.endswith(", inspect, plot, surprisal")
    assert charlstm.fails("evaluate", status=2) == "no command 'evaluate'; did you mean 'eval'?"
    assert charlstm.fails("inspect", "unts", status=2) == "no command 'unts'; did you mean 'units'?"
    message = charlstm.fails("inspect", "x\ny", status=2)
    assert (
        message
        == r"no command 'x\ny'; there are text, why, step, attention, gates, units, features, "
        "gradients"
    )
    message = charlstm.fails("corpus", "xyzzy", status=2)
    assert message == "no command 'xyzzy'; there are agreement, pairs"
    assert "--version" in charlstm.fails("--versoin", status=2)


def test_a_network_too_large_for_the_memory(
    charlstm: Runner, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: object) -> Any:
        raise MemoryError

    monkeypatch.setattr("charlstm.training.start.WorkerPool", no_memory)
    message = charlstm.fails(*TRAIN, "text.txt")
    assert message == "there is not enough memory; use a smaller network, attention or batch"
    assert [path.name for path in (here / "runs").iterdir()] == [".cache"]


@pytest.mark.parametrize(
    ("size", "bytes_"),
    [("--hidden-size=20000", "17.9 GiB"), ("--attention=4096 --hidden-size=4096", "5.9 GiB")],
)
def test_a_run_too_large_for_a_checkpoint_is_refused_before_it_takes_memory(
    charlstm: Runner, here: Path, size: str, bytes_: str
) -> None:
    flags = (*size.split(), "--batch-size=80", "--seq-length=2")
    assert charlstm.fails(*TRAIN, "text.txt", *flags) == (
        f"a checkpoint of this run would take {bytes_}, and it can hold 4; use a smaller "
        f"--hidden-size, --attention or --batch-size."
    )
    assert [path.name for path in (here / "runs").iterdir()] == [".cache"]


# Runs


@pytest.mark.parametrize("command", ["sample", "eval", "cloze --prime=a b", "train --resume"])
def test_no_run_is_found(charlstm: Runner, here: Path, command: str) -> None:
    name, *flags = command.split()
    if name != "train":
        message = charlstm.fails(name, *flags)
        assert message == "no trained run under 'runs'; train one first: charlstm train corpus.txt"
        flags.append("--run")
    (here / "empty").mkdir()
    assert "'gone' is no run; train one first" in charlstm.fails(name, *flags, "gone")
    assert "'empty' holds no run" in charlstm.fails(name, *flags, "empty")


@pytest.mark.usefixtures("run")
def test_the_nearest_run_is_named(charlstm: Runner) -> None:
    assert charlstm.fails("sample", "--run=mien") == "'mien' is no run; did you mean 'runs/mine'?"
    assert "did you mean 'runs/mine'?" in charlstm.fails("train", "--resume=runs/mne")
    charlstm.ok("sample", "--run=mine", "--length=2")


@pytest.mark.parametrize("name", ["best", "last"])
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("truncated", "it is damaged or was changed after it was saved; use another checkpoint"),
        ("flipped", "it is damaged or was changed"),
        ("empty", "it is not a charlstm checkpoint"),
        ("foreign", "it is not a charlstm checkpoint"),
        ("other npz", "it is not a charlstm checkpoint"),
        ("newer", "it has format 2, and this charlstm reads up to format 1: upgrade charlstm"),
        ("not finite", "'weights/W_y' has values that are not finite; go back to a checkpoint"),
        ("no weights", "weights"),
        ("other shape", "has no weights/"),
        ("no run", "its header is not one of a training run"),
        ("odd progress", "its header is not one of a training run"),
        ("odd config", "hidden_size must be a whole number, not 'many'."),
        ("folder", "cannot"),
    ],
)
def test_checkpoints_that_cannot_be_used(
    charlstm: Runner, here: Path, tiny_run: Path, name: str, damage: str, message: str
) -> None:
    shutil.copytree(tiny_run.parent, here / "runs")
    path = here / "runs" / "tiny" / f"{name}.npz"
    spoil(path, damage)
    before = contents(here)
    commands: list[list[str]] = [["sample", "--length=3", "--run"]]
    commands += [["eval", "--run"], ["cloze", "--prime=T", "h", "--run"]]
    commands += [["train", "text.txt", "--max-steps=9", *TINY, "--init-from"]]
    if name == "last":
        commands += [["train", "--max-steps=99", "--resume"]]
    for command in commands:
        if damage == "folder" and command[-1] == "--resume":
            continue  # then the best one is resumed
        assert message in charlstm.fails(*command, path), command
    assert contents(here) == before
    if name == "last" and damage != "folder":
        assert message in charlstm.fails("train", "--max-steps=99", "--resume", path.parent)


def spoil(path: Path, damage: str) -> None:
    whole = path.read_bytes()
    found = load(path)
    header, arrays = found.header, found.arrays
    match damage:
        case "truncated":
            path.write_bytes(whole[:-100])
        case "flipped":
            path.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
        case "empty":
            path.write_bytes(b"")
        case "foreign":
            path.write_text(TEXT, encoding="utf-8")
        case "other npz":
            np.savez(path, weights=np.zeros(3))
        case "newer":
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(archive, "FORMAT", 2)
                save(path, header, arrays)
        case "not finite":
            arrays["weights/W_y"][0, 0] = np.nan
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(archive, "_check_finite", lambda *_: None)
                save(path, header, arrays)
        case "no weights":
            save(path, header, {k: a for k, a in arrays.items() if not k.startswith("weights")})
        case "other shape":
            arrays["weights/W_y"] = arrays["weights/W_y"].T.copy()
            save(path, header, arrays)
        case "no run":
            save(path, {"version": 1}, arrays)
        case "odd progress":
            save(path, header | {"progress": header["progress"] | {"update": "ten"}}, arrays)
        case "odd config":
            save(path, header | {"config": header["config"] | {"hidden_size": "many"}}, arrays)
        case "folder":
            path.unlink()
            path.mkdir()


def test_a_config_beside_old_weights_takes_their_shape_or_is_told_what_differs(
    charlstm: Runner, copied: Path
) -> None:
    Path("lr.yaml").write_text("lr: 0.02\nmax_steps: 1", encoding="utf-8")
    Path("size.yaml").write_text("hidden_size: 9\nmax_steps: 1", encoding="utf-8")
    flags = ("text.txt", "--workers=1", "--init-from", copied)
    charlstm.ok("train", *flags, "--config=lr.yaml")
    message = charlstm.fails("train", *flags, "--config=size.yaml")
    assert "8 units) than asked for (lstm, 1 layer of 9 units); ask for its shape" in message


def test_weights_of_another_shape(charlstm: Runner, run: Path) -> None:
    flags = (*TRAIN, "text.txt", "--init-from", run)
    message = charlstm.fails(*flags, "--hidden-size=9")
    assert "network of another shape (lstm, 1 layer of 8 units) than asked for" in message
    assert "leave out the setting tokens" in charlstm.fails(*flags, "--tokens=byte")


@pytest.mark.parametrize(
    "flag", ["--hidden-size=9", "--lr=1", "--seed=3", "--val-fraction=0", "--out=x", "--cell=rnn"]
)
def test_what_cannot_change_when_a_run_is_resumed(charlstm: Runner, run: Path, flag: str) -> None:
    message = charlstm.fails("train", "--resume", run, "--max-steps=99", flag, status=2)
    name, _, _ = flag.partition("=")
    assert message.startswith(f"{name} cannot change when a run is resumed; ")


def test_a_taken_folder(charlstm: Runner, run: Path) -> None:
    message = charlstm.fails(*TRAIN, "text.txt", "--out", run)
    assert (
        "holds a run already; choose another --out, or continue it with charlstm train" in message
    )


# Places that cannot be written


def test_an_output_folder_below_a_file(charlstm: Runner, here: Path) -> None:
    (here / "file").touch()
    for out in ("file", "file/run", "file/deep/run"):
        message = charlstm.fails(*TRAIN, "text.txt", "--out", out)
        assert message.startswith(f"cannot make the run folder '{out}': "), message
        assert message.endswith("; choose another place with --out")
    (here / "runs").touch()
    message = charlstm.fails(*TRAIN, "text.txt")
    assert message.startswith("cannot make a run folder in 'runs': there is a file of that name")
    assert "'runs'" in charlstm.fails("sample")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
def test_an_output_folder_that_the_system_refuses(charlstm: Runner, here: Path) -> None:
    del here
    message = charlstm.fails(*TRAIN, "text.txt", "--out=/proc/charlstm/run")
    assert message.startswith("cannot make the run folder '/proc/charlstm/run': ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(charlstm: Runner, here: Path) -> None:
    (here / "runs").mkdir(mode=0o500)
    assert "Permission denied" in charlstm.fails(*TRAIN, "text.txt")


@pytest.mark.parametrize("nth", range(1, 9))
def test_a_disk_that_fills_up_at_any_save(
    charlstm: Runner, copied: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    before = [(copied / name).read_bytes() for name in ("best.npz", "last.npz")]
    count, fsync = 0, os.fsync

    def full(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count >= nth:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        message = charlstm.fails("train", "--resume", copied, "--max-steps=62", "--eval-every=1")
    assert "No space left on device" in message
    assert "intact" in message or "its folder could not be forced to the disk" in message
    if nth <= 5:  # a file and its folder for config.yaml and metrics.csv; then a checkpoint
        assert [(copied / name).read_bytes() for name in ("best.npz", "last.npz")] == before
    goes_on(charlstm, copied)


def goes_on(charlstm: Runner, run: Path) -> None:
    """Both checkpoints are whole, nothing is left behind, and the run can be resumed."""
    for name in ("best.npz", "last.npz"):
        assert load(run / name).header["progress"]["update"] >= 60
    assert not list(run.glob(".*.tmp"))
    assert charlstm.ok("train", "--resume", run, "--max-steps=80", "--json").json["steps"] == 80


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_a_real_limit_on_the_size_of_files(charlstm: Runner, copied: Path) -> None:
    import resource

    before = [(copied / name).read_bytes() for name in ("best.npz", "last.npz")]
    size = (copied / "last.npz").stat().st_size

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    process = start("train", "--resume", copied, "--max-steps=70", preexec_fn=limit)
    stderr = process.communicate()[1].decode().splitlines()
    assert process.returncode == 1
    assert stderr[-1].startswith("Error: cannot write '")
    assert stderr[-1].endswith("File too large; the 'best.npz' of before is intact")
    assert [(copied / name).read_bytes() for name in ("best.npz", "last.npz")] == before
    goes_on(charlstm, copied)


def test_metrics_that_cannot_be_written(
    charlstm: Runner, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    def full(path: Path, mode: str = "r", **options: Any) -> Any:
        if mode == "a":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, mode, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        message = charlstm.fails("train", "--resume", copied, "--max-steps=70")
    assert message.endswith("metrics.csv': No space left on device")
    goes_on(charlstm, copied)


def test_a_terminal_that_is_read_is_told_how_to_end(here: Path, tiny_run: Path) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    os.write(ours, b"The cat\n\x04")  # the last is Ctrl-D
    process = start("eval", "--run", tiny_run, "-", stdin=theirs, cwd=here)
    output, stderr = process.communicate(timeout=60)
    os.close(theirs)
    os.close(ours)
    assert process.returncode == 0
    assert stderr == b"reading what you type; Ctrl-D at the beginning of a line ends it\n"
    assert b"8 characters scored" in output


# What nobody foresaw


def test_a_name_that_the_system_refuses(charlstm: Runner, here: Path) -> None:
    del here
    name = "n" * 300
    assert "File name too long" in charlstm.fails(*TRAIN, "text.txt", "--out", name)
    assert "no config 'nnn" in charlstm.fails(*TRAIN, "text.txt", "--config", name)


@pytest.mark.parametrize("point", ["socket.socketpair", "pathlib.Path.open", "os.open"])
def test_too_few_open_files_name_the_cure(
    charlstm: Runner, here: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    def refused(*_: object, **__: object) -> Any:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    del here
    monkeypatch.setattr(point, refused)
    message = charlstm.fails("train", "text.txt", *TINY, "--workers=2", "--max-steps=2")
    assert "allow more with `ulimit -n 1024`, or train with --workers 1" in message


def test_a_real_limit_on_open_files(here: Path) -> None:
    resource = pytest.importorskip("resource")
    process = start(
        *("train", "text.txt", *TINY, "--shards=8", "--workers=8", "--max-steps=2"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12)),
    )
    _, stderr = process.communicate()
    assert (process.returncode, stderr.count(b"Error: ")) == (1, 1)
    assert stderr.splitlines()[-1].startswith(b"Error: too few files may be open at once; ")
    assert [path.name for path in (here / "runs").iterdir()] == [".cache"]


@pytest.mark.skipif(os.name == "nt", reason="there the folder cannot be removed")
def test_a_current_folder_that_was_removed_is_named(
    charlstm: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_run: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    text = tiny_run.parent.parent / "text.txt"
    for command in (
        ("train", text, *TINY),
        ("train", "text.txt", *TINY),
        ("sample",),
        ("agree", "--run", tiny_run, "--pairs=pairs.tsv"),
        ("corpus", "agreement", "x.txt"),
        ("compare", "plan.yaml"),
        ("plot",),
    ):
        message = charlstm.fails(*command)
        assert message.endswith("the current folder no longer exists: go to another with cd")
    charlstm.ok("sample", "--run", tiny_run, "--length=3")


def test_a_bug_is_one_line_and_a_traceback_only_with_debug(
    charlstm: Runner, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> Any:
        raise ZeroDivisionError("what\nnow")

    with monkeypatch.context() as patch:
        patch.setattr("charlstm.cli.options.load", bug)
        outcome = charlstm("sample", "-r", tiny_run)
        assert outcome.status == 1
        assert outcome.stderr == (
            "Error: unexpected ZeroDivisionError: what now; run `charlstm --debug …` for a "
            "traceback, and please report it\n"
        )
        with pytest.raises(ZeroDivisionError):
            charlstm("--debug", "sample", "-r", tiny_run)
    assert "Did you mean" in charlstm.fails("--debug", "sample", "--lenght=3", status=2)
    with pytest.raises(Exception, match="is no run"):
        charlstm("--debug", "sample", "-r", "gone")
