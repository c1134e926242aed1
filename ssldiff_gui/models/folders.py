"""Model folders: finding them, reading them, and refusing those that were changed.

A folder holds `model.json`, safetensors and a card. Every file that is ever read is named in
`model.json` with its SHA-256. Files that it does not name are left alone: never read, never
loaded, so that a stray download does no harm.
"""

from __future__ import annotations

import os
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from ssldiff_gui.core.errors import DamagedModel, MissingModel, UserError
from ssldiff_gui.core.folders import data_folder
from ssldiff_gui.core.specs import ModelFile, ModelKind
from ssldiff_gui.models.catalogue import catalogue
from ssldiff_gui.models.folder_writing import CARD, ENCODER_WEIGHTS, MODEL_FILE, write_model
from ssldiff_gui.models.weights import sha256_of
from ssldiff_gui.resources import resource_path

__all__ = [
    "CARD",
    "ENCODER_WEIGHTS",
    "MODEL_FILE",
    "Installed",
    "find_model",
    "installed_folder",
    "installed_models",
    "installed_name",
    "own_first",
    "parts_of",
    "read_model",
    "verify_model",
    "write_model",
]

LARGEST_MODEL_FILE = 16 << 20
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._\- ]*")

_seen: dict[tuple[str, int, int], str] = {}
_seen_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Installed:
    """A model folder among those that are searched.

    Parameters
    ----------
    name
        Of the folder; what `find_model` takes.
    folder
        Where it is.
    model
        What it holds; None when that cannot be read.
    problem
        Why it cannot be read.
    """

    name: str
    folder: Path
    model: ModelFile | None
    problem: UserError | None = None

    @property
    def carried(self) -> bool:
        """Whether it came with the package, and not from the person."""
        return self.folder.parent != installed_folder()


def installed_folder() -> Path:
    """Return the folder that models are installed into."""
    return data_folder() / "models"


def installed_name(name: str) -> str:
    """Return what a model is installed as: "timm:NAME" as NAME, "hf-hub:A/B" as A--B."""
    found = re.fullmatch(r"(timm|hf-hub|hf_hub):(?:(.+)/)?([^/]+)", name)
    if found is None:
        return name
    return found[3] if found[2] is None else f"{found[2].replace('/', '--')}--{found[3]}"


def installed_models() -> list[Installed]:
    """Return the models of the person and those of the package, by name; hashes unchecked."""
    found: dict[str, Installed] = {}
    for root in _roots():
        try:
            folders = sorted(path for path in root.iterdir() if (path / MODEL_FILE).is_file())
        except OSError:
            continue
        for folder in folders:
            if folder.name not in found and not folder.name.startswith("."):
                found[folder.name] = _installed(folder)
    return [found[name] for name in sorted(found)]


def own_first(entries: list[Installed]) -> list[Installed]:
    """Return those the person installed; those of the package only when there are no others."""
    return [entry for entry in entries if not entry.carried] or entries


def find_model(name_or_path: str | Path, kind: ModelKind | None = None) -> Path:
    """Return the folder of a model.

    Parameters
    ----------
    name_or_path
        A folder; the name of an installed model; or the id of an installed encoder, as grids
        carry it.
    kind
        What is wanted; None takes any.

    Raises
    ------
    MissingModel
        There is none of that name and kind; the hint says what there is.
    """
    text = os.fspath(name_or_path)
    there = installed_models()
    name = installed_name(text)
    if name != text or not _is_path(name_or_path):
        for entry in there:
            if name == entry.name or text == _encoder_id(entry):
                _expect(kind, entry.model.kind if entry.model else kind, entry.name)
                return entry.folder
    folder = Path(text).expanduser()
    if folder.name == MODEL_FILE and folder.is_file():
        folder = folder.parent
    if (folder / MODEL_FILE).is_file():
        _expect(kind, read_model(folder, verify=False).kind, folder.name)
        return folder.resolve()
    raise MissingModel(*_missing(text, kind, there))


def read_model(folder: str | Path, *, verify: bool = True) -> ModelFile:
    """Read what a model folder holds.

    Parameters
    ----------
    folder
        With `model.json` in it.
    verify
        Whether every file is hashed. Within one process a file is hashed once, until its size or
        its time changes.

    Raises
    ------
    MissingModel
        There is no `model.json`.
    DamagedModel
        It cannot be understood, or a file is not what its hash says.
    """
    folder = Path(folder)
    model = _parse(folder / MODEL_FILE)
    _check_names(folder, model)
    if verify:
        verify_model(folder, model, fresh=False)
    return model


