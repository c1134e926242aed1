"""Pictures of the lab: plots scaled crisply, and early sheets with a slider over the steps."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QRectF, QSignalBlocker, Qt, Signal
from qtpy.QtGui import QPainter, QPainterPath, QPaintEvent, QPixmap, QResizeEvent
from qtpy.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QVBoxLayout, QWidget

from ssldiff_gui.widgets.choice_box import ChoiceBox
from ssldiff_gui.widgets.controls import ElidedLabel, label, tool_button
from ssldiff_gui.widgets.lab_shown import SheetShown
from ssldiff_gui.widgets.picture import pixmap_of
from ssldiff_gui.widgets.shown import RGB, Choice
from ssldiff_gui.widgets.slider import guard_wheel
from ssldiff_gui.widgets.tokens import GRID
from ssldiff_gui.widgets.tones import tone

NATURAL = 1 / 1.5
"""Plots are drawn with more pixels than they need, for screens that have them."""


class PlotPicture(QWidget):
    """A whole picture, as wide as its place, never larger than its pixels are.

    Parameters
    ----------
    highest
        Of it, in multiples of 8 pixels.
    enlarged
        Whether a small one may be drawn larger: for sheets of few pixels.
    """

    def __init__(
        self, highest: int = 70, *, enlarged: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._pixmap: QPixmap | None = None
        self._scaled: QPixmap | None = None
        self._highest, self._enlarged = highest * GRID, enlarged
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(16 * GRID)

    @property
    def there(self) -> bool:
        """Whether there is a picture."""
        return self._pixmap is not None

    def show_picture(self, rgb: RGB | None) -> None:
        """Show a picture, or its empty place."""
        self._pixmap, self._scaled = pixmap_of(rgb), None
        self._fit()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the picture's proportions."""
        super().resizeEvent(event)
        self._scaled = None
        self._fit()

    def _size(self) -> tuple[int, int]:
        assert self._pixmap is not None  # noqa: S101
        width, height = max(1, self._pixmap.width()), max(1, self._pixmap.height())
        part = min(self.width() / width, self._highest / height)
        part = min(part, 4.0 if self._enlarged else NATURAL)
        return max(1, round(width * part)), max(1, round(height * part))

    def _fit(self) -> None:
        if self._pixmap is not None and self.width() > GRID:
            height = self._size()[1]
            if height != self.height():
                self.setFixedHeight(height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it, scaled once for each size, in the pixels of the screen."""
        painter = QPainter(self)
        if self._pixmap is None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tone(self.palette(), "canvas"))
            painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
            return
        ratio = self.devicePixelRatioF()
        if self._scaled is None:
            width, height = self._size()
            self._scaled = self._pixmap.scaled(
                round(width * ratio),
                round(height * ratio),
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            self._scaled.setDevicePixelRatio(ratio)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(0, 0, *self._size())
        path = QPainterPath()
        path.addRoundedRect(box, 6, 6)
        painter.setClipPath(path)
        painter.drawPixmap(0, 0, self._scaled)


class SheetView(QWidget):
    """Early pictures of a training: the newest one, and a slider over earlier ones."""

    picture_wanted = Signal(str)
    """Key of a picture whose pixels are not there yet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[SheetShown, ...] = ()
        self._sheets: tuple[SheetShown, ...] = ()
        self._newest = True
        self._kind = ""
        self._key = ""
        self.kinds = ChoiceBox("What is shown")
        self.kinds.chosen.connect(self._choose_kind)
        self.caption = ElidedLabel("muted")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Steps")
        self.slider.setToolTip("Earlier and later pictures")
        guard_wheel(self.slider)
        self.slider.valueChanged.connect(self._slid)
        self.back = tool_button("chevron-left", "An earlier picture")
        self.on = tool_button("chevron-right", "A later picture")
        self.back.clicked.connect(lambda: self.slider.setValue(self.slider.value() - 1))
        self.on.clicked.connect(lambda: self.slider.setValue(self.slider.value() + 1))
        self.picture = PlotPicture(60, enlarged=True)
        self.picture.setAccessibleName("Early picture")
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(label("Early pictures", "heading"))
        top.addWidget(self.kinds, 1)
        top.addWidget(self.caption, 2)
        below = QHBoxLayout()
        below.setSpacing(GRID)
        below.addWidget(self.back)
        below.addWidget(self.slider, 1)
        below.addWidget(self.on)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(self.picture)
        column.addLayout(below)

    @property
    def shown(self) -> SheetShown | None:
        """The picture that is chosen."""
        place = self.slider.value()
        return self._sheets[place] if 0 <= place < len(self._sheets) else None

    def show_sheets(self, sheets: Sequence[SheetShown]) -> None:
        """Show these, the oldest first; the newest stays in view while it was."""
        self._all = tuple(sheets)
        self.setVisible(bool(sheets))
        kinds = list(dict.fromkeys(sheet.title for sheet in sheets))
        if self._kind not in kinds:
            self._kind, self._newest = (kinds[-1] if kinds else ""), True
        self.kinds.show_choices([Choice(kind, kind) for kind in kinds], self._kind)
        self.kinds.setVisible(len(kinds) > 1)
        self._show_kind()

    def _choose_kind(self, kind: str) -> None:
        self._kind, self._newest = kind, True
        self._show_kind()

    def _show_kind(self) -> None:
        self._sheets = tuple([sheet for sheet in self._all if sheet.title == self._kind])
        last = max(0, len(self._sheets) - 1)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, last)
            if self._newest:
                self.slider.setValue(last)
        for part in (self.slider, self.back, self.on):
            part.setVisible(last > 0)
        self._show()

    def _slid(self, place: int) -> None:
        self._newest = place == self.slider.maximum()
        self._show()

    def _show(self) -> None:
        sheet = self.shown
        place, last = self.slider.value(), self.slider.maximum()
        self.back.setEnabled(place > 0)
        self.on.setEnabled(place < last)
        self.caption.setText("" if sheet is None else f"{sheet.title} after {sheet.step:,} steps")
        key = "" if sheet is None else sheet.key
        if key != self._key:
            self._key = key
            if key:
                self.picture_wanted.emit(key)

    def show_picture(self, key: str, rgb: RGB | None) -> None:
        """Take the pixels of a picture, if it is the one that is chosen."""
        if key == self._key:
            self.picture.show_picture(rgb)
