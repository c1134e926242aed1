"""Configurations by name: those the package carries, and those in somebody's files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ssldiff_gui.core.errors import MissingFile
from ssldiff_gui.resources import resource_path
from ssldiff_gui.training.settings import KINDS, Kind, read_table

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)?")


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration file, found.

    Parameters
    ----------
    path
        Of the file.
    name
        What it is called: "starter-histology/encoder", or the file's name.
    family
        The models that are trained together with it: the folder it lies in, when that has one
        for each kind.
    carried
        Whether the package brings it: it lies then far from any pictures.
    """

    path: Path
    name: str
    family: str | None
    carried: bool


@dataclass(frozen=True, slots=True)
class Recipe:
    """A configuration that the package carries.

    Parameters
    ----------
    name
        "starter-histology/encoder".
    kind
        What it trains.
    model
        Name of the model it makes.
    about
        Its first line, when that is a comment.
    """

    name: str
    kind: Kind
    model: str
    about: str


def recipes() -> list[Recipe]:
    """Return the configurations that the package carries, families by name, kinds in order."""
    found = []
    for folder in sorted(_carried().glob("*/")):
        for kind in KINDS:
            path = folder / f"{kind}.toml"
            if path.is_file():
                first = path.read_text("utf-8").split("\n", 1)[0]
                about = first.lstrip("# ").strip() if first.startswith("#") else ""
                name = str(read_table(path).get("name", ""))
                found.append(Recipe(f"{folder.name}/{kind}", kind, name, about))
    return found


def configuration(text: str, kind: Kind) -> Configuration:
    """Find a configuration.

    Parameters
    ----------
    text
        A file; a folder with a file `KIND.toml`; or the name of a recipe or of a family of
        recipes that the package carries.
    kind
        What is to be trained.

    Raises
    ------
    MissingFile
        There is none; the hint says what there is.
    """
    path = Path(text).expanduser()
    if path.is_file():
        family = path.resolve().parent.name if path.stem == kind else None
        return Configuration(path, path.name, family, carried=False)
    if path.is_dir() and (path / f"{kind}.toml").is_file():
        family = path.resolve().name
        return Configuration(path / f"{kind}.toml", f"{family}/{kind}", family, carried=False)
    if _NAME.fullmatch(text):
        for name in (text, f"{text}/{kind}"):
            own = _carried() / f"{name}.toml"
            if "/" in name and own.is_file():
                return Configuration(own, name, name.split("/", maxsplit=1)[0], carried=True)
    raise MissingFile(path, f"There is no configuration {text!r} for {_a(kind)}.", _there(kind))


def family(text: str) -> dict[Kind, Configuration]:
    """Return the configurations of a family, in the order in which they are trained.

    Parameters
    ----------
    text
        A folder with files `KIND.toml`, or the name of recipes that the package carries.
    """
    found: dict[Kind, Configuration] = {}
    if not Path(text).expanduser().is_file():
        for kind in KINDS:
            try:
                found[kind] = configuration(text, kind)
            except MissingFile:
                continue
    if not found:
        raise MissingFile(text, f"There is no family of configurations {text!r}.", _there(None))
    return found


def _carried() -> Path:
    try:
        return resource_path("recipes")
    except FileNotFoundError:
        return Path("recipes-that-are-not-there")


def _there(kind: Kind | None) -> str:
    names = [recipe.name for recipe in recipes() if kind in (None, recipe.kind)]
    if kind is None:
        names = sorted({name.partition("/")[0] for name in names})
    have = f"The package carries: {', '.join(names)}. " if names else ""
    wanted = "a TOML file" if kind else "a folder with encoder.toml and so on"
    return f"{have}Or name {wanted}."


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "ae" else f"a {kind}"
