"""Models around a run: those it needs, the one it makes, and where that is installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ssldiff_gui.core.errors import MissingModel, UserError
from ssldiff_gui.core.specs import ModelFile
from ssldiff_gui.models.folders import (
    CARD,
    MODEL_FILE,
    find_model,
    installed_folder,
    read_model,
    write_model,
)
from ssldiff_gui.models.weights import sha256_of
from ssldiff_gui.training.settings import Kind, Settings

MODEL = "model"
"""Folder of the finished model in a run's folder."""

_NAMED = ("encoder", "autoencoder", "start")
"""Keys of the table `model` that name another model."""

Find = Callable[[str], Path]


def task_of(kind: Kind) -> Callable[..., Any]:
    """Return what takes the steps of a kind of run."""
    if kind == "encoder":
        from ssldiff_gui.training.encoder import EncoderTask

        return EncoderTask
    if kind == "autoencoder":
        from ssldiff_gui.training.autoencoder import AutoencoderTask

        return AutoencoderTask
    if kind == "diffusion":
        from ssldiff_gui.training.diffusion import DiffusionTask

        return DiffusionTask
    if kind == "prior":
        from ssldiff_gui.training.prior import PriorTask

        return PriorTask
    from ssldiff_gui.training.classifier import task_of as classifier_task

    return classifier_task


def finder(out: Path, settings: Settings) -> Find:
    """Return what finds the models that a run needs.

    A name is that of the model which a run beside this one has made, or else of an installed
    one. A path, such as "../encoder/model", is seen from the run's folder, or else from the
    working directory.

    Parameters
    ----------
    out
        Folder of the run.
    settings
        Of the run; errors name the key that was wrong.
    """

    def find(name: str) -> Path:
        key = next((k for k in _NAMED if getattr(settings.model, k, None) == name), "encoder")
        if name.startswith((".", "~")) or "/" in name or os.sep in name:
            return _at(out, Path(name).expanduser(), key)
        if (beside := _beside(out, name)) is not None:
            return beside
        try:
            return find_model(name)
        except MissingModel as error:
            raise MissingModel(
                error.message, f"{_first(key, out.parent / key)} {error.hint}"
            ) from error

    return find


def _at(out: Path, given: Path, key: str) -> Path:
    """Return the model folder at a path."""
    before, here = (Path(os.path.normpath(base / given)) for base in (out, Path.cwd()))
    for folder in (before, here):
        if (folder / MODEL_FILE).is_file():
            return folder.resolve()
    first = _first(key, before.parent) if before.name == MODEL else ""
    raise MissingModel(
        f"There is no model at {before}.", f"{first} Or name one: --set model.{key}=NAME.".strip()
    )


def _beside(out: Path, name: str) -> Path | None:
    """Return the model of that name which a run beside this one has made."""
    for folder in sorted(out.absolute().parent.glob(f"*/{MODEL}")):
        try:
            model = read_model(folder, verify=False)
        except UserError:
            continue
        if name_of(model) == name:
            return folder.resolve()
    return None


def name_of(model: ModelFile) -> str | None:
    """Return what a model is called in its own folder."""
    parts = (model.encoder, model.generator, model.autoencoder, model.prior, model.classifier)
    return next((part.name for part in parts if part is not None), None)


def _first(key: str, folder: Path) -> str:
    if key == "start":
        return ""
    return f"Train it first: `ssldiff train {key}` with --out {folder}."


def needed_models(settings: Settings, find: Find) -> dict[str, dict[str, str]]:
    """Return which models a run was given, by the keys that name them."""
    found = {}
    for key in _NAMED:
        name = getattr(settings.model, key, None)
        if name is not None:
            folder = find(name)
            model = read_model(folder, verify=False)
            found[key] = {
                "name": name_of(model) or folder.name,
                "sha256": sha256_of(folder / MODEL_FILE),
            }
    return found


def install(folder: Path, name: str) -> Path:
    """Copy a model folder among the installed ones; a model of that name is replaced."""
    model = read_model(folder)
    card = (folder / CARD).read_text("utf-8")
    made = installed_folder() / name
    write_model(made, model, card, {part: folder / part for part in model.files if part != CARD})
    return made
