"""Labels of a folder of pictures: `labels.json`, masks, and a sheet to look at."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from pydantic import JsonValue

from ssldiff_gui.core.errors import AlreadyThere, BadRequest
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.lab.label import LabelRequest
from ssldiff_gui.core.palettes import many_colours
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.jobs.label_pictures import FolderPictures, find_pictures, picture_vector
from ssldiff_gui.jobs.label_sheet import SHEET, write_sheet
from ssldiff_gui.training.self_labels.clusters import Clusters, agreement
from ssldiff_gui.training.self_labels.labelled import (
    INDEX,
    MASKS,
    Labelled,
    Mask,
    PictureLabels,
    mask_name,
    write_labels,
    write_mask,
)
from ssldiff_gui.training.self_labels.lost import boxes
from ssldiff_gui.training.self_labels.masks import MaskMaker

if TYPE_CHECKING:
    from ssldiff_gui.models.encoders import TimmEncoder

REQUEST = "request.json"


@dataclass
class _Found:
    """What a method has found.

    Parameters
    ----------
    classes
        Names, in the order of their numbers.
    pictures
        Labels of each.
    figures
        How good they are.
    sizes
        Pictures (for masks: the share of all pixels) of each class.
    """

    classes: tuple[str, ...]
    pictures: list[PictureLabels]
    figures: dict[str, float] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)


def label_folder(
    request: LabelRequest, encoder: TimmEncoder, watch: Progress
) -> dict[str, JsonValue]:
    """Label the pictures of a folder; see `jobs.label.label`."""
    from ssldiff_gui.jobs.label import write_request

    root, out = Path(request.source).expanduser(), Path(request.output).expanduser()
    _check_output(root, out)
    pictures = find_pictures(root, encoder.spec, request.pixel, watch)
    if request.method != "boxes" and all(pictures.blank):
        raise BadRequest(
            "All of the pictures are blank: there is nothing to tell apart.",
            "Check that they are the ones you mean.",
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as fresh:
        found = _made(request, encoder, pictures, Path(fresh), watch)
        write_request(Path(fresh) / REQUEST, request)
        _take_over(Path(fresh), out)
    return {
        "output": str(out), "method": request.method, "pictures": len(pictures),
        "classes": dict(found.sizes), "skipped": list(pictures.skipped),
        "blank": [n for n, b in zip(pictures.names, pictures.blank, strict=True) if b],
        "sheet": str(out / SHEET), **found.figures, "notes": list(_notes(request, pictures, found)),
    }  # fmt: skip


def _made(
    request: LabelRequest,
    encoder: TimmEncoder,
    pictures: FolderPictures,
    out: Path,
    watch: Progress,
) -> _Found:
    """Make labels and lay all files of them into a new folder."""
    methods = {"clusters": _clusters, "boxes": _boxes, "masks": _masks}
    found = methods[request.method](request, encoder, pictures, out, watch)
    labels = Labelled(
        method=request.method,
        source=pictures.root.resolve().name,
        classes=found.classes,
        pictures=tuple(found.pictures),
        facts={"encoder": encoder.spec.id, "seed": request.seed, "figures": found.figures,
               "sizes": found.sizes, "skipped": pictures.skipped},
    )  # fmt: skip
    write_labels(out, labels)
    watch.report(1, 1, "Drawing the sheet")
    write_sheet(out, labels, pictures)
    return found


def _take_over(fresh: Path, out: Path) -> None:
    """Put a new folder's files in the place of older labels."""
    out.mkdir(exist_ok=True)
    for name in (INDEX, SHEET, REQUEST):
        (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / MASKS, ignore_errors=True)
    for path in sorted(fresh.iterdir(), key=lambda path: path.name == INDEX):
        shutil.move(path, out / path.name)


def _check_output(root: Path, out: Path) -> None:
    if out.resolve().is_relative_to(root.resolve()):
        raise BadRequest(
            "The labels would lie among the pictures, and be taken for some.",
            "Choose a folder beside them.",
        )
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / INDEX).exists())):
        raise AlreadyThere(out, f"{out} is there, and is no folder of labels.", "Choose another.")