def verify_model(folder: Path, model: ModelFile, *, fresh: bool = True) -> int:
    """Hash every file of a model folder; return how many bytes that were.

    Parameters
    ----------
    folder
        The folder.
    model
        What its `model.json` says.
    fresh
        Whether files that were hashed before are hashed again.

    Raises
    ------
    DamagedModel
        A file is missing or not what its hash says; the message names it.
    """
    total = 0
    for name, expected in sorted(model.files.items()):
        path = folder / name
        try:
            total += path.stat().st_size
            found = _hash(path, fresh=fresh)
        except OSError as error:
            raise DamagedModel(
                f"{name} of the model {folder.name} cannot be read.", "Get the model again."
            ) from error
        if found != expected:
            raise DamagedModel(
                f"{name} of the model {folder.name} is not the file that was installed: "
                "its content was changed or damaged.",
                "Get the model again, or use the copy it was made from.",
            )
    return total


def parts_of(model: ModelFile) -> list[str]:
    """Return the names of the files with weights that a model is loaded from."""
    if model.kind == "encoder":
        return [ENCODER_WEIGHTS]
    return [part.file for part in model.parts() if part.file is not None]


def _roots() -> list[Path]:
    """Return the folders that are searched, the person's own first."""
    roots = [installed_folder()]
    with suppress(FileNotFoundError):  # an installation without starter models
        roots.append(resource_path("models"))
    return roots


def _installed(folder: Path) -> Installed:
    try:
        return Installed(folder.name, folder, read_model(folder, verify=False))
    except UserError as error:
        return Installed(folder.name, folder, None, error)


def _encoder_id(entry: Installed) -> str | None:
    return entry.model.encoder.id if entry.model and entry.model.encoder else None


def _is_path(given: str | Path) -> bool:
    text = os.fspath(given)
    return isinstance(given, Path) or text.startswith((".", "~")) or "/" in text or os.sep in text


def _expect(wanted: ModelKind | None, found: ModelKind | None, name: str) -> None:
    if wanted is not None and found != wanted:
        raise MissingModel(
            f"{name} is {_with_article(found)}, and {_with_article(wanted)} is wanted here.",
            "`ssldiff models` lists what is installed.",
        )


def _with_article(kind: ModelKind | None) -> str:
    return f"an {kind}" if kind in ("encoder", "autoencoder") else f"a {kind}"


def _missing(text: str, kind: ModelKind | None, there: list[Installed]) -> tuple[str, str]:
    """Return the message and the hint for a model that is not there."""
    names = [e.name for e in there if e.model and kind in (None, e.model.kind)]
    what = kind or "model"
    have = f"Installed are: {', '.join(names)}." if names else f"No {what} is installed."
    known = installed_name(text) != text or text in catalogue()
    get = (
        f"Get it with `ssldiff models get {text}`."
        if known
        else ("`ssldiff models` lists those that can be had; a folder works too.")
    )
    return f"There is no {what} {text!r}" + (" installed." if known else "."), f"{have} {get}"


def _parse(path: Path) -> ModelFile:
    folder = path.parent
    try:
        if path.stat().st_size > LARGEST_MODEL_FILE:
            raise _unclear(folder, "it is far too large")
        content = path.read_bytes()
    except OSError as error:
        raise MissingModel(
            f"{folder.name or folder} is no model folder: it has no readable {MODEL_FILE}.",
            "Choose a folder that `ssldiff convert` or `ssldiff models get` has made.",
        ) from error
    try:
        return ModelFile.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise _unclear(folder, f"{where}: {first['msg']}") from error


def _check_names(folder: Path, model: ModelFile) -> None:
    """Refuse names that lead out of the folder, and weights without a hash."""
    if not model.consistent:
        raise _unclear(folder, f"it says {model.kind}, and describes something else")
    for name in [*model.files, *parts_of(model)]:
        if not _PLAIN_NAME.fullmatch(name) or name.endswith((" ", ".")) or name == MODEL_FILE:
            raise _unclear(folder, f"{name!r} is no plain name of a file in the folder")
    for name in parts_of(model):
        if name not in model.files:
            raise _unclear(folder, f"it gives no hash for {name}")


def _unclear(folder: Path, reason: str) -> DamagedModel:
    return DamagedModel(
        f"{MODEL_FILE} of the model {folder.name} cannot be used: {reason}.",
        "Get the model again, or update the studio when a newer version has written it.",
    )


def _hash(path: Path, *, fresh: bool) -> str:
    facts = path.stat()
    key = (str(path.resolve()), facts.st_size, facts.st_mtime_ns)
    with _seen_lock:
        known = _seen.get(key)
    if known is None or fresh:
        known = sha256_of(path)
        with _seen_lock:
            _seen[key] = known
    return known
