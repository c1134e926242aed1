"""What a file is, told by its first bytes; its name only says whether it is worth a look."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

SUFFIXES: frozenset[str] = frozenset(
    {
        ".bif", ".dcm", ".geotiff", ".gtiff", ".jpeg", ".jpg", ".mrxs", ".ndpi", ".ome.tif",
        ".ome.tiff", ".ome.zarr", ".png", ".qptiff", ".scn", ".svs", ".svslide", ".tif", ".tiff",
        ".vms", ".vmu", ".zarr", ".zvi",
    }
)  # fmt: skip
"""Lower-case endings of the files that are worth showing in a folder."""

OPENSLIDE_SUFFIXES = frozenset({".mrxs", ".svslide", ".vms", ".vmu", ".zvi"})
ZARR_METADATA = (".zattrs", ".zgroup", "zarr.json")
HEAD = 4096


class Family(StrEnum):
    """Which reader a file goes to."""

    TIFF = "TIFF"
    PICTURE = "picture"
    ZARR = "OME-Zarr"
    OPENSLIDE = "openslide"
    ENCRYPTED = "encrypted"
    CZI = "Zeiss CZI"
    VRT = "GDAL virtual raster"
    UNKNOWN = "unknown"


_MAGIC: tuple[tuple[bytes, Family], ...] = (
    (b"II*\0", Family.TIFF),
    (b"MM\0*", Family.TIFF),
    (b"II+\0", Family.TIFF),
    (b"MM\0+", Family.TIFF),
    (b"\x89PNG\r\n\x1a\n", Family.PICTURE),
    (b"\xff\xd8\xff", Family.PICTURE),
    (b"ZISRAWFILE", Family.CZI),
    (b"Salted__", Family.ENCRYPTED),
    (b"age-encryption.org/", Family.ENCRYPTED),
    (b"-----BEGIN PGP MESSAGE", Family.ENCRYPTED),
    (b"LUKS\xba\xbe", Family.ENCRYPTED),
    (b"<VRTDataset", Family.VRT),
)


def is_candidate(path: Path) -> bool:
    """Whether a browser should show `path`; looks at its name, and whether it is a folder."""
    name = path.name.lower()
    if name.endswith(".zarr"):
        return path.is_dir()
    return not name.startswith(".") and path.suffix.lower() in SUFFIXES and path.is_file()


def family_of(path: Path) -> Family:
    """Tell which reader a file or folder goes to, by its content.

    Parameters
    ----------
    path
        An existing file or folder.
    """
    if path.is_dir():
        found = any((path / name).is_file() for name in ZARR_METADATA)
        return Family.ZARR if found else Family.UNKNOWN
    with path.open("rb") as file:
        head = file.read(HEAD)
    for magic, family in _MAGIC:
        if head.startswith(magic):
            vendor = path.suffix.lower() in OPENSLIDE_SUFFIXES
            return Family.OPENSLIDE if vendor and family is Family.PICTURE else family
    if head.startswith(b"PK\x03\x04") and len(head) > 8 and head[6] & 1:
        return Family.ENCRYPTED
    dicom = head[128:132] == b"DICM"
    if dicom or path.suffix.lower() in OPENSLIDE_SUFFIXES:
        return Family.OPENSLIDE
    return Family.UNKNOWN
