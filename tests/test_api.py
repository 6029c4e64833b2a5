"""What Python programs that use the package rely on."""

from pathlib import Path

import pytest

import charlstm as package
from charlstm.sampler import Filters


def test_one_stop_or_one_text_is_a_str_and_is_not_cut_into_characters(tiny_run: Path) -> None:
    model = package.load(tiny_run)
    written = "".join(model.sample("The ", length=60, seed=3))
    stop = written[30:33]
    before = written[: written.index(stop)]
    assert "".join(model.sample("The ", length=60, seed=3, stop=stop)) == before
    assert "".join(model.sample("The ", length=60, seed=3, stop=[stop])) == before
    filters, stopped = Filters(), stop.encode()
    assert b"".join(model.sample_bytes("The ", 60, filters, 3, stopped)) == before.encode()
    assert model.samples("The ", 60, filters, [3], stopped) == [before.encode()]
    assert model.log_likelihoods("The cat") == [model.log_likelihood("The cat")]


def test_the_old_names_of_the_parameters_still_work(tiny_run: Path) -> None:
    model = package.load(tiny_run)
    with pytest.warns(DeprecationWarning, match=r"Model\.network is now called Model\.parameters"):
        assert model.network is model.parameters
    with pytest.warns(DeprecationWarning, match="by_name"):
        assert model.parameters.params is model.parameters.by_name


def test_the_warning_names_the_line_that_uses_the_old_name(tiny_run: Path) -> None:
    model = package.load(tiny_run)
    with pytest.warns(DeprecationWarning, match="network") as caught:
        _ = model.network
    assert caught[0].filename == __file__


def test_a_model_has_the_name_of_its_run_also_when_a_checkpoint_is_named(tiny_run: Path) -> None:
    assert package.load(tiny_run).name == "tiny"
    assert package.load(package.load(tiny_run).path).name == "tiny"


def test_a_name_that_the_package_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'charlstm' has no attribute 'lode'"):
        getattr(package, "lode")  # noqa: B009 - type checkers see the mistake in package.lode
