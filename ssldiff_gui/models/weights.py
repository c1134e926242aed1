"""Weights from safetensors, and from nothing else: what else is in a file is told by its bytes."""

from __future__ import annotations

import hashlib
import pickletools
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.core.errors import DamagedModel, MissingFile, UnsafeFile

if TYPE_CHECKING:
    import torch

    from ssldiff_gui.core.specs import PartSpec

LARGEST_HEADER = 100_000_000
"""Bytes; safetensors' own limit."""

_HEAD = 1024
_CONTAINERS = {
    b"PK\x03\x04": "a zip archive, as torch.save writes it",
    b"PK\x05\x06": "a zip archive",
    b"\x1f\x8b": "compressed",
    b"BZh": "compressed",
    b"\xfd7zXZ": "compressed",
    b"\x28\xb5\x2f\xfd": "compressed",
    b"7z\xbc\xaf": "an archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"#!": "a program",
}


def load_tensors(path: str | Path) -> dict[str, torch.Tensor]:
    """Read all tensors of a safetensors file.

    Parameters
    ----------
    path
        The file; its name does not matter.

    Returns
    -------
    dict
        Tensors by name, on the CPU.

    Raises
    ------
    UnsafeFile
        The file is a pickle or an archive; nothing of it was run.
    DamagedModel
        It is cut, or no safetensors at all.
    """
    path = Path(path)
    check_safetensors(path)
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path, device="cpu")
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise _damaged(path, str(error)) from error


def check_safetensors(path: Path) -> None:
    """Raise unless a file begins as safetensors do; only its first bytes are read.

    Parameters
    ----------
    path
        The file, under whatever name.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            size = file.seek(0, 2)
            file.seek(max(0, size - 1))
            last = file.read(1)
    except OSError as error:
        raise MissingFile(
            path, f"{path.name} cannot be read.", "Check that the model's folder is complete."
        ) from error
    length = int.from_bytes(head[:8], "little")
    if head[8:9] == b"{" and 2 <= length <= min(LARGEST_HEADER, size - 8):
        return
    if what := _unsafe(head, last):
        raise UnsafeFile(
            path,
            f"{path.name} is {what}: such a file could run code when it is read, and was not.",
            "Turn the checkpoint into safetensors with `ssldiff convert FILE -o FILE.safetensors`.",
        )
    raise _damaged(path, "its header is not whole")


def sha256_of(path: str | Path) -> str:
    """Return the SHA-256 of a file's content, 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_into(
    module: torch.nn.Module, tensors: Mapping[str, torch.Tensor], *, assign: bool = False
) -> None:
    """Fill a network with weights, each of which must have its place and its shape.

    Parameters
    ----------
    module
        The network; its own types stay.
    tensors
        Weights by name.
    assign
        Put the tensors themselves in place, on their own device: for a network that was made
        without memory, on torch's device "meta".

    Raises
    ------
    DamagedModel
        Something is missing, left over or of another shape; the network is as it was.
    """
    wanted = module.state_dict()
    wrong = {
        "missing": [name for name in wanted if name not in tensors],
        "left over": [name for name in tensors if name not in wanted],
        "of another shape": [
            f"{name} {tuple(tensors[name].shape)} for {tuple(value.shape)}"
            for name, value in wanted.items()
            if name in tensors and tensors[name].shape != value.shape
        ],
    }
    if any(wrong.values()):
        found = "; ".join(f"{len(names)} {how}: {_few(names)}" for how, names in wrong.items()
                          if names)  # fmt: skip
        raise DamagedModel(
            f"The weights do not fit {type(module).__name__} ({found}).",
            "Check that the weights belong to this architecture and its settings.",
        )
    if assign:  # copies, since the file they lie in may be replaced while they are in use
        kept = {name: tensors[name].to(value.dtype, copy=True) for name, value in wanted.items()}
        module.load_state_dict(kept, strict=True, assign=True)
    else:
        module.load_state_dict(dict(tensors), strict=True)


def fill_part(module: torch.nn.Module, folder: Path, part: PartSpec) -> None:
    """Fill a network with its file's weights; what does not fit is told with the model's name.

    Parameters
    ----------
    module
        The network.
    folder
        Of the model.
    part
        What `model.json` says of the network; without a file, it has no weights.
    """
    tensors = load_tensors(folder / part.file) if part.file else {}
    try:
        load_into(module, tensors)
    except DamagedModel as error:
        raise DamagedModel(
            f"The model {folder.name} cannot be loaded from {part.file or 'no file'}: "
            f"{error.message}",
            error.hint,
        ) from error


def _few(names: Iterable[str], most: int = 4) -> str:
    listed = list(names)
    return ", ".join(listed[:most]) + (", …" if len(listed) > most else "")


def _unsafe(head: bytes, last: bytes) -> str:
    """Say what a file is that could run code, or nothing when it is none that is known."""
    for magic, what in _CONTAINERS.items():
        if head.startswith(magic):
            return what
    if head[257:262] == b"ustar" or _is_old_tar(head):
        return "a tar archive, as old versions of torch wrote it"
    newer = head[:1] == b"\x80" and len(head) > 1 and head[1] <= 5
    return "a pickle" if newer or (last == b"." and _reads_as_pickle(head)) else ""


def _reads_as_pickle(head: bytes) -> bool:
    """Whether a file begins with instructions of a pickle without a mark; none of them is run."""
    count = 0
    with suppress(ValueError, IndexError, UnicodeError):  # it is cut somewhere, or is no pickle
        for _ in pickletools.genops(head):
            count += 1
    return count >= 4


def _is_old_tar(head: bytes) -> bool:
    """Whether the checksum of a tar header fits; tars of before 1988 have no other mark."""
    if len(head) < 512 or not head[0]:
        return False
    try:
        stored = int(head[148:156].strip(b" \0"), 8)
    except ValueError:
        return False
    return stored == sum(head[:148]) + 8 * ord(" ") + sum(head[156:512])


def _damaged(path: Path, reason: str) -> DamagedModel:
    return DamagedModel(
        f"{path.name} is no whole safetensors file: {reason}.", "Get the model again."
    )
