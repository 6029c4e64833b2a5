"""docs/linguists.md: its commands, its Python and its R run as they stand there, and agree."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import TINY
from repository import ROOT

from charlstm.studies.surprisal import COLUMNS

PAGE = (ROOT / "docs" / "linguists.md").read_text(encoding="utf-8")
BUDGET = "--max-minutes 8"


def blocks(language: str) -> str:
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the commands of the page have run."""
    folder = tmp_path_factory.mktemp("linguists")
    sentences = (ROOT / "data" / "agreement.txt").read_text(encoding="utf-8").splitlines()[:400]
    (folder / "corpus.txt").write_text("\n".join(sentences), encoding="utf-8")
    assert BUDGET in PAGE
    commands = blocks("sh").replace(BUDGET, " ".join([*TINY, "--max-steps=3", "--warmup-steps=1"]))
    shell = f'set -eu\ncharlstm() {{ "{sys.executable}" -m charlstm "$@"; }}\n{commands}'
    done = subprocess.run(["bash", "-c", shell], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return folder


def rows(file: Path) -> list[dict[str, str]]:
    head, *lines = file.read_text(encoding="utf-8").splitlines()
    return [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]


def test_the_commands_write_the_tables(folder: Path) -> None:
    words = rows(folder / "words.tsv")
    shown = re.findall(r"^\| 1 \| \d+ \| (\S+) \| [\d.]+ \| (\d+) \| (\d+) \|", PAGE, re.MULTILINE)
    first = [row for row in words if row["sentence_id"] == "1"]
    assert [(row["token"], row["start"], row["end"]) for row in first] == shown
    assert tuple(words[0]) == COLUMNS
    assert all(row["entropy"] for row in rows(folder / "characters.tsv"))
    regions = [row["token"] for row in rows(folder / "regions.tsv")]
    assert regions == ["The dogs", "near the old barn", "were", "wet."]
    nats = [float(row["surprisal"]) for row in rows(folder / "nats.tsv")]
    assert nats == pytest.approx([float(row["surprisal"]) * 0.69314718 for row in words], rel=1e-6)
    assert (folder / "without.tsv").read_bytes() != (folder / "words.tsv").read_bytes()
    assert (folder / "shares.csv").read_text(encoding="utf-8").startswith("suite,prediction,")
    assert (folder / "regions.csv").read_text(encoding="utf-8").count("\n") == 9


def test_the_python_reads_the_tables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    monkeypatch.chdir(folder)
    from_file, from_model = blocks("python").split("import charlstm")
    names: dict[str, Any] = {}
    exec(compile(from_file, "the Python of docs/linguists.md", "exec"), names)
    read = names["words"]
    assert read["surprisal"].dtype == float and read["entropy"].isna().all()
    exec(compile(f"import charlstm{from_model}", "the Python of docs/linguists.md", "exec"), names)
    made = names["words"]
    assert made["token"].tolist() == read["token"].tolist()
    assert made["surprisal"].tolist() == pytest.approx(read["surprisal"].tolist(), rel=1e-8)


@pytest.mark.skipif(not shutil.which("Rscript"), reason="R is not installed")
def test_the_r_reads_the_tables(folder: Path) -> None:
    words = (folder / "words.tsv").read_text(encoding="utf-8")
    odd = [f"3\t{k}\t{token}\t0.5\t0\t1\t\t\t0\n" for k, token in enumerate(['"q', "NA"])]
    (folder / "words.tsv").write_text(words + "".join(odd), encoding="utf-8")
    code = f"{blocks('r')}\ncat(words$token, sum(words$surprisal), is.na(words$rank[1]), sep='|')"
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["Rscript", "-e", code], cwd=folder, capture_output=True, check=False, env=environment
    )
    (folder / "words.tsv").write_text(words, encoding="utf-8")
    assert done.returncode == 0, done.stderr.decode()
    *tokens, total, missing = done.stdout.decode().rpartition("\n")[2].split("|")
    table = rows(folder / "words.tsv")
    assert tokens == [*(row["token"] for row in table), '"q', "NA"]
    assert float(total) == pytest.approx(sum(float(r["surprisal"]) for r in table) + 1.0, rel=1e-4)
    assert missing == "TRUE"
