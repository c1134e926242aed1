"""Every joint of the window, made together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssldiff_gui.app.joints.beside import BesideJoint
from ssldiff_gui.app.joints.canvas import CanvasJoint
from ssldiff_gui.app.joints.export import ExportJoint
from ssldiff_gui.app.joints.help import HelpJoint
from ssldiff_gui.app.joints.joint import Frame, Joint
from ssldiff_gui.app.joints.lab import LabJoint
from ssldiff_gui.app.joints.models import ModelsJoint
from ssldiff_gui.app.joints.project import ProjectJoint
from ssldiff_gui.viewer.joints.areas import AreasJoint
from ssldiff_gui.viewer.joints.cells import CellsJoint
from ssldiff_gui.viewer.joints.check import CheckJoint
from ssldiff_gui.viewer.joints.generate import GenerateJoint
from ssldiff_gui.viewer.joints.grid import GridJoint
from ssldiff_gui.viewer.joints.palette import PaletteJoint
from ssldiff_gui.viewer.joints.region import RegionJoint
from ssldiff_gui.viewer.joints.strip import StripJoint

if TYPE_CHECKING:
    from qtpy.QtWidgets import QMainWindow

    from ssldiff_gui.app.dialogs import AsksForFiles
    from ssldiff_gui.app.view_acts import ToolActs
    from ssldiff_gui.viewer.scene_view import SceneView


class Joints:
    """All of them.

    Parameters
    ----------
    frame
        What they share.
    window
        What dialogs belong to.
    dialogs
        Asks for files.
    tools
        What the mouse does.
    """

    def __init__(
        self, frame: Frame, window: QMainWindow, dialogs: AsksForFiles, tools: ToolActs
    ) -> None:
        self.region = RegionJoint(frame)
        self.cells = CellsJoint(frame, tools)
        self.grid = GridJoint(frame, self.cells)
        self.areas = AreasJoint(frame)
        self.palette = PaletteJoint(frame, self.cells)
        self.generate = GenerateJoint(frame)
        self.beside = BesideJoint(frame)
        self.check = CheckJoint(frame, self.beside)
        self.strip = StripJoint(frame)
        self.canvas = CanvasJoint(frame, window)
        self.export = ExportJoint(frame, window, dialogs)
        self.project = ProjectJoint(frame, window, dialogs)
        self.models = ModelsJoint(frame, window)
        self.help = HelpJoint(frame, window)
        self.lab = LabJoint(frame, window, dialogs)
        self.each: tuple[Joint, ...] = (
            self.region, self.cells, self.grid, self.areas, self.palette, self.generate,
            self.beside, self.check, self.strip, self.canvas, self.export, self.project,
            self.models, self.help, self.lab,
        )  # fmt: skip
        self.by_name = {
            "region": self.region,
            "cells": self.cells,
            "render": self.generate,
            "check": self.check,
            "strip": self.strip,
            "canvas": self.canvas,
            "export": self.export,
            "project": self.project,
            "models": self.models,
            "help": self.help,
            "lab": self.lab,
        }
        self._join(frame)

    def _join(self, frame: Frame) -> None:
        """Let pages lead to each other."""
        parts = frame.parts
        parts.grid.draw_requested.connect(lambda: frame.choose_tool("rectangle"))
        parts.grid.generate_requested.connect(lambda: frame.turn_to("Generate"))
        parts.compare.mode_chosen.connect(self.check.choose)
        parts.compare.check_toggled.connect(self.check.show_map)
        parts.check.generate_requested.connect(lambda: frame.turn_to("Generate"))
        parts.check.export_requested.connect(self.export.export)
        parts.check.figure_requested.connect(self.export.figure)
        parts.strip.export_requested.connect(self.export.export_result)
        parts.strip.compare_requested.connect(self.check.compare_results)
        for page in (parts.grid, parts.generate):
            page.new_canvas_requested.connect(self.canvas.new)

    def attach(self, original: SceneView, synthetic: SceneView) -> None:
        """Take the views, once they have been made."""
        self.beside.attach(original, synthetic)
        self.cells.attach(original, synthetic)
        self.check.attach(original, synthetic)

    def detach(self) -> None:
        """Let go of the views, before they are closed."""
        self.check.detach()
        self.cells.detach()
        self.beside.detach()

    def facts(self) -> dict[str, Any]:
        """Return what holds now, as the situation has it."""
        place = self.region.place
        bench = None if place is None or self.lab.shown else place.bench
        editor = None if bench is None else bench.editor
        result = None if bench is None else bench.result
        return {
            "project": place is not None,
            "region": bench is not None and self.region.at_hand is not None,
            "grid": editor is not None,
            "cells": editor is not None and editor.selection is not None,
            "result": result is not None,
            "whole_result": result is not None and result.status == "done",
            "results": bench is not None and bool(bench.results),
            "working": place is not None and bool(place.queue.jobs),
            "paused": place is not None and place.queue.paused,
            "live": place is not None and place.rendering.settings.live,
            "overlay_shown": self.cells.overlay_shown,
            "map_shown": self.check.map_shown,
            "compare": self.check.mode,
            "lab": self.lab.shown,
        }
