"""One child process of the viewer's benchmark: start, show a slide, pan and zoom, report.

Run by `tests.benchmarks.viewer`; prints one line of JSON. Its arguments are the kind of viewer
(empty, plain, ours), the file, the number of steps, and the monotonic time at which it was started.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SEED = 2
SIZE = (1400, 900)


class Clock:
    """Watches the canvas: when frames are drawn, what they show, how long they waited."""

    def __init__(self, viewer: Any, started: float) -> None:
        from napari.layers._scalar_field._slice import _ScalarFieldSliceRequest
        from vispy.gloo import gl

        self.started = started
        self.frames = 0
        self.first_frame = self.first_picture = 0.0
        self.waits: list[float] = []
        self._waited = 0.0
        self._content = False
        self._finish = gl.glFinish
        self._slice = _ScalarFieldSliceRequest.__call__
        clock = self

        def timed(request: Any) -> Any:
            before = time.perf_counter()
            response = clock._slice(request)
            clock._waited += time.perf_counter() - before
            return response

        _ScalarFieldSliceRequest.__call__ = timed
        canvas = viewer.window._qt_viewer.canvas._scene_canvas
        canvas.events.draw.connect(self._on_drawn, position="last")

    def watch(self, layer: Any) -> None:
        """Notice the first slice that holds more than blank background."""
        layer.events.set_data.connect(lambda: self._look(layer))
        self._look(layer)

    def shown(self) -> bool:
        """Whether the newest slice was drawn."""
        return self._waited == 0

    def _look(self, layer: Any) -> None:
        picture = layer._slice.image.view
        self._content = self._content or bool((picture[::8, ::8] < 250).any())

    def _on_drawn(self, _event: object) -> None:
        self._finish()
        now = time.monotonic() - self.started
        self.frames += 1
        self.first_frame = self.first_frame or now
        if self._content and not self.first_picture:
            self.first_picture = now
        self.waits.append(self._waited * 1000)
        self._waited = 0.0


def steps(side: int, canvas: tuple[int, int], count: int) -> list[tuple[float, float, float]]:
    """Return (y, x, zoom) of seeded pans and zooms between the whole slide and twice its pixels."""
    rng = np.random.default_rng(SEED)
    fit = min(canvas) / side * 0.95
    y = x = side / 2
    zoom, found = fit, []
    while len(found) < count:
        if rng.random() < 0.5:
            zoom = float(np.clip(zoom * 2 ** rng.uniform(-2, 2.5), fit, 2))
        else:
            y += rng.uniform(-0.7, 0.7) * canvas[0] / zoom
            x += rng.uniform(-0.7, 0.7) * canvas[1] / zoom
        y, x = float(np.clip(y, 0, side)), float(np.clip(x, 0, side))
        if not found or found[-1] != (y, x, zoom):
            found.append((y, x, zoom))
    return found


def spin(until: Callable[[], bool], limit: float = 30.0) -> None:
    """Run the window's loop until something holds."""
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + limit
    while not until():
        QApplication.processEvents()
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.0005)


def show_plain(viewer: Any, path: Path) -> tuple[Any, Callable[[], bool]]:
    """Add a slide as a napari user would: tiffslide, dask, add_image."""
    import dask.array as da
    from tiffslide import TiffSlide

    slide = TiffSlide(path)
    group = slide.zarr_group
    levels = [
        da.from_zarr(group[str(i)] if slide.level_count > 1 else group["0"])
        for i in range(slide.level_count)
    ]
    data = levels if len(levels) > 1 else levels[0]
    return viewer.add_image(data, rgb=True, multiscale=len(levels) > 1), lambda: True


class Opening:
    """Opens a slide and starts its first tiles while the window is still being made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = threading.Thread(target=self._open)
        self._thread.start()

    def _open(self) -> None:
        from ssldiff_gui.slides import open_slide
        from ssldiff_gui.slides.loader import TileLoader
        from ssldiff_gui.viewer.levels import DisplayPyramid

        self.slide = open_slide(self._path)
        self.loader = TileLoader()
        self.pyramid = DisplayPyramid(self.slide.scenes[0], self.loader)

    def show(self, viewer: Any) -> tuple[Any, Callable[[], bool]]:
        """Add the layer."""
        from ssldiff_gui.viewer.scene_layer import add_scene_layer

        self._thread.join()
        self.shown = add_scene_layer(viewer, self.pyramid, "slide")
        return self.shown.layer, lambda: self.pyramid.sharp and not self.shown.refresh_due

    def close(self) -> None:
        """Let go of everything."""
        self.shown.close()
        self.loader.close()
        self.slide.close()


def walk(viewer: Any, clock: Clock, sharp: Callable[[], bool], count: int) -> dict[str, Any]:
    """Pan and zoom; return the time of the first frame and of the sharp one of each step."""
    layer = viewer.layers[0]
    side = int(layer.level_shapes[0][0])
    height, width = viewer.window._qt_viewer.canvas.size
    clock.waits.clear()
    frames, sharps = [], []
    for y, x, zoom in steps(side, (int(height), int(width)), count):
        drawn, start = clock.frames, time.perf_counter()
        viewer.scene.camera.center, viewer.scene.camera.zoom = (0, y, x), zoom
        spin(lambda drawn=drawn: clock.frames > drawn)
        frames.append((time.perf_counter() - start) * 1000)
        if not sharp():
            spin(lambda: sharp() and clock.shown())
        sharps.append((time.perf_counter() - start) * 1000)
        pause = time.monotonic() + 0.05
        spin(lambda pause=pause: time.monotonic() > pause)
    return {"frames": frames, "sharp": sharps, "waits": [w for w in clock.waits if w > 0]}


def main(kind: str, path: Path, count: int, started: float) -> dict[str, Any]:
    """Run one case."""
    opening = Opening(path) if kind == "ours" else None
    import napari

    viewer = napari.Viewer()
    viewer.window.resize(*SIZE)
    clock = Clock(viewer, started)
    result: dict[str, Any] = {"kind": kind}
    if kind == "empty":
        spin(lambda: clock.frames > 0)
    else:
        layer, sharp = opening.show(viewer) if opening else show_plain(viewer, path)
        clock.watch(layer)
        spin(lambda: clock.first_picture > 0, 300)
        spin(sharp, 300)
        result["first_sharp"] = time.monotonic() - started
        result.update(walk(viewer, clock, sharp, count))
        result["first_picture"] = clock.first_picture
    result["first_frame"] = clock.first_frame
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if opening is not None:
        opening.close()
    viewer.close()
    return result


if __name__ == "__main__":
    outcome = main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
    print("RESULT " + json.dumps(outcome), flush=True)
    os._exit(0)
