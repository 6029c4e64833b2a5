"""How a model shows itself."""

from pathlib import Path

import pytest

import charlstm


def test_a_model_says_what_it_is_and_how_good(tiny_run: Path) -> None:
    head, *facts = repr(charlstm.load(tiny_run)).splitlines()
    assert head == "Model tiny"
    table = dict(line.split(maxsplit=1) for line in facts)
    val = charlstm.load(tiny_run).checkpoint.progress.best_val
    assert table.pop("validation").startswith(f"{val:.4f} nats/char (")
    assert table == {
        "network": "lstm, 1 layer of 8 units",
        "parameters": "1,058",
        "vocabulary": "18 characters",
        "reads": "one text",
        "training": "60 updates of 8×12 characters",
        "settings": "lr 0.03, dropout 0, memory_penalty 0.3, seed 1",
    }


def test_a_changed_model_names_its_changes(tiny_run: Path) -> None:
    changed = charlstm.load(tiny_run).ablate((0, 3)).hold((0, 5), f=0.0)
    head, *facts = repr(changed).splitlines()
    assert head == "Model tiny, without 0:3, 0:5:f = 0"
    assert facts[-1].endswith("before the changes")


@pytest.mark.parametrize(
    ("run", "line"),
    [
        ("names_run", "  reads        lines, each from zero state"),
        (
            "looking_run",
            "  network      lstm, 1 layer of 8 units, attention of 4 heads over 7 outputs",
        ),
    ],
)
def test_lines_and_attention_are_named(run: str, line: str, request: pytest.FixtureRequest) -> None:
    assert line in repr(charlstm.load(request.getfixturevalue(run))).splitlines()


def test_the_table_of_a_model_has_the_same_facts(tiny_run: Path) -> None:
    model = charlstm.load(tiny_run)
    html = model._repr_html_()
    assert html.startswith("<table>") and ">tiny</th>" in html
    for line in repr(model).splitlines()[1:]:
        name, fact = line.split(maxsplit=1)
        assert f"<code>{name}</code>" in html and f"<code>{fact}</code>" in html


def test_the_weights_of_a_model_say_their_shapes(tiny_run: Path) -> None:
    assert repr(charlstm.load(tiny_run).parameters) == (
        "1,058 parameters of lstm, 1 layer of 8 units: layers.0.E (19, 32), layers.0.W (32, 8), "
        "layers.0.b (32, 1), W_y (18, 8), b_y (18, 1)"
    )