def _clusters(
    request: LabelRequest,
    encoder: TimmEncoder,
    pictures: FolderPictures,
    out: Path,  # noqa: ARG001 - as the others
    watch: Progress,
) -> _Found:
    if len(pictures) < request.count:
        raise BadRequest(
            f"There {_are(len(pictures))} in {pictures.root}, and {request.count} clusters are "
            "wanted.",
            "Take more pictures, or a lower --count.",
        )
    vectors = np.empty((len(pictures), encoder.spec.dim), np.float32)
    for number in _each(pictures, watch, "Embedding"):
        vectors[number] = picture_vector(encoder, pictures[number])
    clusters = Clusters.fit(vectors, request.count, request.seed, form=request.form)
    numbers = clusters.numbers(vectors)
    figures = {"silhouette": round(clusters.silhouette(vectors), 4)}
    if pictures.labels is not None:
        told = agreement(numbers, pictures.labels)
        figures |= {name: round(value, 4) for name, value in told.items()}
    sizes = np.bincount(numbers, minlength=request.count).tolist()
    return _Found(
        clusters.names,
        [_labels(pictures, k).model_copy(update={"cluster": int(numbers[k])})
         for k in range(len(pictures))],
        figures,
        dict(zip(clusters.names, sizes, strict=True)),
    )  # fmt: skip


def _boxes(
    request: LabelRequest,
    encoder: TimmEncoder,
    pictures: FolderPictures,
    out: Path,  # noqa: ARG001 - as the others
    watch: Progress,
) -> _Found:
    made, count = [], 0
    for number in _each(pictures, watch, "Finding boxes in"):
        found = boxes(encoder, pictures[number], most=request.boxes, expansion=request.expansion)
        own = [_original(box, pictures, number) for box in found]
        made.append(_labels(pictures, number).model_copy(update={"boxes": tuple(own)}))
        count += len(own)
    return _Found(("thing",), made, sizes={"thing": count})


def _masks(
    request: LabelRequest,
    encoder: TimmEncoder,
    pictures: FolderPictures,
    out: Path,
    watch: Progress,
) -> _Found:
    maker = MaskMaker.fit(encoder, pictures, request.count, request.seed, watch)
    colours, made = many_colours(request.count), []
    pixels = np.zeros(request.count, np.int64)
    for number in _each(pictures, watch, "Making masks of"):
        mask = maker.mask(pictures[number], edges=request.edges, progress=watch)
        mask = _at_size(mask, pictures.sizes[number])
        pixels += np.bincount(mask.reshape(-1), minlength=request.count)
        name = mask_name(pictures.names[number])
        write_mask(out, name, mask, colours)
        made.append(_labels(pictures, number).model_copy(update={"mask": name}))
    shares = [round(float(n), 4) for n in pixels / pixels.sum()]
    return _Found(maker.names, made, sizes=dict(zip(maker.names, shares, strict=True)))


def _each(pictures: FolderPictures, watch: Progress, words: str) -> Iterator[int]:
    """Yield the numbers of the pictures, and tell how far it is."""
    for number in range(len(pictures)):
        watch.check()
        watch.report(number, len(pictures), f"{words} {len(pictures):,} pictures")
        yield number


def _notes(request: LabelRequest, pictures: FolderPictures, found: _Found) -> Iterator[str]:
    """Yield what the person should know."""
    if pictures.skipped:
        names = ", ".join(list(pictures.skipped)[:5])
        more = " and others" if len(pictures.skipped) > 5 else ""
        yield f"{len(pictures.skipped):,} could not be read and were left out: {names}{more}."
    blank = sum(pictures.blank)
    if blank:
        yield f"{blank:,} of the pictures are blank."
    if request.method == "boxes":
        without = sum(not one.boxes for one in found.pictures) - blank
        if without:
            yield f"{without:,} more have nothing in them that stands out, and no box."
    if request.pixel is None and request.method != "clusters":
        yield "The pictures are taken to be at the encoder's scale; --pixel says another."
    if "nmi" in found.figures:
        yield (
            "nmi and purity compare the clusters with the names of the pictures' folders; "
            "nmi_by_chance is what clusters that mean nothing would have."
        )


def _labels(pictures: FolderPictures, number: int) -> PictureLabels:
    width, height = pictures.sizes[number]
    return PictureLabels(name=pictures.names[number], width=width, height=height)


def _original(box: Box, pictures: FolderPictures, number: int) -> tuple[int, int, int, int]:
    """Return a box in the pixels of a picture's file."""
    zoom, (width, height) = pictures.zoom, pictures.sizes[number]
    own = Box.covering(box.x / zoom, box.y / zoom, box.x2 / zoom, box.y2 / zoom)
    own = own.intersect(Box(0, 0, width, height))
    return own.x, own.y, own.width, own.height


def _at_size(mask: Mask, size: tuple[int, int]) -> Mask:
    if (mask.shape[1], mask.shape[0]) == size:
        return mask
    found = Image.fromarray(mask.astype(np.uint8)).resize(size, Image.Resampling.NEAREST)
    return np.asarray(found).astype(np.int16)


def _are(count: int) -> str:
    return "is one picture" if count == 1 else f"are {count:,} pictures"
