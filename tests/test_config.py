"""Settings: YAML is read strictly, every mistake is one line that names the cure, ranges hold."""

import math
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from faults import count
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from charlstm.config import SETTINGS, Config, from_mapping
from charlstm.config_file import find_config, read_yaml, relative_to, to_yaml
from charlstm.errors import ConfigError
from charlstm.nn.cells import CELLS, cell_options
from charlstm.nn.parameters import Architecture
from charlstm.setting import brief, describe_range

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config") / "my.yaml"


def read(file: Path, text: str | bytes) -> Config:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return from_mapping(read_yaml(file), cell_options())


def refused(file: Path, text: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        read(file, text)
    return one_line(caught.value)


def one_line(error: ConfigError) -> str:
    message = str(error)
    assert "\n" not in message
    assert 10 < len(message) < 500
    return message


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("lr: 1e-3", "lr", 1e-3),
        ("lr: 1E-3", "lr", 1e-3),
        ("lr: 5.e-3", "lr", 5e-3),
        ("lr: .5e-2", "lr", 5e-3),
        ("lr: +1.5e+0", "lr", 1.5),
        ("lr: 1", "lr", 1.0),
        ("epochs: 2", "epochs", 2.0),
        ("epochs: null", "epochs", None),
        ("epochs:", "epochs", None),
        ("seed: 0", "seed", 0),
        ("seed: 1_000", "seed", 1000),
        ("keep: 3 # newest", "keep", 3),
        ("encoding: latin-1", "encoding", "latin-1"),
        ("cell: gru\ngru_reset: after", "cell", "gru"),
        ("val: '-'", "val", "-"),
        ("val: null", "val", None),
        ("", "num_layers", 1),
        ("{}", "num_layers", 1),
        ("# nothing", "num_layers", 1),
        ("\ufeffhidden_size: 3", "hidden_size", 3),
        ("lr: 1_0.5e-2", "lr", 0.105),
        ("hidden_size: 0x10", "hidden_size", 16),
        ("hidden_size: 0b11", "hidden_size", 3),
        ("seed: -0", "seed", 0),
        ("encoding: no", "encoding", "no"),
        ("encoding: On", "encoding", "On"),
        ("encoding: 2024-01-01", "encoding", "2024-01-01"),
        ("encoding: =", "encoding", "="),
        ("encoding: 1.2.3", "encoding", "1.2.3"),
        ("encoding: '010'", "encoding", "010"),
        ('encoding: "1:30"', "encoding", "1:30"),
        ("average: 0.0", "num_layers", 1),  # of an earlier version
    ],
)
def test_values_are_read_as_meant(file: Path, text: str, name: str, value: object) -> None:
    got = getattr(read(file, text), name)
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hiden_size: 3", "unknown setting 'hiden_size'; did you mean 'hidden_size'?"),
        ("learning_rat: 3", "unknown setting 'learning_rat'"),
        ("hidden-size: 3", "did you mean 'hidden_size'?"),
        ("gru-reset: after", "did you mean 'gru_reset'?"),
        ("zzz: 3", "unknown setting 'zzz'."),
        ("zzz: null", "unknown setting 'zzz'."),
        ("average: 0.3", "unknown setting 'average'"),
        ("cell_options: {}", "unknown setting 'cell_options'"),
        ("lr: 1\nkeep: 2\nlr: 1", "line 3: the key 'lr' is repeated"),
        ("{lr: 1, lr: 1}", "line 1: the key 'lr' is repeated"),
        ("corpus: {a: 1, a: 2}", "the key 'a' is repeated"),
        ("hidden_size: 3.0", "hidden_size must be a whole number, not 3.0."),
        ("hidden_size: '3'", "hidden_size must be a whole number, not '3'."),
        ("hidden_size: true", "hidden_size must be a whole number, not True."),
        ("hidden_size: 1e3", "hidden_size must be a whole number, not 1000.0."),
        ("hidden_size: [3]", "hidden_size must be a whole number, not [3]."),
        ("num_layers:", "num_layers must be a whole number, not None."),
        ("lr: fast", "lr must be a number, not 'fast'."),
        ("lr: no", "lr must be a number, not 'no'."),
        ("lr: 2020-01-01", "lr must be a number, not '2020-01-01'."),
        ("encoding: 8", "encoding must be a text, not 8."),
        ("val: 3", "val must be a text, not 3."),
        ("corpus: 3", "corpus must be a text or a list of texts, not 3."),
        ("corpus: [a, 3]", "corpus must be a text or a list of texts, not ["),
        ("attention: -1", "attention must be at least 0 and at most 4096, not -1."),
        ("attention: 4097", "attention must be at least 0 and at most 4096, not 4097."),
        ("attention: 1.5", "attention must be a whole number, not 1.5."),
        ("attention: x", "attention must be a whole number, not 'x'."),
        ("hidden_size: 0", "hidden_size must be at least 1 and at most 65536, not 0."),
        ("hidden_size: -1", "at least 1"),
        ("dropout: 1", "dropout must be at least 0 and at most 0.95, not 1.0."),
        ("lr: 0", "lr must be above 0"),
        ("lr: .nan", "lr must be a finite number, not nan."),
        ("lr: -.inf", "lr must be a finite number"),
        ("lr: 1e999", "lr must be a finite number"),
        ("seed: 9223372036854775808", "seed must be at least 0 and at most 9.22337e+18"),
        (f"seed: 0x{'f' * 9000}", "not a huge number."),
        (f"seed: {'9' * 5000}", "is not a YAML config"),
        (f"encoding: {'x' * 5000}\nkeep: [{'x' * 5000}]", "xxx … (5,004 characters) … xxx"),
        ("epochs: 1e300", "epochs must be above 0 and at most 1e+09"),
        ("max_steps: 10000000000000", "max_steps must be at least 1 and at most 1e+12"),
        ("tokens: word", "tokens must be one of char, byte, not 'word'."),
        ("optimizer: Adam", "optimizer must be one of adam, rmsprop, sgd, not 'Adam'."),
        ("out: ''", "out must not be empty"),
        ("corpus: ''", "empty path"),
        ("encoding: ''", "encoding must not be empty"),
        ("epochs: 1\nmax_steps: 3", "--max-steps has no effect with --epochs"),
        ("cell: peephole\npeepholes: 5", "peepholes must be a text, not 5."),
        ("cell: peephole\npeephole_kind: half", "peephole_kind must be one of full, diagonal"),
        ("cell: gru\ngru_reset: null", "gru_reset must be a text, not None."),
        ("lr: !!float 1", "tags (tag:yaml.org,2002:float) are not used here"),
        ("lr: !secret 1", "tags (!secret) are not used here"),
        ("corpus: !!python/object/apply:os.system [ls]", "tags"),
        ("!!map {lr: 1}", "tags"),
        ("lr: &a 1\nclip_norm: *a", "aliases (*name) are not used here"),
        ("a: &a {lr: 1}\n<<: *a", "aliases"),
        ("<<: {lr: 1}", "unknown setting '<<'."),
        ("1: 2", "line 1: the key 1 is not a text"),
        ("null: 2", "the key None is not a text"),
        ("[a]: 2", "is not a text"),
        ("? {a: 1}\n: 2", "is not a text"),
        ("yes: 2", "unknown setting 'yes'."),
        ("true: 2", "the key True is not a text"),
        ("- lr", "must hold settings as `name: value` lines"),
        ("lr", "must hold settings"),
        ("lr: [", "is not a YAML config"),
        ("lr: 1\n---\nlr: 2", "is not a YAML config"),
        ("lr: \x00", "is not a YAML config"),
        ("\tlr: 1", "is not a YAML config"),
        ("[" * 5000, "is not a YAML config"),
        (b"lr: 1 # \xff", "is not UTF-8 at byte 8"),
    ],
)
def test_mistakes_are_answered_in_one_line(file: Path, text: str | bytes, message: str) -> None:
    assert message in refused(file, text)


