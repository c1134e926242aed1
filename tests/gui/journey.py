"""The journey of `make run` for a machine without a display: the same program, with pictures.

Opens the sample slide in the real studio, the demo's canvas beside it, zooms in with the wheel,
moves the picture with the mouse, draws a region and exports it.
``python -m tests.gui.journey --out DIR [--beside CANVAS]``
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication

if TYPE_CHECKING:
    from tests.gui.studio import Studio

ON_TISSUE = (0.28, 0.50)
"""Where the wheel is turned, in parts of the slide: in the middle of the largest piece."""


def travel(out: Path, beside: Path | None = None) -> list[Path]:
    """Go the whole way; return what it left: pictures, and the region as GeoJSON.

    Parameters
    ----------
    out
        Where they are left.
    beside
        A canvas for the right view, made from the sample slide.
    """
    from ssldiff_gui.app.run import arguments, begin
    from tests.gui.studio import Studio, until, wait

    left: list[Path] = []
    studio = Studio()

    def keep(name: str) -> None:
        studio.until_shown("sample-slide.tif")
        left.append(out / f"{len(left) + 1}-{name}.png")
        studio.picture(left[-1])

    canvas = [] if beside is None else ["--beside", str(beside)]
    begin(studio.window, arguments(["--fresh", "--sample", *canvas]))
    studio.until_ready()
    studio.until_shown("sample-slide.tif")
    wait(1000)  # the thumbnails of its folder
    if beside is not None:
        until(lambda: studio.parts.synthetic.view.document is not None, "the canvas beside it")
        until(lambda: studio.parts.synthetic.view.pyramid.sharp, "a sharp canvas")
        keep("beside")
        studio.key(Qt.Key.Key_0)
    keep("whole-slide")
    turn_the_wheel(studio, notches=10)
    keep("zoomed-in")
    before = studio.pane.view.viewport
    drag(studio, (0.62, 0.60), (0.40, 0.45))
    assert studio.pane.view.viewport[0] > before[0], "the picture did not follow the mouse"
    keep("moved")
    studio.click_canvas()
    studio.key(Qt.Key.Key_R)
    drag(studio, (0.28, 0.30), (0.72, 0.70))
    until(lambda: len(studio.document.editor.annotations) == 1, "the region")
    keep("region")
    studio.files.chosen = out / "region.geojson"
    studio.ctrl(Qt.Key.Key_E)
    until(studio.files.chosen.is_file, "the export")
    content = json.loads(studio.files.chosen.read_text(encoding="utf-8"))
    features = content["features"] if isinstance(content, dict) else content
    assert len(features) == 1, "the region that was drawn is the one that was exported"
    left.append(studio.files.chosen)
    studio.close()
    return left


def drag(studio: Studio, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag over the canvas; places are parts of what is in view."""
    left, top, right, bottom = studio.pane.view.viewport
    places = [(left + (right - left) * x, top + (bottom - top) * y) for x, y in (start, end)]
    studio.hand.drag(places)


def turn_the_wheel(studio: Studio, notches: int) -> None:
    """Zoom in over the tissue."""
    from tests.gui.studio import wait

    scene, hand = studio.document.scene, studio.hand
    place = QPointF(hand.at(scene.width * ON_TISSUE[0], scene.height * ON_TISSUE[1]))
    for _ in range(notches):
        event = QWheelEvent(
            place, hand.native.mapToGlobal(place), QPoint(), QPoint(0, 120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(hand.native, event)
        wait(40)


def main() -> None:
    """Make the journey with settings of its own, and say where the pictures are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--beside", type=Path)
    told = parser.parse_args()
    out = told.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    for old in [*out.glob("*.png"), *out.glob("*.geojson")]:
        old.unlink()
    with tempfile.TemporaryDirectory() as home:
        os.environ["SSLDIFF_HOME"] = home
        for path in travel(out, told.beside):
            print(f"  {path.name}")
    print(f"They are in {out}")


if __name__ == "__main__":
    main()
