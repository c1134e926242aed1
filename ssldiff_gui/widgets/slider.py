"""A number that is slid or typed: its name, a slider, and the number with its unit."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QHBoxLayout, QSlider, QWidget

from ssldiff_gui.widgets.controls import label
from ssldiff_gui.widgets.tokens import GRID

CAPTION = 8 * GRID
FIELD = 8 * GRID


class _WheelGuard(QObject):
    """Leaves the wheel to the page around a field, until someone works in that field."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        wheel = event.type() == QEvent.Type.Wheel
        if wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def guard_wheel(field: QWidget) -> None:
    """Have a field change by the wheel only while it has the focus, so that pages scroll."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_WheelGuard(field))


def is_typed_in(field: QAbstractSpinBox) -> bool:
    """Return whether someone has begun to type a number that does not hold yet."""
    line = field.lineEdit()
    return field.hasFocus() and line is not None and line.isModified()


class Slider(QWidget):
    """A name, a slider and a field for the number, in one line.

    Parameters
    ----------
    name
        What the number is; it takes the same room everywhere, so that sliders stand in line.
    low, high
        Its range.
    step
        Of an arrow key; Page Up and Down go ten.
    unit
        Follows the number: " %", " cells".
    decimals
        Digits after the point.
    tip
        More about it.
    """

    changed = Signal(float)
    """Another number, while it is being slid too."""
    settled = Signal(float)
    """The number at which sliding or typing ended."""

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        *,
        step: float = 1.0,
        unit: str = "",
        decimals: int = 0,
        tip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._low, self._step = low, step
        self.caption = label(name)
        self.caption.setMinimumWidth(CAPTION)
        self.field = QDoubleSpinBox()
        self.field.setDecimals(decimals)
        self.field.setRange(low, high)
        self.field.setSingleStep(step)
        self.field.setSuffix(unit)
        self.field.setKeyboardTracking(False)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.field.setObjectName("slidernumber")
        self.field.setFixedWidth(FIELD)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, max(1, round((high - low) / step)))
        self.slider.setPageStep(10)
        for part in (self.field, self.slider):
            part.setAccessibleName(name)
            part.setToolTip(tip)
            guard_wheel(part)
        self.field.valueChanged.connect(self._typed)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderReleased.connect(lambda: self.settled.emit(self.value))
        self._lay_out()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        if self.caption.text():
            row.addWidget(self.caption)
        else:
            self.caption.setParent(self)
            self.caption.hide()
        row.addWidget(self.slider, 1)
        row.addWidget(self.field)

    @property
    def value(self) -> float:
        """The number, in its unit."""
        return float(self.field.value())

    def show_value(self, value: float) -> None:
        """Show another number without saying so; what is being slid or typed is left alone."""
        if self.slider.isSliderDown() or is_typed_in(self.field):
            return
        with QSignalBlocker(self.field), QSignalBlocker(self.slider):
            self.field.setValue(value)
            self.slider.setValue(self._place(value))

    def _place(self, value: float) -> int:
        return round((value - self._low) / self._step)

    def _typed(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._place(value))
        self.changed.emit(value)
        self.settled.emit(value)

    def _slid(self, place: int) -> None:
        with QSignalBlocker(self.field):
            self.field.setValue(self._low + place * self._step)
        self.changed.emit(self.value)
        if not self.slider.isSliderDown():
            self.settled.emit(self.value)
