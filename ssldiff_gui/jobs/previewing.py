"""A small picture of a canvas that is being rendered, sharper with every phase.

What the network sees in the noise is shown: by the decoder where there is time for it, else by a
linear map from latents to colours that is fitted to what was decoded. A render never waits for it
for more than a twentieth of its time, and its bits never depend on it.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.core.errors import Cancelled
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.protocols import Generator
from ssldiff_gui.sampling.batches import decode
from ssldiff_gui.sampling.blend import to_uint8
from ssldiff_gui.sampling.noise import Latents
from ssldiff_gui.sampling.plan import Place, Plan
from ssldiff_gui.storage.canvas_view import CanvasView

log = logging.getLogger(__name__)

RGB = npt.NDArray[np.uint8]

SIDE = 256
EVERY = 0.2
SHARE = 0.05
"""Of the time; decoding takes most of it."""

FITTED = 6
"""Windows that are decoded for the linear map, at least."""

TOGETHER = 8
"""Windows that are decoded at once."""

GREY = 160


class Previewer:
    """Gathers windows as they come out of a phase, and shows them.

    Parameters
    ----------
    plan
        Of the render.
    generator
        Decodes; its answers are used for nothing else.
    part
        What is rendered, in pixels of the canvas.
    show
        Takes what a picture covers, and the picture.
    progress
        May ask for an end.
    before
        What the canvas showed until now; None when it is new.
    clock
        Seconds that only go forward.
    """

    def __init__(
        self,
        plan: Plan,
        generator: Generator,
        part: Box,
        show: Callable[[Box, RGB], None],
        progress: Progress,
        *,
        before: CanvasView | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._plan, self._generator, self._part = plan, generator, part
        self._show, self._progress, self._clock = show, progress, clock
        self._step = max(1.0, max(part.width, part.height) / SIDE)
        size = (math.ceil(part.height / self._step), math.ceil(part.width / self._step))
        self._picture = np.full((*size, 3), GREY, np.uint8)
        self._empty = np.ones(size, np.bool_)
        if before is not None:
            self._picture[:] = _small(before, part, size)
            self._empty[:] = False
        self._colours = Colours(plan.spec.channels)
        self._waiting: dict[tuple[int, Place], Latents] = {}
        self._began = self._shown = clock()
        self._spent, self._each = 0.0, 0.0
        self._broken = False

    def __call__(self, index: int, places: Sequence[Place], found: Latents) -> None:
        """Take windows that have gone through a phase; see `sampling.render.Renderer`."""
        if self._broken:
            return
        layer = self._plan.phases[index]
        for place, planes in zip(places, found, strict=False):
            seen = planes[-1]
            if len(planes) == 1:  # the noisy latents only: most likely, x0 is this much of them
                seen = seen / np.float32(1 + layer.steps[-1].then ** 2)
            self._waiting[index, place] = np.nan_to_num(seen)
        now = self._clock()
        if now - self._shown < EVERY or self._spent > SHARE * (now - self._began) + EVERY:
            return
        try:
            self._paint(now)
        except Cancelled:
            raise
        except Exception:  # a picture on the way is no reason to lose the one at the end
            log.exception("no more previews of this render")
            self._broken = True
        self._shown = self._clock()
        self._spent += self._shown - now

    def _paint(self, now: float) -> None:
        """Paint what waits, and show it all."""
        waiting, self._waiting = self._waiting, {}
        self._decoded(waiting, now)
        for (index, place), latents in waiting.items():
            self._put(index, place, self._colours.of(latents))
        if self._empty.any() and not self._empty.all():
            self._picture[self._empty] = self._picture[~self._empty].mean(0).astype(np.uint8)
        self._show(self._part, self._picture.copy())

    def _decoded(self, waiting: dict[tuple[int, Place], Latents], now: float) -> None:
        """Decode what there is time for: all that waits, or as much as the map still lacks."""
        allowed = SHARE * (now - self._began) - self._spent
        affordable = int(allowed / self._each) if self._each else 1
        finer = self._step < self._plan.spec.factor  # than the map's colours, one a latent
        every = finer and affordable >= len(waiting)
        lacking = max(0, FITTED - self._colours.windows)
        count = len(waiting) if every else min(affordable, lacking, len(waiting))
        chosen = list(waiting)[:: len(waiting) // count][:count] if count > 0 else []
        for start in range(0, len(chosen), TOGETHER):
            self._progress.check()
            keys = chosen[start : start + TOGETHER]
            for key, picture in zip(keys, self._pictures(keys, waiting), strict=True):
                self._colours.learn(waiting[key], picture)
                if every:
                    self._put(*key, picture)
                    del waiting[key]

    def _pictures(
        self, keys: Sequence[tuple[int, Place]], waiting: dict[tuple[int, Place], Latents]
    ) -> Latents:
        """Decode, and note how long a window takes."""
        began = self._clock()
        pictures, _ = decode(self._generator, np.stack([waiting[key] for key in keys]))
        took = (self._clock() - began) / len(keys)
        self._each = took if not self._each else 0.7 * self._each + 0.3 * took
        return pictures

    def _put(self, index: int, place: Place, picture: Latents) -> None:
        """Put a window's (3, height, width) from -1 to 1 where it belongs, without its rim."""
        factor, box = self._plan.spec.factor, self._plan.phases[index].box(place)
        rim = (1 - self._plan.preset.stride) / 2
        left = box.x + (box.width * rim if box.x > 0 else 0)
        top = box.y + (box.height * rim if box.y > 0 else 0)
        right = box.x2 - (box.width * rim if box.x2 < self._plan.width else 0)
        lower = box.y2 - (box.height * rim if box.y2 < self._plan.height else 0)
        x, x2 = (self._place(side * factor - self._part.x) for side in (left, right))
        y, y2 = (self._place(side * factor - self._part.y) for side in (top, lower))
        x, y = max(0, x), max(0, y)
        x2, y2 = min(self._picture.shape[1], x2), min(self._picture.shape[0], y2)
        if x >= x2 or y >= y2:
            return
        across = picture.shape[2] / (box.width * factor) * self._step
        offset = (self._part.x - box.x * factor) / self._step
        down = (self._part.y - box.y * factor) / self._step
        ends = (x + offset, y + down, x2 + offset, y2 + down)
        limit = (picture.shape[2], picture.shape[1]) * 2
        area = tuple(
            min(max(0.0, end * across), most) for end, most in zip(ends, limit, strict=True)
        )
        if area[2] - area[0] <= 0 or area[3] - area[1] <= 0:
            return
        how = Image.Resampling.BOX if across >= 1 else Image.Resampling.BILINEAR
        part = Image.fromarray(to_uint8(picture)).resize((x2 - x, y2 - y), how, box=area)
        self._picture[y:y2, x:x2] = np.asarray(part)
        self._empty[y:y2, x:x2] = False

    def _place(self, pixels: float) -> int:
        return round(pixels / self._step)


