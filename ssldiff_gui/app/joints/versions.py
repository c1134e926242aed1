"""Which versions are installed, and under which licences; nothing is imported to find out."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageMetadata, PackageNotFoundError, distribution

from qtpy.QtCore import qVersion

from ssldiff_gui.core.inventory import InstalledModel
from ssldiff_gui.widgets.about_dialog import LicencedPart

SHOWN = {
    "napari": "napari",
    "PyTorch": "torch",
    "NumPy": "numpy",
    "tiffslide": "tiffslide",
    "OpenSlide": "openslide-python",
    "tifffile": "tifffile",
    "rasterio": "rasterio",
    "zarr": "zarr",
    "timm": "timm",
    "PySide6": "PySide6",
}
"""What a report of a problem needs, by the names of their distributions."""

OTHERS = (
    "napari", "vispy", "qtpy", "PySide6", "superqt", "qtawesome", "psygnal", "pydantic", "numpy",
    "scipy", "torch", "safetensors", "timm", "huggingface-hub", "tiffslide", "openslide-python",
    "tifffile", "imagecodecs", "rasterio", "zarr", "numcodecs", "h5py", "pillow", "shapely",
    "pyproj", "typer", "platformdirs",
)  # fmt: skip
"""Distributions whose licences are listed, where they are installed."""

LONGEST = 60


def versions() -> tuple[tuple[str, str], ...]:
    """Return what runs here, and which version of it."""
    found = [(title, version_of(name)) for title, name in SHOWN.items()]
    return (
        ("Python", platform.python_version()),
        ("Qt", qVersion() or ""),
        *[(title, version or "not installed") for title, version in found],
        ("System", platform.platform(terse=True)),
        ("Processor", platform.machine()),
    )


@cache
def version_of(name: str) -> str:
    """Return the version of a distribution; nothing when it is not installed."""
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return ""


def parts_of(models: Iterable[InstalledModel] = ()) -> tuple[LicencedPart, ...]:
    """Return typeface, icons, models and libraries, with their licences."""
    own = [
        LicencedPart(entry.title, entry.model.licence.name)
        for entry in models
        if entry.model is not None
    ]
    libraries = [
        LicencedPart(name, licence_of(name), version_of(name))
        for name in OTHERS
        if version_of(name)
    ]
    drawn = (
        LicencedPart("Inter, a typeface", "OFL-1.1"),
        LicencedPart("Material Design Icons", "Apache-2.0"),
    )
    return (*drawn, *own, *libraries)


@cache
def licence_of(name: str) -> str:
    """Return a distribution's licence as it states it, in a few words."""
    facts = distribution(name).metadata
    said = _fact(facts, "License-Expression")
    classes = [
        line.rpartition(" :: ")[2]
        for line in facts.get_all("Classifier") or []
        if line.startswith("License :: ") and not line.endswith(":: OSI Approved")
    ]
    stated = _fact(facts, "License").strip()
    short = stated if "\n" not in stated and len(stated) <= LONGEST else ""
    return said or short or ", ".join(dict.fromkeys(classes)) or "see its own files"


def _fact(facts: PackageMetadata, key: str) -> str:
    return str(facts[key] or "") if key in facts else ""