@pytest.mark.parametrize(
    "number", ["010", "08", "-07", "0_1", "1:30", "0:30", "12:30:45", "1:30.5"]
)
@pytest.mark.parametrize("place", ["max_minutes: {}", "encoding: {}", "corpus: [a, {}]", "{}: 1"])
def test_numbers_of_base_8_and_60_are_refused_by_name(file: Path, place: str, number: str) -> None:
    message = refused(file, "lr: 1\n" + place.format(number))
    base = 60 if ":" in number else 8
    assert f"line 2: '{number}' would be a number of base {base}; write it as a plain" in message


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "no.yaml", tmp_path):
        with pytest.raises(ConfigError, match="cannot read"):
            read_yaml(path)


def test_paths_in_a_pipe_are_relative_to_the_current_folder(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert find_config(str(pipe)) == pipe
    assert relative_to(pipe, {"corpus": "c.txt"}) == {"corpus": "c.txt"}
    assert relative_to(Path("/dev/stdin"), {"corpus": ["c.txt"]}) == {"corpus": ["c.txt"]}


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "sub" / "my.yaml"
    file.parent.mkdir()
    got = read(file, "corpus: [../a.txt, '-', /b]\nval: c\nout: runs/d")
    sub = file.parent
    assert got.corpus == (str(sub / "../a.txt"), "-", "/b")
    assert (got.val, got.out) == (str(sub / "c"), str(sub / "runs/d"))
    assert read(file, "corpus: a.txt").corpus == (str(sub / "a.txt"),)


def test_a_config_is_found_by_path_or_bundled_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("charlstm.config_file.PACKAGE", tmp_path / "package")
    bundled = tmp_path / "configs"
    bundled.mkdir()
    (bundled / "agreement.yaml").touch()
    (bundled / "other.yaml").touch()
    monkeypatch.chdir(tmp_path)
    assert find_config("agreement") == find_config("agreement.yaml") == bundled / "agreement.yaml"
    packaged = tmp_path / "package" / "bundled" / "configs"
    packaged.mkdir(parents=True)
    (packaged / "agreement.yaml").touch()
    assert find_config("agreement") == packaged / "agreement.yaml"
    (tmp_path / "agreement").touch()  # the user's own file comes first
    assert find_config("agreement") == Path("agreement")
    assert find_config("sub/none.yaml") == Path("sub/none.yaml")
    with pytest.raises(ConfigError, match=r"no config 'none'; .* bundled ones: agreement\."):
        find_config("none")
    with pytest.raises(ConfigError, match=r"'nnn.* \(5,000 characters\) .*n'; give a path,"):
        find_config("n" * 5000)


def test_bundled_configs_are_found_in_a_zip_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("charlstm/__init__.py", "")
    package = zipfile.Path(tmp_path / "app.zip", "charlstm/")
    monkeypatch.setattr("charlstm.config_file.PACKAGE", package)
    with pytest.raises(ConfigError, match=r"no config 'agreement'; give a path\.$"):
        find_config("agreement")
    with zipfile.ZipFile(tmp_path / "app.zip", "a") as archive:
        archive.writestr("charlstm/bundled/configs/agreement.yaml", "corpus: ../data/a.txt")
        archive.writestr("charlstm/bundled/data/a.txt", "text")
    package = zipfile.Path(tmp_path / "app.zip", "charlstm/")
    monkeypatch.setattr("charlstm.config_file.PACKAGE", package)
    for _ in range(2):
        corpus = read_yaml(find_config("agreement"))["corpus"]
        assert Path(corpus).read_text() == "text"
    with pytest.raises(ConfigError, match=r"give a path, or one of the bundled ones: agreement\.$"):
        find_config("none")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "app.zip"))
    with pytest.raises(ConfigError, match=r"cannot unpack the bundled files to .*Not a dir"):
        find_config("agreement")


