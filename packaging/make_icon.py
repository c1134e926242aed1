"""Draw the program's icon at the sizes that desktops ask for, from resources/icons/studio.svg."""

from __future__ import annotations

import os
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "icons"
SIZES = (64, 256)


def main() -> int:
    """Write one PNG a size."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qtpy.QtCore import Qt
    from qtpy.QtGui import QGuiApplication, QImage, QPainter
    from qtpy.QtSvg import QSvgRenderer

    application = QGuiApplication(sys.argv[:1])
    drawing = QSvgRenderer(str(FOLDER / "studio.svg"))
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        drawing.render(painter)
        painter.end()
        image.save(str(FOLDER / f"studio-{size}.png"))
    application.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
