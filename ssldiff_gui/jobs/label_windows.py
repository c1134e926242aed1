"""A region of a slide or a scene, window by window, at an encoder's scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, OversizedRequest
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.core.lab.label import LabelRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.jobs.embed_plan import EmbedPlan
from ssldiff_gui.slides.scene import Scene
from ssldiff_gui.slides.tissue import TissueLook, data_share, tissue_look
from ssldiff_gui.training.self_labels.labelled import NOWHERE, Mask
from ssldiff_gui.training.self_labels.masks import MaskMaker

if TYPE_CHECKING:
    from ssldiff_gui.models.encoders import TimmEncoder

Pixels = npt.NDArray[np.uint8]
Where = npt.NDArray[np.bool_]

WINDOW, HALO = 512, 64
"""Sides at the encoder's scale; a mask is made with the halo, and then loses it."""

SAMPLED = 48
"""Windows that the classes of masks are found in."""

LARGEST = 100_000_000
"""Pixels of one mask."""

FULL = 0.1
"""Share of a window that has to be tissue, or have data, for the classes to be found in it."""

_LOOK = 16
"""Pixels of a window for each that is asked whether there is data."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows over a region.

    Parameters
    ----------
    scene
        What is read.
    origin
        Left and top of the region in level-0 pixels.
    downsample
        Level-0 pixels for each of the encoder's.
    width, height
        Of the region in the encoder's pixels.
    boxes
        The windows, in the encoder's pixels from the origin.
    look
        What tells tissue from glass; None where it is data that counts.
    """

    scene: Scene
    origin: tuple[int, int]
    downsample: float
    width: int
    height: int
    boxes: tuple[Box, ...]
    look: TissueLook | None

    @classmethod
    def of(cls, scene: Scene, plan: EmbedPlan) -> Self:
        """Lay windows over the region that a plan is for."""
        region, layout = plan.layout.region, plan.layout
        width, height = layout.columns * layout.cell, layout.rows * layout.cell
        look = None if plan.on_earth else tissue_look(scene, region.box)
        found = tuple(
            Box(x, y, x2 - x, y2 - y)
            for y, y2 in pairwise(_edges(height))
            for x, x2 in pairwise(_edges(width))
        )
        return cls(
            scene, (region.box.x, region.box.y), region.downsample, width, height, found, look
        )

    def corner(self, box: Box) -> tuple[float, float]:
        """Return where a window begins in level-0 pixels."""
        return (
            self.origin[0] + box.x * self.downsample, self.origin[1] + box.y * self.downsample
        )  # fmt: skip

    def picture(self, box: Box) -> Pixels:
        """Return (height, width, 3) uint8 of a window; beyond the picture it is as glass is."""
        found = self.scene.read(Region(self._covered(box), self.downsample))
        if found.shape[:2] == (box.height, box.width):
            return found
        size = (box.width, box.height)
        return np.asarray(Image.fromarray(found).resize(size, Image.Resampling.BILINEAR))

    def where(self, box: Box, picture: Pixels | None = None) -> Where:
        """Return (height, width) of a window: where there is tissue, or data."""
        if self.look is not None:
            return self.look.mask(self.picture(box) if picture is None else picture)
        rows, columns = (math.ceil(n / _LOOK) for n in (box.height, box.width))
        region = Region(self._covered(box), self.downsample)
        share = data_share(self.scene, region, _LOOK * self.downsample, rows, columns) >= 0.5
        whole = share.repeat(_LOOK, axis=0).repeat(_LOOK, axis=1)
        return np.asarray(whole[: box.height, : box.width], np.bool_)

    def _covered(self, box: Box) -> Box:
        left, top = self.corner(box)
        return Box(
            round(left), round(top),
            max(1, round(box.width * self.downsample)), max(1, round(box.height * self.downsample)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Sampled:
    """Some windows, as pictures by their numbers."""

    windows: Windows
    boxes: Sequence[Box]

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, number: int, /) -> Pixels:
        return self.windows.picture(self.boxes[number])


def mask_maker(
    request: LabelRequest, encoder: TimmEncoder, windows: Windows, watch: Progress
) -> MaskMaker:
    """Find classes in some of the windows that show something.

    Raises
    ------
    OversizedRequest
        The region has more pixels than a mask is made of.
    BadRequest
        There is nothing in it.
    """
    if windows.width * windows.height > LARGEST:
        raise OversizedRequest(
            f"The region has {windows.width:,} × {windows.height:,} pixels at the encoder's scale.",
            f"Take one of at most {LARGEST // 1_000_000} million, or --method clusters.",
        )
    watch.report(0, 1, "Looking for what to label")
    full = []
    for box in windows.boxes:
        watch.check()
        if windows.where(box).mean() >= FULL:
            full.append(box)
    if not full:
        raise BadRequest("Nothing was found in the region.", "Take another region.")
    places = np.linspace(0, len(full) - 1, min(SAMPLED, len(full))).round().astype(int)
    sample = _Sampled(windows, [full[place] for place in places])
    seen: Callable[[Pixels], Where] | None = None if windows.look is None else windows.look.mask
    return MaskMaker.fit(encoder, sample, request.count, request.seed, watch, where=seen)


def region_mask(maker: MaskMaker, windows: Windows, watch: Progress, *, edges: bool) -> Mask:
    """Return (height, width) numbers of classes; `NOWHERE` on glass and where there is no data.

    Parameters
    ----------
    maker
        Of `mask_maker`.
    windows
        Of the region.
    watch
        Told of each window.
    edges
        As for `MaskMaker.mask`.
    """
    made = np.full((windows.height, windows.width), NOWHERE, np.int16)
    for number, box in enumerate(windows.boxes):
        watch.check()
        watch.report(number, len(windows.boxes), f"Making masks of {len(windows.boxes):,} windows")
        where = windows.where(box)
        if not where.any():
            continue
        wide = Box(box.x - HALO, box.y - HALO, box.width + 2 * HALO, box.height + 2 * HALO)
        mask = maker.mask(windows.picture(wide), edges=edges, progress=watch)
        inner = mask[HALO : HALO + box.height, HALO : HALO + box.width]
        made[box.y : box.y2, box.x : box.x2] = np.where(where, inner, NOWHERE)
    return made


def _edges(length: int) -> list[int]:
    """Cut a length into parts of about a window, none of them much smaller."""
    count = max(1, round(length / WINDOW))
    return [round(k * length / count) for k in range(count + 1)]
