"""What few people need to set to render: how carefully, how strictly, where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QWidget

from ssldiff_gui.widgets.choice_box import ChoiceBox
from ssldiff_gui.widgets.controls import label
from ssldiff_gui.widgets.page import Section
from ssldiff_gui.widgets.shown import Choice, Preset, RenderShown
from ssldiff_gui.widgets.slider import Slider


class Advanced(Section):
    """Folded until it is asked for."""

    changed = Signal(object)
    """A RenderShown with other steps, guidance, preset or device."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Advanced", unfolded=False, parent=parent)
        self._shown = RenderShown()
        self._presets: dict[str, Preset] = {}
        self._devices: tuple[Choice, ...] = ()
        self.preset = ChoiceBox("Preset")
        self.steps = Slider("Steps", 1, 100)
        self.guidance = Slider("Guidance", 0, 10, step=0.1, decimals=1)
        self.device = ChoiceBox("Device")
        for title, part, said in (
            ("Preset", self.preset, ""),
            ("", self.steps, "More steps take longer and draw finer detail."),
            ("", self.guidance, "More guidance follows the grid more closely, with less surprise."),
            ("Device", self.device, ""),
        ):
            if title:
                self.column.addWidget(label(title))
            self.column.addWidget(part)
            if said:
                self.column.addWidget(label(said, "small", wrap=True))
        self.preset.chosen.connect(self._take_preset)
        self.steps.changed.connect(lambda value: self._tell(steps=round(value)))
        self.guidance.changed.connect(lambda value: self._tell(guidance=round(value, 1)))
        self.device.chosen.connect(lambda key: self._tell(device=key))

    def offer(self, presets: Sequence[Preset], devices: Sequence[Choice]) -> None:
        """Offer presets and devices."""
        self._presets = {preset.id: preset for preset in presets}
        self._devices = tuple(devices)
        self.show_settings(self._shown)

    def show_settings(self, shown: RenderShown) -> None:
        """Show these settings without saying so."""
        self._shown = shown
        presets = [Choice(it.id, it.title, it.note) for it in self._presets.values()]
        self.preset.show_choices(presets, shown.preset)
        self.steps.show_value(shown.steps)
        self.guidance.show_value(shown.guidance)
        self.device.show_choices(self._devices, shown.device)

    def _take_preset(self, key: str) -> None:
        preset = self._presets[key]
        self._tell(preset=key, steps=preset.steps, guidance=preset.guidance)
        self.show_settings(self._shown)

    def _tell(self, **changes: object) -> None:
        self._shown = replace(self._shown, **changes)  # type: ignore[arg-type]
        self.changed.emit(self._shown)
