"""`charlstm train`: what it makes, says and returns, and how it is interrupted."""

import csv
import gzip
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
import yaml
from command_line import SIGNALS, TEXT, TINY, Runner, harmless, read_all, start

from charlstm.cli import terminal
from charlstm.cli.progress import Display, counting_bar, reading_bar
from charlstm.cli.stop import Stop
from charlstm.config import Config
from charlstm.config_file import bundled_folder
from charlstm.store import archive
from charlstm.training.events import Started, Updated, Validated

pytestmark = pytest.mark.slow

RESULT = {"run", "steps", "characters", "seconds", "best_val_nats", "last_val_nats"}


def weights(run: Path) -> dict[str, Any]:
    arrays = archive.load(run / "last.npz").arrays
    return {name: array for name, array in arrays.items() if name.startswith("weights/")}


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def settings(run: Path) -> dict[str, Any]:
    loaded = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def test_a_run_folder_and_what_is_said(charlstm: Runner, here: Path) -> None:
    flags = ("--max-steps=6", "--eval-every=2", "--warmup-steps=3")
    outcome = charlstm.ok("train", "text.txt", *TINY, *flags)
    run = here / "runs" / "text"
    assert outcome.output == b""  # results go there, and --json was not asked for
    assert {p.name for p in run.iterdir()} == {
        ".lock", "best.npz", "config.yaml", "last.npz", "metrics.csv",
    }  # fmt: skip
    with (run / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["update"] for row in rows] == ["2", "4", "6"]
    assert float(rows[-1]["characters"]) == 6 * 8 * 12
    chosen, first, second, *_, last = outcome.stderr.splitlines()
    assert chosen.startswith("chosen for a text of")
    assert "runs/text: lstm 1×8" in first
    assert "6 updates of 8×12 characters" in second
    assert last == 'sample from it: charlstm sample --run runs/text --prime "The "'


def test_json_is_one_object_with_the_documented_keys(charlstm: Runner, here: Path) -> None:
    result = charlstm.ok("train", "text.txt", *TINY, "--max-steps=4", "--json").json
    assert result.keys() >= RESULT
    assert result["run"] == "runs/text"
    assert (result["steps"], result["characters"]) == (4, 4 * 8 * 12)
    with (here / "runs/text/metrics.csv").open(encoding="utf-8", newline="") as file:
        last = list(csv.DictReader(file))[-1]
    assert float(last["val_nats"]) == pytest.approx(result["last_val_nats"], rel=1e-7)
    assert result["best_val_nats"] <= result["last_val_nats"]
    assert result["seconds"] > 0


def test_a_second_run_takes_another_name(charlstm: Runner, here: Path) -> None:
    for _ in range(3):
        charlstm.ok("train", "text.txt", *TINY, "--max-steps=1")
    assert sorted(p.name for p in here.glob("runs/text*")) == ["text", "text-2", "text-3"]


