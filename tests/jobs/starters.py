"""Stand-ins for the starter models: tiny, under the same names, in the home of a test."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.models.folders import installed_folder
from tests.models.tiny import tiny_generator_folder
from tests.models.tiny_encoders import tiny_encoder_folder

PIXELS = {
    "histology": PixelSize(size=0.5, unit="µm"),
    "aerial": PixelSize(size=0.3, unit="m"),
}


def install_starters(*families: str, folder: Path | None = None) -> None:
    """Install an encoder and a generator of cells of 32 pixels for each family.

    Parameters
    ----------
    families
        Of "histology" and "aerial"; both when none is named.
    folder
        Where to; the home's own when None.
    """
    for family in families or tuple(PIXELS):
        shutil.copytree(_made(family).name, folder or installed_folder(), dirs_exist_ok=True)


@cache
def _made(family: str) -> tempfile.TemporaryDirectory[str]:
    """Make a family's models once a run: fitting them takes a second."""
    made = tempfile.TemporaryDirectory()
    folder, name = Path(made.name), f"starter-{family}"
    spec = tiny_encoder_folder(folder / f"{name}-encoder", dim=24, cell=32, pixel=PIXELS[family])
    tiny_generator_folder(
        folder / name, name=name, encoder=spec.id, pixel=spec.pixel, dim=spec.dim, window=16,
        cell=4, factor=8, tokens=4, conditioner="embeddings", autoencoder="patch",
    )  # fmt: skip
    return made
