"""The tour's second half: region, embed, edit, generate, check, compare, export."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from tests.gui.studio import Studio, until, wait
from tests.gui.work import Worker

Keep = Callable[[str], None]

REGION = (1730.0, 1080.0, 704)
"""Left, top and side in pixels of the sample slide: cartilage, glass and the tissue beside it."""


def work(studio: Studio, keep: Keep) -> None:
    """Go the whole way on the sample slide, which is in view."""
    worker = Worker(studio)
    worker.until_working()
    worker.draw_region(*REGION)
    wait(400)
    keep("region")
    worker.embed()
    wait(800)
    keep("grid")
    _edit(studio, worker, keep)
    _generate(studio, worker, keep)
    _judge(studio, worker, keep)
    _dialogs(studio, worker, keep)


def _edit(studio: Studio, worker: Worker, keep: Keep) -> None:
    rows, columns = worker.editor.shape
    studio.click(studio.parts.grid.overlay.segments.button(1))
    wait(900)
    keep("groups")
    studio.click(studio.parts.grid.overlay.segments.button(0))
    worker.pick(3, 3)
    wait(700)
    worker.take(Qt.Key.Key_B)
    middle = rows // 2
    worker.stroke((middle - 3, columns - 9), (middle, columns - 6), (middle + 4, columns - 8))
    wait(500)
    keep("painted")
    studio.click(studio.parts.palette_.from_clusters)
    until(lambda: len(worker.place.palette.entries) >= 4, "the palette")
    wait(1200)
    keep("palette")
    worker.take(Qt.Key.Key_W)
    studio.hand.click(*worker.cell(5, 5))
    wait(600)
    keep("similar")
    studio.ctrl(Qt.Key.Key_D)
    studio.key(Qt.Key.Key_H)


def _generate(studio: Studio, worker: Worker, keep: Keep) -> None:
    studio.key(Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    wait(300)
    keep("before-generating")
    studio.click(studio.parts.generate.generate)
    until(lambda: worker.bench.result is not None, "a result")
    page = studio.parts.generate

    def sharpens() -> bool:
        shown = page.work.work
        return shown is not None and shown.picture is not None and (shown.done or 0) > 0.3

    until(lambda: sharpens() or worker.result.status != "rendering", "a preview", 240)
    keep("rendering")
    worker.until_rendered()
    worker.until_checked()
    wait(1500)
    keep("result")


def _judge(studio: Studio, worker: Worker, keep: Keep) -> None:
    studio.click_canvas()
    studio.key(Qt.Key.Key_4, Qt.KeyboardModifier.AltModifier)
    studio.click_canvas()
    studio.key(Qt.Key.Key_X)
    wait(1200)
    keep("curtain")
    studio.key(Qt.Key.Key_X)
    studio.ctrl(Qt.Key.Key_M, shift=True)
    wait(700)
    keep("check")
    studio.ctrl(Qt.Key.Key_M, shift=True)


def _dialogs(studio: Studio, worker: Worker, keep: Keep) -> None:
    joints = studio.window.joints
    studio.click_canvas()
    studio.ctrl(Qt.Key.Key_E, shift=True)
    until(lambda: joints.export.dialog is not None and joints.export.dialog.isVisible(), "export")
    wait(400)
    keep("export")
    joints.export.dialog.reject()
    studio.click_canvas()
    studio.ctrl(Qt.Key.Key_N)
    wait(700)
    keep("new-canvas")
    if joints.canvas.dialog is not None:
        joints.canvas.dialog.reject()
    studio.click_canvas()
    studio.ctrl(Qt.Key.Key_D, shift=True)
    wait(900)
    keep("models")
    QApplication.activeWindow().close()  # type: ignore[union-attr]
    wait(100)