def test_the_same_text_from_files_a_folder_gzip_and_a_pipe(charlstm: Runner, here: Path) -> None:
    half = TEXT.index("\n", len(TEXT) // 2) + 1
    folder = here / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("\ufeff" + TEXT[:half].replace("\n", "\r\n"), encoding="utf-8")
    (folder / "b.txt").write_text(TEXT[half:], encoding="utf-8")
    (folder / "notes.md").write_text("not read", encoding="utf-8")
    (here / "text.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    runs = [
        charlstm.ok("train", *corpus, *TINY, "--max-steps=2", "--json", stdin=TEXT.encode())
        for corpus in (
            ["text.txt"],
            ["folder"],
            ["folder/a.txt", "folder/b.txt"],
            ["text.txt.gz"],
            ["-"],
        )
    ]
    names = [run.json["run"] for run in runs]
    assert names == ["runs/text", "runs/folder", "runs/a", "runs/text-2", "runs/stdin"]
    assert all(same(weights(here / "runs/text"), weights(here / name)) for name in names)


def test_settings_come_from_file_then_flags(charlstm: Runner, here: Path) -> None:
    (here / "sub").mkdir()
    shutil.move("text.txt", "sub/text.txt")
    (here / "sub" / "my.yaml").write_text(
        "corpus: text.txt\nhidden_size: 5\nlr: 1e-3\nepochs: 9\nbatch_size: 4\nworkers: 1\n",
        encoding="utf-8",
    )
    charlstm.ok("train", "--config", "sub/my.yaml", "--max-steps=1", "--batch-size=2")
    got = settings(here / "runs/text")
    wanted = {"hidden_size": 5, "lr": 1e-3, "max_steps": 1, "epochs": None, "batch_size": 2}
    assert {name: got[name] for name in wanted} == wanted
    assert got["corpus"] == [str(here / "sub" / "text.txt")]


@pytest.mark.skipif(
    not (bundled_folder("configs") / "agreement.yaml").is_file(), reason="no agreement config yet"
)
def test_a_bundled_config_works_from_any_folder(charlstm: Runner, here: Path) -> None:
    small = ("--hidden-size=4", "--max-steps=1", "--val-fraction=0", "--workers=1")
    charlstm.ok("train", "--config", "agreement", *small, "--out", "runs/a")
    assert settings(here / "runs/a")["corpus"] == [str(bundled_folder("data") / "agreement.txt")]


def test_training_on_config_yaml_again_gives_the_same_weights(charlstm: Runner, here: Path) -> None:
    flags = ("--dropout=0.2", "--num-layers=2", "--epochs=0.5", "--eval-every=3")
    charlstm.ok("train", "text.txt", *TINY, *flags)
    charlstm.ok("train", "--config", "runs/text/config.yaml", "--out", "runs/again")
    assert same(weights(here / "runs/text"), weights(here / "runs/again"))
    first, again = settings(here / "runs/text"), settings(here / "runs/again")
    assert first == again


def test_a_text_shorter_than_the_batch(charlstm: Runner, here: Path) -> None:
    (here / "short.txt").write_text("to be or not to be", encoding="utf-8")
    outcome = charlstm.ok("train", "short.txt", "--max-steps=2", "--hidden-size=4", "--workers=1")
    assert "has only 16 characters: using --batch-size 1 and --seq-length 15" in outcome.stderr
    assert settings(here / "runs/short")["seq_length"] == 15


@pytest.mark.parametrize("text", ["ab", "aa", "abc", "x" * 50])
def test_texts_of_next_to_nothing(charlstm: Runner, here: Path, text: str) -> None:
    (here / "short.txt").write_text(text, encoding="utf-8")
    result = charlstm.ok(
        "train", "short.txt", "--max-steps=2", "--hidden-size=4", "--json", "--workers=1"
    ).json
    assert result["steps"] == 2


def test_a_validation_text_of_its_own(charlstm: Runner, here: Path) -> None:
    (here / "val.txt").write_text("The cat is wet.\n" * 10, encoding="utf-8")
    charlstm.ok("train", "text.txt", *TINY, "--max-steps=4", "--val", "val.txt", "--json")
    assert settings(here / "runs/text")["val"] == str(here / "val.txt")
    again = charlstm.ok("train", "--resume", "runs/text", "--val=val.txt", "--max-steps=5")
    assert "going on after update 4" in again.stderr


def test_validation_text_from_standard_input(charlstm: Runner, here: Path) -> None:
    val = ("--val", "-", "--json")
    result = charlstm.ok("train", "text.txt", *TINY, "--max-steps=4", *val, stdin=b"The cat is.\n")
    assert settings(here / "runs/text")["val"] == "-"
    score = charlstm.ok("eval", "--json").json
    assert score["nats_per_char"] == result.json["last_val_nats"]
    charlstm.ok("train", "--resume", "runs/text", "--max-steps=5")


def test_without_validation(charlstm: Runner, here: Path) -> None:
    flags = ("--max-steps=4", "--val-fraction=0", "--json")
    result = charlstm.ok("train", "text.txt", *TINY, *flags).json
    assert (result["best_val_nats"], result["last_val_nats"], result["steps"]) == (None, None, 4)
    assert not (here / "runs/text/best.npz").exists()
    assert "no validation part; name a text to read" in charlstm.fails("eval")
    charlstm.ok("sample", "--length=3")


def test_previews_show_escapes_as_text(charlstm: Runner, here: Path) -> None:
    (here / "red.txt").write_bytes(b"\x1b[31mred\x1b[0m\x07\r \xc2\x9b1m" * 60)
    flags = ("--max-steps=4", "--sample-every=2", "--seed=3")
    outcome = charlstm.ok("train", "red.txt", *TINY, *flags)
    assert outcome.stderr.count("--- preview after") == 2
    assert r"\x1b" in outcome.stderr
    assert r"\x9b" in outcome.stderr
    assert not set(outcome.stderr) & {"\x1b", "\x07", "\r", "\x9b"}


def test_bytes_are_called_bytes(charlstm: Runner, here: Path) -> None:
    """And a byte model's losses are also given per character, where the text is UTF-8."""
    text = "日本語のテキストé\n" * 40
    (here / "j.txt").write_text(text, encoding="utf-8")
    flags = (*TINY, "--tokens=byte", "--max-steps=2", "--sample-every=2", "--val-fraction=0.25")
    outcome = charlstm.ok("train", "j.txt", *flags, "--json")
    assert "character" not in outcome.stderr
    size = len(text.encode())
    assert f"{size * 3 // 4:,} bytes to train on, {size // 4:,} to validate on" in outcome.stderr
    assert "updates of 8×12 bytes" in outcome.stderr and "192 bytes in" in outcome.stderr
    result = outcome.json
    assert (
        result["tokens"] == "byte" and result["best_val_nats_per_byte"] == result["best_val_nats"]
    )
    per_char = result["last_val_nats_per_char"]
    assert per_char == pytest.approx(result["last_val_nats"] * size / len(text), rel=0.02)
    assert f"{result['last_val_nats']:.4f} nats/byte" in outcome.stderr
    assert f"; {per_char:.4f} nats/char, best" in outcome.stderr
    same = charlstm.ok("eval", "--json").json
    assert same["nats_per_char"] == pytest.approx(result["best_val_nats_per_char"])

    (here / "b.bin").write_bytes(bytes(range(256)) * 8)
    outcome = charlstm.ok("train", "b.bin", *flags, "--json")
    assert outcome.json["last_val_nats_per_char"] is None and "nats/char" not in outcome.stderr


def test_a_model_of_characters_says_what_it_has_per_byte(charlstm: Runner, here: Path) -> None:
    text = "日本語のテキストé\n" * 40
    (here / "j.txt").write_text(text, encoding="utf-8")
    outcome = charlstm.ok("train", "j.txt", *TINY, "--max-steps=1", "--json")
    result, score = outcome.json, charlstm.ok("eval", "--json").json
    assert result["tokens"] == "char"
    assert result["best_val_nats_per_char"] == result["best_val_nats"] == score["nats_per_char"]
    assert result["best_val_nats_per_byte"] == pytest.approx(score["nats_per_byte"])
    assert "nats/byte" not in outcome.stderr


def test_byte_previews_are_printable(charlstm: Runner, here: Path) -> None:
    (here / "b.txt").write_bytes(bytes(range(256)) * 8)
    flags = ("--max-steps=2", "--sample-every=1", "--tokens=byte")
    outcome = charlstm.ok("train", "b.txt", *TINY, *flags)
    assert harmless(outcome.stderr)


def test_progress_lines_without_a_terminal(
    charlstm: Runner, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del here
    monkeypatch.setattr("charlstm.cli.progress.LINE_SECONDS", -1.0)
    outcome = charlstm.ok("train", "text.txt", *TINY, "--max-steps=3")
    lines = [line for line in outcome.stderr.splitlines() if line.startswith("update ")]
    assert re.fullmatch(
        r"update 1/3  loss \d\.\d{3}  0k characters/s  0:00 left"
        r"|update 1/3  loss \d\.\d{3}  [\d,]+k characters/s  \d+:\d\d left",
        lines[0],
    )
    assert re.search(r"loss \d\.\d{3}  val \d\.\d{4}  [\d,]+k characters/s", lines[-1])


def test_a_bar_in_a_terminal(here: Path) -> None:
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    del here
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 120))
    flags = ("--max-steps=30", "--eval-every=5", "--sample-every=15")
    process = start("train", "text.txt", *TINY, *flags, stderr=theirs)
    os.close(theirs)
    seen = read_all(ours)
    assert process.communicate()[0] == b""
    assert process.returncode == 0
    shown = seen.decode()
    assert re.search(r"100%.*, loss \d\.\d{3}  val \d\.\d{4}\]", shown)
    assert "--- preview after 15 updates" in shown


