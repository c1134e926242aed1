"""A folder of labels: which cluster, which boxes and which mask each picture has.

True labels may be laid down in the same way, so that a network can be guided by either.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydantic import Field, ValidationError

from ssldiff_gui.core.annotations import Colour
from ssldiff_gui.core.errors import BrokenFile, MissingFile
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.specs import Frozen
from ssldiff_gui.storage.atomic import replacing, write_bytes

INDEX = "labels.json"
MASKS = "masks"
NOWHERE = -1
"""The class of a pixel that has none."""

MOST = 255
"""Classes that an indexed picture holds; the number after them says that there is none."""

Mask = npt.NDArray[np.int16]


class PictureLabels(Frozen):
    """What is known of one picture.

    Parameters
    ----------
    name
        Its path below the folder of the pictures, with "/".
    width, height
        Of the picture that boxes and masks were made for, in pixels.
    cluster
        The number of its class, from 0 on; None when it has none.
    boxes
        x, y, width and height in its pixels.
    mask
        Path of the mask below the folder of the labels; None when there is none.
    """

    name: str
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    cluster: int | None = Field(default=None, ge=0)
    boxes: tuple[tuple[int, int, int, int], ...] = ()
    mask: str | None = None

    @property
    def areas(self) -> list[Box]:
        """The boxes."""
        return [Box(*box) for box in self.boxes]


class Labelled(Frozen):
    """Labels of pictures.

    Parameters
    ----------
    format
        Of the file.
    method
        "clusters", "boxes" or "masks"; "people" for true labels.
    source
        Name of the folder of the pictures.
    classes
        Names of clusters, or of the masks' classes, in the order of their numbers.
    pictures
        Sorted by their names.
    facts
        How they were made.
    """

    format: int = Field(default=1, ge=1, le=1)
    method: str = "people"
    source: str = ""
    classes: tuple[str, ...] = ()
    pictures: tuple[PictureLabels, ...] = ()
    facts: dict[str, Any] = Field(default={})

    def of(self, name: str) -> PictureLabels | None:
        """Return what is known of a picture; None when that is nothing."""
        return next((one for one in self.pictures if one.name == name), None)

    def by_name(self) -> dict[str, PictureLabels]:
        """Return them all, by the names of the pictures."""
        return {one.name: one for one in self.pictures}


def write_labels(folder: Path, labels: Labelled) -> Path:
    """Write `labels.json` into a folder of labels, after its masks; return where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(labels.model_dump(mode="json"), ensure_ascii=False, indent=1)
    write_bytes(folder / INDEX, f"{text}\n".encode())
    return folder / INDEX


def read_labels(folder: Path) -> Labelled:
    """Read the labels of a folder.

    Raises
    ------
    MissingFile, BrokenFile
        There are none, or they cannot be understood.
    """
    path = folder / INDEX if folder.is_dir() else folder
    try:
        found = Labelled.model_validate_json(path.read_bytes())
    except OSError as error:
        raise MissingFile(
            path, f"There are no labels at {path}.", "Make them: ssldiff label FOLDER -o LABELS."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BrokenFile(
            path, f"{path} holds no labels: {place or 'it'}: {first['msg']}.", "Make them anew."
        ) from error
    for one in found.pictures:
        if one.cluster is not None and one.cluster >= len(found.classes):
            raise _unknown(path, one.name)
        inside = one.mask is None or _below(one.mask)
        if not inside:
            raise BrokenFile(path, f"The mask of {one.name} lies outside of its folder.",
                             "Put it beside labels.json.")  # fmt: skip
    return found


def mask_name(name: str) -> str:
    """Return where the mask of a picture goes, below the folder of the labels."""
    return str(PurePosixPath(MASKS) / f"{name}.png")


def write_mask(folder: Path, name: str, mask: Mask, colours: Sequence[Colour]) -> None:
    """Write a mask as an indexed PNG: the numbers are the classes, the colours are to look at.

    Parameters
    ----------
    folder
        Of the labels.
    name
        Of the mask, see `mask_name`.
    mask
        (height, width) numbers of classes, at most `MOST`; `NOWHERE` where there is none.
    colours
        One for each class.
    """
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(np.where(mask < 0, MOST, mask).astype(np.uint8), "P")
    palette = np.zeros((256, 3), np.uint8)
    palette[: len(colours)] = np.array(colours, np.uint8).reshape(-1, 3)[:MOST]
    picture.putpalette(palette.tobytes())
    with replacing(path) as fresh:
        picture.save(fresh, "PNG", optimize=False, compress_level=6)


def read_mask(folder: Path, labels: Labelled, picture: PictureLabels) -> Mask:
    """Read the mask of a picture.

    Returns
    -------
    Mask
        (height, width) int16 numbers of classes, `NOWHERE` where there is none. A picture
        without a mask has none anywhere.

    Raises
    ------
    MissingFile, BrokenFile
        It is not there, it is no indexed or grey picture of 8 bits, it has another size than its
        picture, or numbers that no class has.
    """
    if picture.mask is None:
        return np.full((picture.height, picture.width), NOWHERE, np.int16)
    path = folder / picture.mask
    if not path.is_file():
        raise MissingFile(path, f"The mask {path} is not there.", "Make the labels anew.")
    hint = f"It has to be an indexed PNG of {picture.width} × {picture.height} pixels."
    try:
        with Image.open(path, formats=("PNG",)) as image:
            mode, size = image.mode, image.size
            values = np.asarray(image).astype(np.int16)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BrokenFile(path, f"{path} is no mask: {error}.", hint) from error
    if mode not in {"P", "L"} or size != (picture.width, picture.height):
        raise BrokenFile(path, f"{path} is no mask of {picture.name}: it is {mode}, {size}.", hint)
    values[values == MOST] = NOWHERE
    if values.max(initial=NOWHERE) >= len(labels.classes):
        raise _unknown(path, picture.name)
    return values


def _below(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return not path.is_absolute() and ".." not in path.parts and ":" not in name


def _unknown(path: Path, name: str) -> BrokenFile:
    return BrokenFile(
        path, f"{path}: {name} has a class that `classes` in {INDEX} does not list.",
        "Add its name there, or make the labels anew.",
    )  # fmt: skip