# What hypothesis makes: settings that are right, and anything at all.

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)


def values(name: str) -> st.SearchStrategy[Any]:
    field = {**SETTINGS, **cell_options()}[name]
    allowed, kind = field.metadata, str(field.type)
    if allowed["choices"]:
        return st.sampled_from(allowed["choices"])
    if "tuple" in kind or "tuple" in repr(field.type):
        return st.lists(WORDS, max_size=3).map(tuple)
    if "float" in repr(field.type):
        low = allowed["low"] if allowed["above"] is None else math.nextafter(allowed["above"], 1)
        high = 1e9 if allowed["high"] is None else allowed["high"]
        strategy: st.SearchStrategy[Any] = st.floats(low, high)
    elif "int" in repr(field.type):
        strategy = st.integers(allowed["low"], allowed["high"])
    elif field.type is bool:
        strategy = st.booleans()
    else:
        strategy = WORDS
    return strategy | st.none() if "None" in repr(field.type) else strategy


BUDGETS = ("epochs", "max_steps", "max_minutes")
RIGHT = st.fixed_dictionaries(
    {}, optional={name: values(name) for name in SETTINGS if name not in BUDGETS}
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


ODD = "\x85\u2028\u2029\ufeff\t\x1b\x7f\ud800\udcff\uffff\U000e0001\xa0\xad\n\r#:'\"\\ "
LIKE_OTHERS = (
    *("010", "08", "1:30", "1e-3", "1e3", "yes", "no", "null", "~", "true", "2024-01-01", ".inf"),
    *(".5", "=", "<<", "-", "|", "{a}", "[a]", "*a", "&a", "!a"),
)


@pytest.mark.parametrize(
    "text", [f"a{c}b{c}" for c in ODD] + [c + "b" for c in ODD] + [*LIKE_OTHERS]
)
def test_any_text_is_written_and_read_back(file: Path, text: str) -> None:
    config = Config(corpus=(f"/{text}", f"/{text * 50}"), encoding=text, max_steps=1)
    file.write_bytes(to_yaml(config))
    assert from_mapping(read_yaml(file), cell_options()) == config


@given(RIGHT, st.sampled_from(BUDGETS).flatmap(lambda name: st.tuples(st.just(name), values(name))))
def test_what_is_written_is_read_back(
    file: Path, mapping: dict[str, Any], budget: tuple[str, Any]
) -> None:
    config = from_mapping(mapping | dict([budget]), cell_options())
    file.write_bytes(to_yaml(config))
    again = read_yaml(file)
    for name in ("corpus", "val", "out"):  # these became relative to the file
        again[name] = getattr(config, name)
    assert from_mapping(again, cell_options()) == config


@given(st.dictionaries(st.sampled_from([*SETTINGS, *cell_options()]) | st.text(), JUNK))
@hypothesis_settings(max_examples=count(300, 3000))
@example({"seed": 2**70000})
@example({"hidden_size": float("nan")})
def test_any_mapping_is_a_config_or_one_clear_line(mapping: dict[str, Any]) -> None:
    try:
        config = from_mapping(mapping, cell_options())
        Architecture(config.cell, dict(config.cell_options)).make_cell()
    except ConfigError as error:
        one_line(error)


KEYS = st.sampled_from([*SETTINGS, *cell_options(), "hiden_size"])
PIECES = KEYS.map("{}: ".format) | st.text("{}[]:,&*!|>-?'\"#%@`~\n\t ab1.e", max_size=6) | WORDS
FILES = st.binary(max_size=60) | st.lists(PIECES, max_size=12).map("".join).map(str.encode)


@given(FILES)
@hypothesis_settings(max_examples=count(300, 3000))
@example(b"0: !!python/name:os.system")
@example(b"%YAML 9.9\n---\nlr: 1")
@example(b"lr: 1:30:00.5")
@example(b"lr: 0b2")
@example(b"lr: 99999-99-99")
@example(b"a: !<")
@example(b'a: "\\xzz"')
def test_any_file_is_a_config_or_one_clear_line(file: Path, content: bytes) -> None:
    try:
        read(file, content)
    except ConfigError as error:
        one_line(error)


@given(st.dictionaries(KEYS, JUNK, max_size=4))
@hypothesis_settings(max_examples=count(150, 1500))
def test_any_yaml_is_a_config_or_one_clear_line(file: Path, mapping: dict[str, Any]) -> None:
    try:
        read(file, yaml.safe_dump(mapping).encode())
    except ConfigError as error:
        one_line(error)


def test_every_setting_has_a_help_and_every_number_a_range() -> None:
    for name, field in {**SETTINGS, **cell_options()}.items():
        assert re.match(r"[A-Z].*\.", field.metadata["help"]), name
        if "int" in repr(field.type) or "float" in repr(field.type):
            assert describe_range(field), name


def test_cell_settings_do_not_hide_settings_of_a_run() -> None:
    assert not set(cell_options()) & set(SETTINGS)
    assert set(CELLS) >= {Config().cell}


def test_long_values_are_cut_short() -> None:
    assert brief("x" * 1000) == "'" + "x" * 39 + " … (1,002 characters) … " + "x" * 19 + "'"
    assert brief(10**5000) == "a huge number"
    assert brief("short") == "'short'"
