"""The comparisons with PyTorch, here a stand-in that answers at once, and of two versions run."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import TINY, Runner
from repository import ROOT

pytestmark = pytest.mark.slow

BENCHMARKS = ROOT / "benchmarks"
RESULT = '{"rate": 2000.0, "peak_bytes": 5000, "nats": 1.5}'
STAND_IN = f"#!/bin/sh\necho \"$@\" >>words\necho '{RESULT}'\n"


@pytest.fixture
def torch(here: Path) -> Path:
    """A "Python with PyTorch" that claims 2,000 characters/s whatever it is asked."""
    path = here / "torch-python"
    path.write_text(STAND_IN, encoding="utf-8")
    path.chmod(0o755)
    return path


def compare(torch: Path, *words: object) -> dict[str, Any]:
    script = [sys.executable, BENCHMARKS / "against_torch.py", "--torch-python", torch, "--json"]
    quick = ["--rounds", 1, "--seconds", 0]
    command = list(map(str, [*script, *quick, *words]))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_training_and_sampling(torch: Path) -> None:
    found = compare(torch, "--part=training", "--part=sampling", "--hidden-size=64")
    assert found["sampling"] == []
    (record,) = found["training"]
    size = ("lstm", 64, 1, 32, 50)
    names = ("cell", "hidden_size", "num_layers", "batch_size", "seq_length")
    assert tuple(record[name] for name in names) == size
    assert record["torch"] == 2000.0
    assert record["ratio"] == record["ours"] / record["torch"] == record["ratio_range"][0]
    assert found["training_mean_ratio"] == pytest.approx(record["ratio"])
    asked = (torch.parent / "words").read_text(encoding="utf-8")
    assert "--onehot" in asked and "--threads" in asked


def test_bf16_and_jax_are_groups_of_their_own(torch: Path) -> None:
    words = ("--part=training", "--hidden-size=64", "--jax-python", torch, "--jemalloc", "here.so")
    found = compare(torch, *words)
    (record,) = found["training"]
    groups = set(record["peers"])
    assert {"torch", "bf16", "jax"} <= groups <= {"torch", "bf16", "bf16_no_amx", "jax"}
    assert record["peers"]["bf16"]["variant"].startswith("bf16")
    assert found["training_means"].keys() == groups
    asked = (torch.parent / "words").read_text(encoding="utf-8").splitlines()
    bf16 = [line for line in asked if "--bf16" in line]
    assert any("--no_mkldnn" in line for line in bf16)
    assert any("--no_mkldnn" in line for line in asked if line not in bf16)
    assert any("jax_side.py" in line for line in asked)
    (lone,) = compare(torch, "--part=training", "--hidden-size=64", "--group=bf16")["training"]
    assert lone["torch_variant"].startswith("bf16")


def test_learning_after_equal_characters_and_equal_minutes(torch: Path) -> None:
    (torch.parent / "text.txt").write_text("the cat saw the dog. " * 60, encoding="utf-8")
    rates = {"ours": 1e5, "ours_penalty": 5e4, "torch": 2e5}
    words = ("--part=learning", "--hidden-size=256", "--minutes=0.0006", "--text", "text.txt")
    sides = {
        record["side"]: record
        for record in compare(torch, *words, "--rates", json.dumps(rates))["learning"]
    }
    assert [sides[name]["updates"] for name in ("charlstm", "PyTorch, single precision")] == [1, 4]
    ours = sides["charlstm without memory penalty"]
    assert ours["equal_characters_nats"] == ours["equal_minutes_nats"]
    late = sides["charlstm"]
    assert late["equal_characters_nats"] != late["equal_minutes_nats"]
    asked = (torch.parent / "words").read_text(encoding="utf-8")
    assert "--updates 2 " in asked and "--updates 4 " in asked


def test_every_run_of_the_grid_takes_the_time_of_the_default(here: Path) -> None:
    Path("text.txt").write_text("the cat saw the dog. " * 60, encoding="utf-8")
    words = ("--units=8", "--times", "1", "2", "--dropouts=0.5", "--share=0.02")
    command = [sys.executable, BENCHMARKS / "default_grid.py", "text.txt", *words]
    command += ["--speeds", 3e5, 1e5]  # of 8 units and of the 128 that the rules choose
    done = subprocess.run(
        list(map(str, command)), cwd=here, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    _, first, second = map(json.loads, done.stdout.splitlines())
    assert first["max_steps"] == second["max_steps"] == 24  # three times a fiftieth of 400
    assert (first["weight_drop"], second["lr"]) == (0.2, 2 * first["lr"])
    assert first["best"] != second["best"]


def test_start(torch: Path) -> None:
    found = compare(torch, "--part=cold")
    assert [record["until"] for record in found["cold"]] == ["first character", "200 characters"]
    assert all(record["ratio"] > 0.0 for record in found["cold"])


def test_our_side_writes_as_many_columns_as_asked() -> None:
    words = ("sample", "--hidden_size=8", "--batch_size=3", "--seconds=0")
    command = [sys.executable, str(BENCHMARKS / "our_side.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert set(json.loads(done.stdout)) == {"rate", "peak_bytes"}


@pytest.mark.skipif(
    shutil.which("mpiexec", path=str(Path(sys.executable).parent)) is None, reason="needs MPI"
)
def test_scaling() -> None:
    words = ("--hidden-size=8", "--seconds=0", "--json")
    command = [sys.executable, str(BENCHMARKS / "scaling.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    (cost,) = json.loads(done.stdout)
    assert cost["hidden_size"] == 8
    assert cost["fixed"] > 0.0
    assert cost["update"] > 0.0


@pytest.mark.usefixtures("here")
def test_random_windows_start_from_nothing(charlstm: Runner) -> None:
    flags = (*TINY, "--max-steps=40", "--val-fraction=0.5", "--out=run")
    charlstm.ok("train", "text.txt", *flags)
    score = [sys.executable, str(BENCHMARKS / "random_windows.py"), "run", "--windows=256"]

    def nats(length: int) -> float:
        done = subprocess.run(
            [*score, f"--length={length}"], capture_output=True, text=True, timeout=60, check=True
        )
        return float(json.loads(done.stdout)["random_windows"])

    whole = json.loads(charlstm.ok("eval", "--run=run", "--json").output)["nats_per_char"]
    assert nats(2) > nats(100) > whole


def test_two_versions_are_measured_in_the_same_rounds() -> None:
    script = [sys.executable, str(BENCHMARKS / "two_versions.py"), str(ROOT), str(ROOT)]
    quick = ["--rounds=1", "--hidden-size", "8", "--seconds=0.01"]
    done = subprocess.run(
        [*script, *quick], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    head, *lines = done.stdout.splitlines()
    assert head.split() == ["after", "÷", "before", "before", "÷", "before"]
    assert [line[:32].strip() for line in lines] == [
        "training, 8 units",
        "a step of training, 8 units",
        "sampling, 8 units",
        "64 samples at once, 8 units",
        "cold start to 200 characters",
    ]
    assert all(float(ratio) > 0.0 for line in lines for ratio in line[32:].split())


def test_the_fixed_part_of_an_update_is_measured_of_two_versions() -> None:
    script = [sys.executable, str(BENCHMARKS / "fixed_part.py"), str(ROOT), str(ROOT)]
    quick = ["--rounds=1", "--hidden-size", "8", "9", "--seconds=0"]
    done = subprocess.run(
        [*script, *quick], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    head, *lines = done.stdout.splitlines()
    assert head.startswith("units  before, ms  after, ms")
    assert [line.split()[0] for line in lines] == ["8", "9"]


@pytest.mark.usefixtures("here")
def test_samples_are_counted_by_what_chose_them(charlstm: Runner) -> None:
    charlstm.ok("train", "text.txt", *TINY, "--max-steps=60", "--out=run")
    script = [sys.executable, str(BENCHMARKS / "samples.py"), "run", "text.txt", "--length=400"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=True)
    head, *lines = done.stdout.splitlines()
    assert head.split("   ")[-1].strip() == "nats"
    rows = {line[:31].strip(): line[31:].split() for line in lines}
    assert float(rows["plain"][-1]) > float(rows["--temperature 0.5"][-1])
    assert rows["--temperature 0 --no-repeat 20"][3] == "0.00%" != rows["--temperature 0"][3]


@pytest.mark.usefixtures("here")
def test_searches_find_likelier_texts_and_place_what_no_sample_has(charlstm: Runner) -> None:
    charlstm.ok("train", "text.txt", *TINY, "--max-steps=60", "--out=run")
    script = [sys.executable, str(BENCHMARKS / "searches.py"), "run", "text.txt"]
    quick = ["--primes=2", "--count=2", "--plain=20", "--rounds=1", "--must-contain=wet birds"]
    done = subprocess.run(
        [*script, *quick], capture_output=True, text=True, timeout=120, check=True
    )
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in done.stdout.splitlines()]
    nats = {row[0]: float(row[1].split()[0]) for row in rows[2:10]}
    assert nats["`--best-of 64`"] < nats["`--best-of 4`"] < nats["one sample"]
    assert [row[1:3] for row in rows[12:15]] == [
        ["drawn", "0 of 20"],
        ["placed", "2 of 2"],
        ["put anywhere", "2 of 2"],
    ]
    assert rows[-2][0] == "`--must-contain 'wet birds'`"


def test_names_are_trained_on_and_held_out_for_the_other_side(torch: Path) -> None:
    script = [sys.executable, BENCHMARKS / "names.py", "--torch-python", torch]
    quick = ["--minutes=0.005", "--count=300", "--parameters=3000", "--workers=1"]
    command = list(map(str, [*script, *quick]))
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=torch.parent
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["charlstm"]["parameters"] == pytest.approx(3000, rel=0.1)
    assert found["charlstm"]["nats"] > 0.0
    assert found["transformer"]["rate"] == 2000.0
    assert 20 <= found["held out"] <= 40
    asked = (torch.parent / "words").read_text(encoding="utf-8")
    assert "torch_names.py" in asked and "--minutes 0.005" in asked


def test_the_keys_of_a_session(learnt_run: Path) -> None:
    words = (learnt_run, learnt_run.parents[1] / "text.txt", "--length=300")
    command = [sys.executable, *map(str, (BENCHMARKS / "keys.py", *words))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    head, *rows = done.stdout.splitlines()
    assert "Backspace" in head
    assert [row.split()[0] for row in rows] == ["plain", "--no-repeat", "--avoid-copying"]
    assert all(row.count("(") == 6 for row in rows)
