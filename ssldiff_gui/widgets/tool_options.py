"""What the tool in hand can be set to; only what applies to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import ElidedLabel, label
from ssldiff_gui.widgets.slider import Slider


@dataclass(frozen=True, slots=True)
class Setting:
    """One number of a tool: how it is shown; `factor` is what one shown unit stands for."""

    name: str
    low: float
    high: float
    step: float
    unit: str
    tip: str
    factor: float = 1.0


SETTINGS = {
    "radius": Setting(
        "Size", 1, 65, 1, " cells", "How wide the brush is  ([ and ])", factor=0.5
    ),
    "softness": Setting(
        "Softness", 0, 100, 5, " %", "How gently the edge fades out", factor=0.01
    ),
    "strength": Setting("Strength", 0, 100, 5, " %", "How far cells change", factor=0.01),
    "variety": Setting(
        "Variety", 0, 32, 1, " cells", "Draws among this many cells like the picked one"
    ),
    "amount": Setting(
        "Amount", 10, 300, 10, " %", "How much cells differ afterwards; 100 % is as neighbours do",
        factor=0.01,
    ),
    "threshold": Setting("Likeness", 0, 100, 1, " %", "How alike cells must be", factor=0.01),
    "square": Setting("Sample", 1, 15, 2, " cells", "How wide the square is that is averaged"),
}  # fmt: skip
"""The numbers that tools have, by the names that the state gives them."""

TOOLS = {
    "eyedropper": ("Eyedropper", "Click a cell to paint with what it holds.", ("square",)),
    "brush": (
        "Brush", "Paint the picked cell. Hold Alt to pick another.",
        ("radius", "softness", "strength", "variety"),
    ),
    "stamp": (
        "Stamp", "Alt+click where to copy from, then paint.",
        ("radius", "softness", "strength"),
    ),
    "transplant": (
        "Transplant", "Drag over what to take, then click where it goes.", ("softness", "strength"),
    ),
    "gradient": (
        "Gradient", "Drag from one cell to another: those between change step by step.",
        ("radius", "softness", "strength"),
    ),
    "vary": (
        "Vary", "Paint to make cells a little different.",
        ("radius", "softness", "strength", "amount"),
    ),
    "eraser": (
        "Eraser", "Paint to bring back what the slide has there.",
        ("radius", "softness", "strength"),
    ),
    "cells": ("Select cells", "Drag a rectangle. Shift adds, Ctrl takes away.", ()),
    "lasso": ("Lasso", "Draw around cells. Shift adds, Ctrl takes away.", ()),
    "similar": (
        "Similar cells", "Click a cell to select those like it. Shift adds, Ctrl takes away.",
        ("threshold", "connected"),
    ),
}  # fmt: skip
"""Title, one sentence and settings of each tool."""


class ToolOptions(QWidget):
    """Sliders of the tool in hand; hidden while none is."""

    changed = Signal(str, float)
    """Name of a setting and its number, as the state has it: cells, or 0–1."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tool = ""
        self.title = ElidedLabel("heading")
        self.hint = label("", "small", wrap=True)
        self.sliders: dict[str, Slider] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.title)
        column.addWidget(self.hint)
        column.addSpacing(4)
        for key, it in SETTINGS.items():
            slider = Slider(it.name, it.low, it.high, step=it.step, unit=it.unit, tip=it.tip)
            slider.changed.connect(lambda shown, key=key: self._tell(key, shown))
            self.sliders[key] = slider
            column.addWidget(slider)
        self.connected = QCheckBox("Only those that hang together")
        self.connected.clicked.connect(lambda on: self.changed.emit("connected", float(on)))
        column.addWidget(self.connected)
        self.show_tool("", {})

    def show_tool(self, tool: str, values: Mapping[str, float]) -> None:
        """Show a tool's settings.

        Parameters
        ----------
        tool
            One of `TOOLS`; anything else hides this.
        values
            What its settings are, as the state has them; those without a value are hidden.
        """
        known = TOOLS.get(tool)
        self.tool = tool if known else ""
        self.setVisible(known is not None)
        title, hint, settings = known or ("", "", ())
        self.title.setText(title)
        self.hint.setText(hint)
        for key, slider in self.sliders.items():
            slider.setVisible(key in settings and key in values)
            if key in values:
                slider.show_value(values[key] / SETTINGS[key].factor)

        self.connected.setVisible("connected" in settings and "connected" in values)
        self.connected.setChecked(bool(values.get("connected", 0)))

    def _tell(self, key: str, shown: float) -> None:
        self.changed.emit(key, shown * SETTINGS[key].factor)
