"""The Python of docs/python.md runs as it stands there, and its arrays have the shapes it says."""

import re
from typing import Any

import pytest
from repository import ROOT

from charlstm import Model

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
CODE = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
SHAPE = re.compile(r"^(\S.*?\S) +# (\([A-Z], ?[A-Z1, ]*\))$", re.MULTILINE)
BUDGET = "max_minutes=1"
SMALL = (
    "max_steps=4, hidden_size=12, batch_size=8, seq_length=12, shards=1, workers=1, eval_every=2"
)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The names that the page has defined in the end."""
    for name in ("pandas", "matplotlib"):
        pytest.importorskip(name)
    folder = tmp_path_factory.mktemp("python")
    sentences = (ROOT / "data" / "agreement.txt").read_text(encoding="utf-8").splitlines()[:400]
    (folder / "corpus.txt").write_text("\n".join(sentences), encoding="utf-8")
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MPLBACKEND", "agg")
        exec(compile(CODE.replace(BUDGET, SMALL), "the Python of docs/python.md", "exec"), names)
    return names


def test_every_block_of_the_page_runs(names: dict[str, Any]) -> None:
    assert CODE.count(BUDGET) == 2
    model: Model = names["model"]
    assert [update for update, _ in names["losses"]] == [6, 8]
    assert names["held"].changes == ("0:5:f = 0",) and not model.changes


def test_the_arrays_have_the_shapes_that_the_page_says(names: dict[str, Any]) -> None:
    sizes = {
        "N": len(names["text"]),
        "P": len(names["prime"]),
        "H": 12,
        "V": names["model"].vocabulary.size,
        "R": 4,
        "M": 16,
        "K": len(names["reach"].back),
    }
    named = SHAPE.findall(PAGE)
    assert len(named) == len(re.findall(r"# \([A-Z],", PAGE))
    for expression, shape in named:
        array = eval(expression, names)
        assert array.shape == eval(shape, sizes), expression
