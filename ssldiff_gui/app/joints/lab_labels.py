"""Labels that the machine made, laid over their picture, where they can be corrected."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssldiff_gui.app.joints.joint import Frame
    from ssldiff_gui.core.lab.label import LabelRequest

ANNOTATIONS = (".geojson", ".gpkg")


class LabelsOnPicture:
    """Opens the slide or scene that was labelled, and imports its labels as annotations.

    Parameters
    ----------
    frame
        Has the session.
    """

    def __init__(self, frame: Frame) -> None:
        self._session = frame.session
        self._awaited: tuple[Path, Path] | None = None
        self.read_from: Callable[[Path], None] | None = None
        """Imports a file of annotations into the picture in view."""
        frame.session.current_changed.connect(self._look)

    def show(self, request: LabelRequest) -> None:
        """Open the picture, unless it is in view, and lay the labels over it."""
        source = Path(os.path.abspath(request.source))  # noqa: PTH100 - as the session has it
        self._awaited = source, Path(request.output)
        current = self._session.current
        if current is not None and current.path == source:
            self._look()
        else:
            self._session.open(source, scene=request.scene)

    def _look(self, _: object = None) -> None:
        current, awaited = self._session.current, self._awaited
        if awaited is None or current is None or current.path != awaited[0]:
            return
        self._awaited = None
        if self.read_from is not None:
            self.read_from(awaited[1])