class Colours:
    """The linear map from latents to colours that fits what was decoded best.

    Parameters
    ----------
    channels
        Of the latents.
    """

    def __init__(self, channels: int) -> None:
        self._square = np.eye(channels + 1) * 1e-3
        self._product = np.zeros((channels + 1, 3))
        self._map: npt.NDArray[np.float64] = self._product
        self.windows = 0

    def learn(self, latents: Latents, picture: Latents) -> None:
        """Take a window, (channels, n, n), and its picture, (3, n · factor, n · factor)."""
        factor = picture.shape[1] // latents.shape[1]
        rows, columns = latents.shape[1:]
        blocks = picture.reshape(3, rows, factor, columns, factor).mean((2, 4))
        values = _with_one(latents)
        self._square += values @ values.T
        self._product += values @ blocks.reshape(3, -1).T
        self._map = np.asarray(np.linalg.solve(self._square, self._product), np.float64)
        self.windows += 1

    def of(self, latents: Latents) -> Latents:
        """Return (3, n, n) from -1 to 1."""
        shown = (self._map.T @ _with_one(latents)).reshape(3, *latents.shape[1:])
        return np.clip(shown, -1, 1).astype(np.float32)


def _with_one(latents: Latents) -> npt.NDArray[np.float64]:
    flat = latents.reshape(len(latents), -1).astype(np.float64)
    return np.concatenate([flat, np.ones((1, flat.shape[1]))])


def _small(canvas: CanvasView, part: Box, size: tuple[int, int]) -> RGB:
    """Return (height, width, 3) of a part of a canvas, from a level not much finer than that."""
    level = 0
    while level + 1 < len(canvas.levels) and part.width >> (level + 1) >= size[1]:
        level += 1
    box = Box.covering(*(side / 2**level for side in (part.x, part.y, part.x2, part.y2)))
    pixels = canvas.read(box.intersect(Box(0, 0, *canvas.levels[level])), level)
    how = Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(pixels).resize((size[1], size[0]), how))
