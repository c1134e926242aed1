"""Drives the real program through its journey and keeps the pictures that the README shows.

``python -m tests.gui.tour --out DIR [--size 1600x1000] [--theme dark|light|both] [--readme]``
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from PIL import Image
from qtpy.QtCore import Qt

SCREENSHOTS = Path(__file__).resolve().parents[2] / "resources" / "screenshots"
README = {
    "15-result-dark": "studio.png",
    "12-similar-dark": "grid.png",
    "17-check-light": "check.png",
    "03-drawing-dark": "drawing.png",
    "21-scene-light": "scene.png",
    "23-areas-dark": "areas.png",
    "26-training-dark": "lab.png",
}
"""Which pictures the README shows, and what they are called there."""


def take_tour(out: Path, theme: str, size: tuple[int, int]) -> list[Path]:
    """Go through the journey in one theme; return the pictures."""
    from ssldiff_gui.state.settings import Settings
    from tests.gui.studio import Studio, wait
    from tests.gui.tour_lab import areas, lab
    from tests.gui.tour_work import work

    pictures: list[Path] = []
    settings = Settings.load()
    settings.theme = theme  # type: ignore[assignment]
    studio = Studio(settings, size)

    def keep(name: str) -> None:
        path = out / f"{len(pictures) + 1:02d}-{name}-{theme}.png"
        studio.picture(path)
        pictures.append(path)

    studio.until_ready()
    keep("welcome")
    studio.click(studio.pane.hint.buttons[1])
    studio.until_shown("sample-slide.tif")
    wait(1500)  # thumbnails of the folder
    keep("slide")
    _draw(studio, keep)
    _annotations(studio, keep)
    _palette(studio, keep)
    work(studio, keep)
    _scene(studio, keep)
    areas(studio, keep)
    lab(studio, keep)
    _trouble(studio, keep, out)
    studio.close()
    return pictures


def _draw(studio, keep) -> None:
    """Zoom in, and catch a rectangle while it is being drawn."""
    from qtpy.QtTest import QTest

    from tests.gui.studio import wait

    scene = studio.document.scene
    studio.hand.move(scene.width * 0.75, scene.height * 0.3)
    studio.pane.view.set_magnification(5, (scene.width * 0.75, scene.height * 0.3))
    studio.until_shown(studio.document.name)
    studio.click_canvas()
    studio.key(Qt.Key.Key_R)
    hand = studio.hand
    left, top, right, bottom = studio.pane.view.viewport
    start = hand.at(left + (right - left) * 0.3, top + (bottom - top) * 0.3)
    end = hand.at(left + (right - left) * 0.68, top + (bottom - top) * 0.62)
    none = Qt.KeyboardModifier.NoModifier
    QTest.mouseMove(hand.native, start)
    wait(20)
    QTest.mousePress(hand.native, Qt.MouseButton.LeftButton, none, start)
    for part in (0.3, 0.7, 1.0):
        QTest.mouseMove(hand.native, start + (end - start) * part)
        wait(60)
    keep("drawing")
    QTest.mouseRelease(hand.native, Qt.MouseButton.LeftButton, none, end)
    wait(60)


def _annotations(studio, keep) -> None:
    """Name and classify what was drawn, and draw more."""
    from tests.gui.studio import wait

    studio.key(Qt.Key.Key_0)
    wait(300)
    panel = studio.parts.annotations
    _describe(studio, "Colon", "Normal tissue")
    studio.draw(Qt.Key.Key_F, [(0.10, 0.3), (0.16, 0.1), (0.28, 0.06), (0.38, 0.15), (0.42, 0.2),
                               (0.33, 0.3), (0.28, 0.45), (0.18, 0.5), (0.08, 0.52)])  # fmt: skip
    _describe(studio, "Tumour", "Tumour")
    studio.draw(Qt.Key.Key_R, [(0.62, 0.66), (0.9, 0.92)])
    _describe(studio, "", "Tumour")
    studio.draw(Qt.Key.Key_R, [(0.12, 0.62), (0.36, 0.82)])
    _describe(studio, "Fibrous tissue", "Stroma")
    studio.click_canvas()
    studio.key(Qt.Key.Key_V)
    wait(500)
    keep("annotations")
    found = [annotation.title for annotation in panel.model.rows]
    assert len(found) == 4, found


def _describe(studio, name: str, class_name: str) -> None:
    panel = studio.parts.annotations
    if name:
        studio.click(panel.name)
        studio.type(name)
        studio.key(Qt.Key.Key_Return)
    studio.click(panel.classes.lineEdit())
    panel.classes.lineEdit().selectAll()
    studio.type(class_name)
    studio.key(Qt.Key.Key_Return)


def _palette(studio, keep) -> None:
    studio.click_canvas()
    studio.ctrl(Qt.Key.Key_K)
    studio.type("zo")
    keep("commands")
    studio.key(Qt.Key.Key_Escape)
    studio.click_canvas()
    studio.key(Qt.Key.Key_Question)
    keep("shortcuts")
    studio.key(Qt.Key.Key_Escape)


def _scene(studio, keep) -> None:
    """Open the scene and look at its facts and bands."""
    from tests.gui.studio import wait

    studio.click_canvas()
    studio.ctrl(Qt.Key.Key_K)
    studio.type("sample scene")
    studio.key(Qt.Key.Key_Return)
    studio.until_shown("sample-scene.tif")
    studio.key(Qt.Key.Key_5, Qt.KeyboardModifier.AltModifier)
    wait(1200)
    scene = studio.document.scene
    studio.draw(Qt.Key.Key_R, [(0.68, 0.08), (0.96, 0.4)])
    studio.hand.move(scene.width * 0.3, scene.height * 0.7)
    wait(300)
    keep("scene")


def _trouble(studio, keep, out: Path) -> None:
    """Drop a broken file: it is refused, everything else stays."""
    from tests.gui.studio import wait

    broken = Path(tempfile.mkdtemp()) / "biopsy-17.svs"
    broken.write_bytes(b"II*\0" + b"\x08\0\0\0\xff\xff" + b"\0" * 400)
    studio.drag_over([broken])
    keep("dropping")
    studio.drag_away()
    studio.drop(broken)
    for _ in range(200):
        if studio.toasts:
            break
        wait(50)
    keep("broken-file")


def keep_for_readme(pictures: list[Path]) -> None:
    """Put the pictures that the README shows where it finds them, in few colours to be light."""
    for path in pictures:
        name = README.get(path.stem)
        if name is not None:
            with Image.open(path) as picture:
                few = picture.convert("RGB").quantize(256, dither=Image.Dither.FLOYDSTEINBERG)
                few.save(SCREENSHOTS / name, optimize=True)


def main() -> None:
    """Take the tour and say where the pictures are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", default="1600x1000")
    parser.add_argument("--theme", choices=("dark", "light", "both"), default="both")
    parser.add_argument("--readme", action="store_true", help="renew resources/screenshots too")
    wanted = parser.parse_args()
    width, height = (int(part) for part in wanted.size.split("x"))
    themes = ("dark", "light") if wanted.theme == "both" else (wanted.theme,)
    for theme in themes:
        with tempfile.TemporaryDirectory() as home:
            os.environ["SSLDIFF_HOME"] = home
            pictures = take_tour(wanted.out, theme, (width, height))
        print(*pictures, sep="\n")
        if wanted.readme:
            keep_for_readme(pictures)


if __name__ == "__main__":
    main()
