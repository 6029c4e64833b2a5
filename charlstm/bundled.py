"""The configs and texts that travel with the program."""

from pathlib import Path

from charlstm.errors import ConfigError

PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """`configs` or `data`: the packaged copy, else (in a checkout) the one beside the package."""
    packaged = PACKAGE / "bundled" / name
    return packaged if packaged.is_dir() else PACKAGE.parent / name


def find_config(name: str) -> Path:
    """The config file that `name` means: a path, or without a slash a bundled config's name.

    Raises:
        ConfigError: if there is neither; it lists the bundled ones.
    """
    path = Path(name)
    if path.is_file() or "/" in name:
        return path
    bundled = folder("configs") / f"{path.stem if path.suffix == '.yaml' else name}.yaml"
    if bundled.is_file():
        return bundled
    known = ", ".join(sorted(config.stem for config in bundled.parent.glob("*.yaml")))
    raise ConfigError(f"no config {name!r}; give a path, or one of the bundled ones: {known}.")