class Bar:
    """Stands for tqdm's bar, and remembers how far it was moved."""

    made: ClassVar[list["Bar"]] = []

    def __init__(self, total: int, desc: str, unit: str, **_: Any) -> None:
        self.total, self.desc, self.unit = total, desc, unit
        self.n, self.closed = 0, False
        self.made.append(self)

    def update(self, by: int) -> None:
        self.n += by

    def close(self) -> None:
        self.closed = True


def test_reading_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("charlstm.cli.progress.BAR_SECONDS", -1.0)
    monkeypatch.setattr("tqdm.tqdm", Bar)
    monkeypatch.setattr(Bar, "made", [])
    checked: list[int] = []
    report = reading_bar(lambda: checked.append(len(Bar.made)))
    for phase, done in (
        ("vocabulary", 50),
        ("vocabulary", 100),
        ("encoding", 20),
        ("encoding", 70),
    ):
        report(done, 100, phase)
    shown = [(bar.desc, bar.n, bar.total, bar.unit, bar.closed) for bar in Bar.made]
    assert shown == [("vocabulary", 100, 100, "B", True), ("encoding", 70, 100, "B", False)]
    assert checked == [0, 1, 1, 2]


def test_plain_lines_say_how_fast_it_goes_and_how_long_it_will_take(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("charlstm.cli.progress.time", SimpleNamespace(monotonic=lambda: clock.now))
    config = Config(max_steps=1000, batch_size=100, seq_length=200, hidden_size=8)
    display = Display()
    display.show(Started(Path("r"), config, 9, 5000, 500, 400, 1))  # resumed after 400 updates
    capsys.readouterr()
    for update, loss in ((401, 3.0), (402, 2.0), (403, 2.0)):
        clock.now += 2.6
        display.show(Updated(update, loss, 0.1, 1.0, clipped=False))
    (line,) = capsys.readouterr().err.splitlines()  # 5 seconds are over at the second of them
    # 2 updates of 20,000 characters took 5.2 s, so 598 more take 1554.8 s; the loss is smoothed.
    assert line == "update 402/1,000  loss 2.980  8k characters/s  25:55 left"
    display.show(Validated(403, 2.5, 1.25, best=True))
    for clock.now in (1007.8 + 2.0, 1007.8 + 5.1, 5000.0):
        display.show(Updated(404, 2.0, 0.1, 1.0, clipped=False))
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and all("  val 1.2500  " in text for text in said)


def test_a_bar_counts_the_steps_and_leaves_nothing_behind(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("charlstm.cli.progress.BAR_SECONDS", -1.0)
    with counting_bar(5, "pair") as advance:
        advance(1)
        time.sleep(0.11)  # tqdm draws no more often than this
        advance(2)
    shown = capsys.readouterr().err.split("\r")
    assert any("3/5" in line and "pair" in line for line in shown)
    assert not shown[-1].strip()


@pytest.mark.parametrize(("terminal", "seconds"), [(False, -1.0), (True, 60.0)])
def test_no_bar_outside_a_terminal_nor_for_quick_work(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
    seconds: float,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    monkeypatch.setattr("charlstm.cli.progress.BAR_SECONDS", seconds)
    with counting_bar(1, "pair") as advance:
        advance(1)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("val", [False, True])
def test_a_text_from_a_pipe_is_one_from_standard_input(
    charlstm: Runner, here: Path, val: bool
) -> None:
    """A shell's <(...) is such a pipe; it cannot be read again, but its copy can."""
    reader, writer = os.pipe()
    os.write(writer, TEXT.encode())
    os.close(writer)
    pipe = f"/dev/fd/{reader}"
    texts = ["text.txt", "--val", pipe] if val else [pipe]
    charlstm.ok("train", *texts, *TINY, "--max-steps=4", "--schedule=constant")
    os.close(reader)
    run = "runs/text" if val else "runs/stdin"
    charlstm.ok("train", "--resume", run, "--max-steps=6")
    assert charlstm.ok("eval", "--run", run, "--json").json["characters"] > 100
    charlstm.ok("sample", "--run", run, "--length=20", "--novelty")
    texts = ["text.txt", "--val=text.txt"] if val else ["text.txt"]
    charlstm.ok("train", *texts, *TINY, "--max-steps=6", "--schedule=constant", "--out=whole")
    assert same(weights(here / run), weights(here / "whole"))


def test_a_pipe_given_to_a_run_that_goes_on_is_not_passed_over(
    charlstm: Runner, here: Path
) -> None:
    flags = ("train", *TINY, "--max-steps=2")
    charlstm.ok(*flags, "-", stdin=TEXT.encode())
    os.mkfifo(here / "fifo")
    for given in (["-"], ["fifo"], ["text.txt", "fifo"], ["--val", "-"]):
        message = charlstm.fails("train", "--resume=stdin", *given, status=2, stdin=b"other text")
        assert "leave the pipe out, or name a file" in message
    charlstm.ok("train", "--resume=stdin", "text.txt", "--max-steps=3")


def wait_for(condition: Any, process: "subprocess.Popen[bytes]") -> None:
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_resuming_is_exact(
    charlstm: Runner, here: Path, number: signal.Signals, workers: int
) -> None:
    # At a constant rate the budget changes nothing, so any number of updates can be compared.
    flags = (*TINY, "--schedule=constant", "--warmup-steps=0", "--eval-every=7", "--keep=1",
             "--dropout=0", "--lr=0.02")  # which else follow from the budget  # fmt: skip
    long = ("--max-steps=1000000", f"--workers={workers}")
    process = start("train", "text.txt", *flags, *long, "--json")
    wait_for((here / "runs/text/best.npz").exists, process)
    process.send_signal(number)
    output, stderr = process.communicate()
    assert process.returncode == 128 + number
    message = re.search(rb"saved after ([\d,]+) updates; resume: (.*)\n", stderr)
    assert message is not None, stderr
    assert b"Traceback" not in stderr
    done, command = int(message[1].replace(b",", b"")), message[2].decode().split()
    assert f'"steps": {done}, '.encode() in output
    assert command[1:] == ["-m", "charlstm", "train", "--resume", "runs/text"]

    charlstm.ok("train", "text.txt", *flags, f"--max-steps={done}", "--out=runs/whole")
    assert same(weights(here / "runs/text"), weights(here / "runs/whole"))
    charlstm.ok(*command[3:], f"--max-steps={done + 10}")
    charlstm.ok("train", "--resume=runs/whole", f"--max-steps={done + 10}")
    assert same(weights(here / "runs/text"), weights(here / "runs/whole"))


def test_a_second_signal_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr("os._exit", left.append)
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        stop = Stop(None)
        assert not stop.requested()
        stop.raise_if_requested()
        signal.raise_signal(signal.SIGTERM)
        assert stop.requested() and left == []
        with pytest.raises(KeyboardInterrupt):
            stop.raise_if_requested()
        assert stop.status == 143
        signal.raise_signal(signal.SIGINT)
        assert left == [130]
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def test_training_goes_on_when_nobody_reads_its_notes(here: Path) -> None:
    process = start("train", "text.txt", *TINY, "--max-steps=20", "--sample-every=1")
    assert process.stderr is not None
    process.stderr.close()
    assert process.stdout is not None
    process.stdout.read()
    process.stdout.close()
    assert process.wait() == 0
    assert archive.load(here / "runs/text/last.npz").header["progress"]["update"] == 20


def test_standard_streams_may_be_closed(here: Path) -> None:
    del here
    command = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]
    process = start("train", "text.txt", *TINY, "--max-steps=2", "--json")
    arguments = process.args
    assert isinstance(arguments, list)
    process.communicate()
    assert subprocess.run(command + arguments, check=False).returncode == 0


def test_a_display_without_events_has_no_result() -> None:
    assert Display().finished is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(r"a\nb", "a\nb"), (r"\t", "\t"), (r"\\n", r"\n"), ("\\", "\\"), (r"\x", r"\x")],
)
def test_escapes_on_the_command_line(typed: str, meant: str) -> None:
    assert terminal.unescaped(typed) == meant
