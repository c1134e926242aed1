"""What embedding a region comes to: its cells, its scale, its cost; nothing is computed yet.

A region keeps its upper left corner and is cut into whole cells: a last row or column counts when
at least 95 % of it lies inside. An encoder's resolution within 2 % of a level's takes the level as
it is, so that its pixels are not resampled for nothing; the grid then says that level's scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ssldiff_gui.core.errors import BadRequest, NeedsConsent, OversizedRequest
from ssldiff_gui.core.geometry import Box, Region, Scale
from ssldiff_gui.core.ground import on_the_ground
from ssldiff_gui.core.requests import EmbedRequest
from ssldiff_gui.core.specs import EncoderSpec
from ssldiff_gui.slides.cells import Layout
from ssldiff_gui.slides.scene import Scene
from ssldiff_gui.slides.slide import Slide

ALMOST_WHOLE = 0.05
SAME_SCALE = 0.02
COARSEST = 0.25
"""A scene may be up to four times coarser than the encoder wants."""

MANY_CELLS, MANY_PIXELS = 250_000, 2e10
"""Beyond either, the cost is said and consent asked for."""

MOST_CELLS, MOST_BYTES = 1 << 27, 32 << 30


@dataclass(frozen=True, slots=True)
class EmbedPlan:
    """What is going to be embedded.

    Parameters
    ----------
    layout
        The cells.
    scale
        Size of the cells' pixels; None when nobody knows.
    on_earth
        Whether it is a scene rather than a slide: nodata is left out, not glass.
    notes
        What the person should know.
    """

    layout: Layout
    scale: Scale | None
    on_earth: bool
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return self.layout.rows * self.layout.columns


def scene_of(slide: Slide, request: EmbedRequest) -> Scene:
    """Return the scene that a request means."""
    if not 0 <= request.scene < len(slide.scenes):
        raise BadRequest(
            f"{slide.path.name} has no scene {request.scene}.",
            f"Take one of 0 to {len(slide.scenes) - 1}; `ssldiff info` lists them.",
        )
    return slide.scenes[request.scene]


def plan_embedding(
    request: EmbedRequest, scene: Scene, spec: EncoderSpec, *, yes: bool = False
) -> EmbedPlan:
    """Work out the cells of a request.

    Parameters
    ----------
    request
        What is wanted.
    scene
        What it is wanted of.
    spec
        The encoder.
    yes
        Whether the person has consented to the cost.

    Raises
    ------
    BadRequest
        The region, the encoder and the scene do not go together.
    NeedsConsent
        It would take long.
    OversizedRequest
        It would not end, or not fit.
    """
    box = scene.box if request.region is None else _box(request.region, scene)
    size = _pixel_size(request, scene, box)
    downsample = _downsample(spec, size, scene)
    side = spec.cell * downsample
    columns, rows = (int(length / side + ALMOST_WHOLE) for length in (box.width, box.height))
    if not columns or not rows:
        raise BadRequest(
            f"The region is {box.width} × {box.height} pixels, and one cell of {spec.name} covers "
            f"{math.ceil(side)} × {math.ceil(side)} of them.",
            "Take a larger region.",
        )
    _weigh(rows * columns, spec, (rows * side) * (columns * side), yes=yes)
    whole = Box(box.x, box.y, round(columns * side), round(rows * side))
    layout = Layout(Region(whole, downsample), rows, columns, spec.cell)
    on_earth = scene.georeference is not None or (size is not None and size.unit == "m")
    scale = None if size is None else Scale(size.x * downsample, size.y * downsample, size.unit)
    return EmbedPlan(layout, scale, on_earth, _notes(size))


def _box(region: tuple[int, int, int, int], scene: Scene) -> Box:
    x, y, width, height = region
    if width < 1 or height < 1:
        raise BadRequest(
            f"A region of {width} × {height} pixels is empty.",
            "Give it as X,Y,WIDTH,HEIGHT in pixels of the full resolution.",
        )
    box = Box(x, y, width, height)
    if box.intersect(scene.box).empty:
        raise BadRequest(
            f"The region lies wholly outside of {scene.path.name}.",
            f"The scene is {scene.width} × {scene.height} pixels.",
        )
    return box


def _pixel_size(request: EmbedRequest, scene: Scene, box: Box) -> Scale | None:
    """Return the true size of a level-0 pixel: the person's word, or else the file's."""
    if request.pixel is not None:
        return request.pixel.scale
    if scene.scale is None:
        return None
    seen = box.intersect(scene.box)
    return on_the_ground(
        scene.scale, scene.georeference, seen.x + seen.width / 2, seen.y + seen.height / 2
    )


def _downsample(spec: EncoderSpec, size: Scale | None, scene: Scene) -> float:
    """Return how many level-0 pixels go into one of the encoder's."""
    if spec.pixel is None:
        return 1.0
    wanted = f"{spec.pixel.size:g} {spec.pixel.unit}"
    if size is None:
        raise BadRequest(
            f"{scene.path.name} does not say how large its pixels are, and {spec.name} wants "
            f"{wanted} a pixel.",
            "Say it with --pixel, such as --pixel 0.25um or --pixel 0.6m.",
        )
    if size.unit != spec.pixel.unit:
        raise BadRequest(
            f"{spec.name} was trained at {wanted} a pixel, and {scene.path.name} has "
            f"{size.x:g} {size.unit}.",
            "Choose an encoder that suits: `ssldiff models` says what each is for.",
        )
    downsample = spec.pixel.size / math.sqrt(size.x * size.y)
    if downsample < COARSEST:
        raise BadRequest(
            f"{scene.path.name} is {1 / downsample:.3g} times coarser than the {wanted} a pixel "
            f"that {spec.name} was trained at.",
            "Take a finer image, or another encoder.",
        )
    near = min((level.downsample for level in scene.levels), key=lambda d: abs(d / downsample - 1))
    return near if abs(near / downsample - 1) <= SAME_SCALE else downsample


def _weigh(cells: int, spec: EncoderSpec, pixels: float, *, yes: bool) -> None:
    size = cells * spec.dim * 4
    if cells > MOST_CELLS or size > MOST_BYTES:
        raise OversizedRequest(
            f"The region has {cells:,} cells: {size / 1e9:,.0f} GB of embeddings.",
            "Take a smaller region, or embed it in parts.",
        )
    if not yes and (cells > MANY_CELLS or pixels > MANY_PIXELS):
        raise NeedsConsent(
            f"The region has {cells:,} cells: {pixels / 1e9:,.1f} thousand million pixels are "
            f"read and up to {size / 1e9:,.1f} GB written. On a CPU that can take days.",
            "Say --yes if that is what you want, or take a smaller region.",
        )


def _notes(size: Scale | None) -> tuple[str, ...]:
    if size is None or abs(size.x / size.y - 1) <= SAME_SCALE:
        return ()
    ratio = max(size.x / size.y, size.y / size.x)
    return (f"The pixels are not square ({ratio:.2f} : 1): cells are not either, on the ground.",)
