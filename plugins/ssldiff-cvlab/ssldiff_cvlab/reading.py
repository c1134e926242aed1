"""Reading a checkpoint without running anything of what it says."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError  # only its name: nothing here unpickles
from typing import Any

import torch

from ssldiff_gui.core.errors import BrokenFile, MissingFile, OutOfMemory, UnsafeFile

State = dict[str, torch.Tensor]

REFUSALS = ("weights_only", "Weights only", "Unsupported", "TorchScript", "legacy .tar")
"""Words of torch's messages that say a file holds more than tensors and plain values."""


class Bystander:
    """Stands for a class that training scripts leave in a checkpoint; it does nothing."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


BYSTANDERS = (
    "argparse.Namespace",
    *(
        f"{package}.callbacks.{name}"
        for package in ("pytorch_lightning", "lightning.pytorch")
        for name in ("model_checkpoint.ModelCheckpoint", "early_stopping.EarlyStopping")
    ),
)
"""What DINO keeps its options as, and old versions of Lightning the state of their callbacks."""

WRAPPERS = ("state_dict", "teacher", "model", "student")
"""Names under which trainings keep the weights of a network; the first that is there counts."""

DEEPEST = 4


def read_state(path: Path) -> State:
    """Return the tensors of a checkpoint, by name.

    Parameters
    ----------
    path
        A file of `torch.save`, plain or in Lightning's form (`state_dict`), or safetensors.

    Raises
    ------
    UnsafeFile
        It holds more than tensors and plain values; nothing of it was run.
    BrokenFile
        It is cut or damaged, claims more than it holds, or is no checkpoint at all.
    OutOfMemory
        There is no room for it.
    """
    found = _content(path)
    return _state(path, found.get("state_dict", found) if isinstance(found, Mapping) else found)


def read_weights(path: Path) -> State:
    """Return the tensors of the one network that a checkpoint is published for, by name.

    Parameters
    ----------
    path
        As for `read_state`; the tensors may lie deeper, under the names in `WRAPPERS`.

    Raises
    ------
    UnsafeFile, BrokenFile, OutOfMemory
        As `read_state` does.
    """
    found = _content(path)
    for _ in range(DEEPEST):
        if not isinstance(found, Mapping):
            break
        inside = [found[name] for name in WRAPPERS if isinstance(found.get(name), Mapping)]
        if not inside:
            break
        found = inside[0]
    return _state(path, found)


def own(tensor: torch.Tensor) -> torch.Tensor:
    """Return a float32 copy that shares its memory with nothing."""
    return tensor.detach().to(torch.float32, copy=True).contiguous()


def _content(path: Path) -> object:
    """Return all that a file holds."""
    head = _head(path)
    try:
        return _safetensors(path) if head[8:9] == b"{" else _torch(path, head)
    except MemoryError as error:
        raise OutOfMemory(
            f"{path.name} does not fit into this machine's memory.", "Close other programs."
        ) from error


def _state(path: Path, found: object) -> State:
    if not isinstance(found, Mapping) or not found:
        raise _broken(path, "it holds no tensors by name")
    for name, tensor in found.items():
        _check(path, name, tensor)
    return dict(found)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(9)
    except OSError as error:
        raise MissingFile(path, f"{path.name} cannot be read.", "Check the path.") from error


def _safetensors(path: Path) -> object:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path, device="cpu")
    except (SafetensorError, OSError, ValueError) as error:
        raise _broken(path, str(error)) from error


def _torch(path: Path, head: bytes) -> object:
    zipped = head.startswith(b"PK\x03\x04")
    if zipped:
        _check_archive(path)
    known: list[Any] = [(Bystander, name) for name in BYSTANDERS]
    # By this ending torch takes a file for what it is not; and only a path can be mapped.
    mapped = zipped and path.suffix != ".safetensors"
    try:
        with (
            warnings.catch_warnings(action="ignore"),  # it refuses right after it warns
            torch.serialization.safe_globals(known),
            path.open("rb") as file,
        ):
            place = path if mapped else file
            return torch.load(place, map_location="cpu", weights_only=True, mmap=mapped)
    except MemoryError:
        raise
    except (UnpicklingError, RuntimeError) as error:
        if any(word in str(error) for word in REFUSALS):
            raise _unsafe(path, str(error)) from error
        raise _broken(path, str(error)) from error
    except Exception as error:  # damaged pickles fail in every way there is
        raise _broken(path, f"{type(error).__name__}: {error}") from error


def _check_archive(path: Path) -> None:
    """Refuse an archive that claims more than it holds: torch never compresses."""
    try:
        with zipfile.ZipFile(path) as archive:
            claimed = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _broken(path, str(error)) from error
    if claimed > path.stat().st_size:
        raise _broken(path, f"it claims {claimed:,} bytes and has {path.stat().st_size:,}")


def _check(path: Path, name: object, tensor: object) -> None:
    if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
        raise _broken(path, f"{str(name)[:100]!r} is no tensor")
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
        raise _broken(path, f"{name} is no plain tensor")
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise _broken(path, f"{name} claims more values than it has")


def _unsafe(path: Path, reason: str) -> UnsafeFile:
    wanted = next((line.strip() for line in reason.splitlines() if "GLOBAL" in line), "")
    detail = f" ({wanted[:200]})" if wanted else ""
    return UnsafeFile(
        path,
        f"{path.name} holds more than tensors and plain values: it could run code when it is "
        f"read, and was not{detail}.",
        "Ask its authors for safetensors, or for a checkpoint of the weights alone.",
    )


def _broken(path: Path, reason: str) -> BrokenFile:
    first = reason.strip().partition("\n")[0][:300]
    return BrokenFile(path, f"{path.name} is no whole checkpoint: {first}.", "Get the file again.")
