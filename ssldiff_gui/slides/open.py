"""`open_slide`: one door for every format, and one kind of error."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ssldiff_gui.core.errors import EncryptedFile, FileProblem, MissingFile, RemoteFile
from ssldiff_gui.slides.formats import ZARR_METADATA, Family, family_of
from ssldiff_gui.slides.identity import Identity
from ssldiff_gui.slides.problems import broken, naming, unsupported
from ssldiff_gui.slides.quiet import hush
from ssldiff_gui.slides.slide import Slide

Reader = Callable[[Path, Identity], Slide]

_ADDRESS = re.compile(r"^[A-Za-z][A-Za-z0-9+._\-]+:|^/+vsi|::")

_READERS = {
    Family.TIFF: ("tiff", "open_tiff"),
    Family.PICTURE: ("picture", "open_picture"),
    Family.ZARR: ("ome_zarr", "open_zarr"),
    Family.OPENSLIDE: ("vendor", "open_vendor"),
}


def open_slide(path: str | os.PathLike[str], *, remote: bool = False) -> Slide:
    """Open a slide or a scene of any supported format.

    Parameters
    ----------
    path
        A local file, or an OME-Zarr folder.
    remote
        Whether an address (http:, s3:, …) is meant as one. Only GeoTIFFs can be read where they
        are; of other formats take a copy first.

    Returns
    -------
    Slide
        Its pixels are read when they are asked for.

    Raises
    ------
    FileProblem
        One of its kinds: the message names the file, the hint says what to do.
    """
    hush()
    text = os.fspath(path)
    if isinstance(text, str) and is_address(text):
        return _open_address(text, remote=remote)
    local = _local(path)
    with naming(local):
        identity = Identity.of(local)
        if not (local.is_file() or local.is_dir()):
            raise unsupported(local, "it is not an ordinary file", "Open a file instead.")
        if local.is_file() and not local.stat().st_size:
            raise broken(local, "it is empty")
        family = family_of(local)
        if family in _READERS:
            module, name = _READERS[family]
            reader: Reader = getattr(import_module(f"ssldiff_gui.slides.{module}"), name)
            return reader(local, identity)
        raise _refusal(local, family)


def is_address(text: str) -> bool:
    """Whether `text` names something on a network, or something that a library would open as such.

    Parameters
    ----------
    text
        What was given as a path.
    """
    if "://" in text:
        return True
    return bool(_ADDRESS.search(text)) and not os.path.lexists(text)


def _open_address(text: str, *, remote: bool) -> Slide:
    if not remote:
        raise RemoteFile(
            text,
            f"{text} is an address, not a file on this computer.",
            "Download it first, then open the copy.",
        )
    if not re.match(r"^https?://", text):
        raise RemoteFile(text, f"{text} cannot be read from here.", "Download it first.")
    from ssldiff_gui.slides.raster import open_remote_raster

    return open_remote_raster(text)


def _local(path: str | os.PathLike[str]) -> Path:
    try:
        given = Path(path).expanduser()
        local = given.resolve(strict=True)
    except FileNotFoundError as error:
        raise MissingFile(
            path,  # type: ignore[arg-type]
            f"{Path(path).name or path} does not exist.",
            "Check the name, or reconnect the drive it lies on.",
        ) from error
    except (OSError, ValueError, RuntimeError, TypeError) as error:
        raise MissingFile(
            str(path), f"{path!s} is not a file that can be reached.", "Check the name."
        ) from error
    return local.parent if local.name in ZARR_METADATA else local


def _refusal(path: Path, family: Family) -> FileProblem:
    """Return the error for a file that no reader takes."""
    if family is Family.ENCRYPTED:
        return EncryptedFile(
            path, f"{path.name} is encrypted.", "Decrypt it first, then open the result."
        )
    if family is Family.VRT:
        return RemoteFile(
            path,
            f"{path.name} only points to other files.",
            "Open those files, or make one GeoTIFF of them with gdal_translate.",
        )
    if family is Family.CZI:
        return unsupported(path, "Zeiss CZI is not supported yet")
    if path.is_dir():
        return unsupported(
            path,
            "it is a folder without an OME-Zarr image",
            "Open a file in it, or drop the folder on the slide browser.",
        )
    return unsupported(path, "its content is of no known format")
