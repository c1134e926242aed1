"""A white picture that no file has: the ground for what is made from nothing."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

import numpy as np

from ssldiff_gui.core.geometry import Box, Georeference, Scale
from ssldiff_gui.slides.identity import NOWHERE
from ssldiff_gui.slides.scene import Pixels, Scene, levels_of
from ssldiff_gui.slides.slide import Slide

KIND = "Blank"
COARSEST = 1024
WHITE = 255


class BlankSource:
    """A PixelSource that is white everywhere."""

    def read(self, level: int, box: Box) -> Pixels:
        """Return white."""
        _ = level
        return Pixels(np.full((box.height, box.width, 3), WHITE, dtype=np.uint8))

    def close(self) -> None:
        """Nothing is held."""


class BlankSlide(Slide):
    """A slide without a file.

    Parameters
    ----------
    name
        What people call it.
    key
        Tells it from others of the same name, in this and every later run.
    scene
        Its one picture.
    """

    has_file = False

    def __init__(self, name: str, key: str, scene: Scene) -> None:
        super().__init__(Path(name), KIND, [scene], identity=NOWHERE)
        self.key = key

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the key, so that what is drawn on it is found again."""
        digest = hashlib.sha256(f"blank {self.key}".encode())
        return f"sha256:{digest.hexdigest()}"


def blank(
    name: str,
    width: int,
    height: int,
    *,
    key: str,
    scale: Scale | None = None,
    georeference: Georeference | None = None,
) -> BlankSlide:
    """Return a plain white slide.

    Parameters
    ----------
    name
        For people: "New canvas". Slashes in it become dashes.
    width, height
        In level-0 pixels.
    key
        Tells it from others of the same name, for ever: a random id will do.
    scale, georeference
        Of level 0, when they are known.
    """
    name = name.replace("/", "-").replace("\\", "-").strip() or KIND
    sizes = [(width, height)]
    while max(sizes[-1]) > COARSEST:
        sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
    scene = Scene(
        Path(name),
        name,
        BlankSource(),
        levels_of(sizes),
        dtype=np.uint8,
        bands=("Red", "Green", "Blue"),
        scale=scale,
        georeference=georeference,
    )
    return BlankSlide(name, key, scene)
