"""Writing a model folder: made aside, hashed, and put in its place whole."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.core.errors import BadRequest, FileProblem
from ssldiff_gui.core.specs import ModelFile
from ssldiff_gui.models.weights import sha256_of

if TYPE_CHECKING:
    import torch

MODEL_FILE = "model.json"
CARD = "README.md"
ENCODER_WEIGHTS = "model.safetensors"
_DAY = 86_400.0

Content = Mapping[str, "torch.Tensor"] | Path
"""Tensors by name, or a file to copy."""


def write_model(
    folder: str | Path,
    model: ModelFile,
    card: str,
    contents: Mapping[str, Content] | None = None,
) -> ModelFile:
    """Write a model folder; it is there whole, or not at all.

    Parameters
    ----------
    folder
        Where; a model folder of that name is replaced, another folder is not.
    model
        What it holds; `files` is filled in here.
    card
        Text of `README.md`: what it is, what it was trained on, what it is not for.
    contents
        What the other files hold, by name. None takes those that lie in `folder` already and
        adds the card and `model.json` to them.

    Returns
    -------
    ModelFile
        With the hash of every file.

    Raises
    ------
    FileProblem
        The folder cannot be written.
    """
    folder = Path(folder)
    try:
        if contents is None:
            return _finish(folder, model, card)
        _refuse_foreign(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        fresh = aside / folder.name
        try:
            fresh.mkdir()  # unlike the one around it, with the rights that new folders have
            for name, content in contents.items():
                _write(fresh / name, content)
            written = _finish(fresh, model, card)
            _take_place(fresh, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        raise FileProblem(
            folder,
            f"The model {folder.name} cannot be written: {reason}.",
            "Free some space, or choose a folder that you may write to.",
        ) from error
    return written


def _finish(folder: Path, model: ModelFile, card: str) -> ModelFile:
    """Add the card, hash what is there, and write `model.json` last."""
    _write_text(folder / CARD, card)
    files = {
        path.name: sha256_of(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != MODEL_FILE and not path.name.startswith(".")
    }
    written = model.model_copy(update={"files": files})
    _write_text(folder / MODEL_FILE, written.model_dump_json(indent=2) + "\n")
    _sync(folder)
    return written


def _write(path: Path, content: Content) -> None:
    if isinstance(content, Path):
        shutil.copyfile(content, path)
    else:
        save_tensors(path, content)
    _sync(path)


def save_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write tensors as safetensors; those that share memory are written one by one.

    Parameters
    ----------
    path
        The file.
    tensors
        By name, on any device.
    """
    from safetensors.torch import save_file

    seen: set[int] = set()
    alone: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        plain = tensor.detach().cpu().contiguous()
        whole = plain.untyped_storage().nbytes() == plain.numel() * plain.element_size()
        first = plain.data_ptr() not in seen
        alone[name] = plain if whole and first else plain.clone()
        seen.add(plain.data_ptr())
    path.touch()
    mode = path.stat().st_mode
    save_file(alone, path, metadata={"format": "pt"})
    path.chmod(mode)  # safetensors lets nobody else read what it writes


def _write_text(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, "utf-8", newline="\n")
    _sync(fresh)
    fresh.replace(path)


def _refuse_foreign(folder: Path) -> None:
    """Replace model folders and empty ones only: anything else is somebody's."""
    if folder.is_dir() and (folder / MODEL_FILE).is_file():
        return
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise BadRequest(
            f"{folder} is there already, and is no model folder.", "Choose another folder."
        )


def _take_place(fresh: Path, folder: Path) -> None:
    """Put a finished folder where another may be; a crash between leaves the old one beside."""
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
        folder.replace(old / folder.name)
        try:
            fresh.replace(folder)
        except OSError:
            (old / folder.name).replace(folder)
            raise
        finally:
            shutil.rmtree(old, ignore_errors=True)
    else:
        fresh.replace(folder)
    with suppress(OSError):
        _sync(folder.parent)


def _sweep(folder: Path) -> None:
    """Remove what killed programs left beside a folder; one that was moved away is put back."""
    ours = re.compile(rf"\.{re.escape(folder.name)}\.(old\.)?[a-z0-9_]{{8}}")
    for left in sorted(folder.parent.iterdir()):
        if not ours.fullmatch(left.name) or left.is_symlink() or not left.is_dir():
            continue
        parts = [left, *left.rglob("*")]
        if max(part.lstat().st_mtime for part in parts) > time.time() - _DAY:
            continue
        if ".old." in left.name and not folder.exists() and (left / folder.name).is_dir():
            (left / folder.name).replace(folder)
        shutil.rmtree(left, ignore_errors=True)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
