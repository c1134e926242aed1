"""A first look around: a light on one part of the window after the other, and a few words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qtpy.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer, Signal
from qtpy.QtGui import (
    QColor,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QRegion,
    QShowEvent,
)
from qtpy.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ssldiff_gui.widgets.controls import label, push_button
from ssldiff_gui.widgets.overlay import Overlay
from ssldiff_gui.widgets.tokens import GRID

WIDTH = 46 * GRID
LOOK_MS = 200
"""How often the part in the light is looked at: whether it moved, whether the thing is done."""
DONE_MS = 700
"""How long a done step is shown as done before the next."""

OUR_KEYS = (
    Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Left, Qt.Key.Key_Right,
)  # fmt: skip
"""What keys mean to the words while they have the focus; all others are the window's."""

Target = Callable[[], QWidget | None]
Test = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class TourStep:
    """One stop.

    Parameters
    ----------
    key
        Its name, for whoever follows the tour.
    title
        What to do, in a few words.
    text
        How, in at most two lines.
    target
        Returns the part it is about; None lights nothing and puts the words in the middle.
    done
        Whether the thing was done: then the tour goes on by itself.
    """

    key: str
    title: str
    text: str
    target: Target
    done: Test | None = None


class Tour(Overlay):
    """Darkens the window but for one part, which can be worked as always.

    Parameters
    ----------
    window
        What it lies over.
    """

    shade = 150

    step_changed = Signal(str)
    """Key of the step in view."""
    finished = Signal()
    """All was seen."""
    left = Signal(str)
    """Key of the step at which it was left."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.steps: tuple[TourStep, ...] = ()
        self.place_ = 0
        self._light = QRect()
        self._waits = False
        self._focus: QWidget | None = None
        self.setAccessibleName("Tour")
        self.card = _Card(self)
        self.card.next_button.clicked.connect(self.forward)
        self.card.back_button.clicked.connect(self.back)
        self.card.skip_button.clicked.connect(self.leave)
        for part in (self.card, *self.card.buttons):
            part.installEventFilter(self)
        self._look = QTimer(self)
        self._look.setInterval(LOOK_MS)
        self._look.timeout.connect(self._on_look)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(DONE_MS)
        self._soon.timeout.connect(self.forward)

    # -- going along -----------------------------------------------------------------------------

    def start(self, steps: Sequence[TourStep]) -> None:
        """Begin at the first step."""
        self.steps, self.place_ = tuple(steps), 0
        if self.steps:
            self._focus = self.window().focusWidget()
            self._look.start()
            self._show()

    @property
    def step(self) -> TourStep:
        """The step in view."""
        return self.steps[self.place_]

    def forward(self) -> None:
        """Go to the next step, or end after the last."""
        self._soon.stop()
        if self.place_ + 1 >= len(self.steps):
            self._end()
            self.finished.emit()
            return
        self.place_ += 1
        self._show()

    def back(self) -> None:
        """Go to the step before."""
        self._soon.stop()
        if self.place_ > 0:
            self.place_ -= 1
            self._show()

    def leave(self) -> None:
        """End it here."""
        if self.isVisible():
            key = self.step.key
            self._end()
            self.left.emit(key)

    def _end(self) -> None:
        self._look.stop()
        self._soon.stop()
        self.hide()
        back = self._focus if self._focus is not None and self._focus.isVisible() else self._below
        back.setFocus()
        self._focus = None

    def _show(self) -> None:
        step = self.step
        # A thing that was done before is no reason to hurry on: it is waited for only when it
        # is still to be done.
        self._waits = step.done is not None and not step.done()
        self.card.show_step(step, self.place_, len(self.steps))
        self._light = QRect()
        self.cover()
        # Space moves the picture: a step at which something is to be done has no button take it.
        focus = self.card if self._waits else self.card.next_button
        focus.setFocus(Qt.FocusReason.OtherFocusReason)
        self.step_changed.emit(step.key)

    def _on_look(self) -> None:
        if self._target_box() != self._light:
            self.place()
        self.raise_()
        done = self.step.done
        if self._waits and done is not None and done():
            self._waits = False
            self.card.praise()
            self._soon.start()

    # -- where things are ------------------------------------------------------------------------

    def _target_box(self) -> QRect:
        target = self.step.target()
        if target is None or not target.isVisible():
            return QRect()
        corner = target.mapTo(self._below, QPoint(0, 0))
        box = QRect(corner, target.size()).adjusted(-4, -4, 4, 4)
        return box.intersected(self.rect().adjusted(2, 2, -2, -2))

    def place(self) -> None:
        """Put the light on the part, and the words beside it."""
        if not self.steps:
            return
        self._light = box = self._target_box()
        self.card.setFixedWidth(min(WIDTH, self.width() - 4 * GRID))
        self.card.adjustSize()
        card = self._beside(box)
        self.card.setGeometry(card)
        # What is lit belongs to the window again: presses go through to it.
        region = QRegion(self.rect())
        if not box.isEmpty():
            region -= QRegion(box)
        self.setMask(region + QRegion(card))
        self.update()

    def _beside(self, box: QRect) -> QRect:
        """Return where the words go: below, above, right, left, else over the part's corner."""
        size, gap, room = self.card.size(), 2 * GRID, self.rect().adjusted(16, 16, -16, -16)
        card = QRect(QPoint(0, 0), size)
        if box.isEmpty():
            card.moveCenter(self.rect().center())
            return card
        middle_x = box.center().x() - size.width() // 2
        middle_y = box.center().y() - size.height() // 2
        for x, y in (
            (box.right() + gap, middle_y),
            (box.left() - gap - size.width(), middle_y),
            (middle_x, box.bottom() + gap),
            (middle_x, box.top() - gap - size.height()),
        ):
            card.moveTo(
                min(max(x, room.left()), room.right() - size.width() + 1),
                min(max(y, room.top()), room.bottom() - size.height() + 1),
            )
            if not card.intersects(box):
                return card
        card.moveTo(box.right() - size.width() - gap, box.bottom() - size.height() - gap)
        return card

    # -- Qt --------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Follow what changes from now on."""
        super().showEvent(event)
        self.place()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Darken all but the lit part, and draw a ring around that."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        path = QPainterPath()
        path.addRect(QRectF(self.rect()))
        if not self._light.isEmpty():
            hole = QPainterPath()
            hole.addRoundedRect(QRectF(self._light), 8, 8)
            path -= hole
        painter.fillPath(path, QColor(0, 0, 0, self.shade))
        if not self._light.isEmpty():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self._light).adjusted(-1, -1, 1, 1), 9, 9)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go along with the arrows, leave with Esc."""
        event.accept()
        self._key(event.key())

    def _on_words(self, part: QObject, key: int) -> bool:
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            (part if isinstance(part, QPushButton) else self.card.next_button).click()
            return True
        return self._key(key)

    def _key(self, key: int) -> bool:
        if key == Qt.Key.Key_Escape:
            self.leave()
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_PageDown):
            self.forward()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_PageUp):
            self.back()
        else:
            return False
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave on an Esc that nothing else in the window took; arrows go along, Return presses.

        By themselves, arrows would go from button to button, and Return would press none.
        """
        if watched in (self.card, *self.card.buttons) and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.setAccepted(event.key() in OUR_KEYS)
                return event.isAccepted()
            return event.type() == QEvent.Type.KeyPress and self._on_words(watched, event.key())
        if watched is self._below and self.isVisible() and isinstance(event, QKeyEvent):
            pressed = event.type() == QEvent.Type.KeyPress
            if pressed and event.key() == Qt.Key.Key_Escape:
                self.leave()
                return True
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QEvent) -> None:
        """Keep presses beside the lit part from what lies in the dark."""
        event.accept()


class _Card(QFrame):
    """The words of a step, dots for where one is, and the way on."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("tourcard")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.title = label("", "title", wrap=True)
        self.text = label("", "muted", wrap=True)
        self.dots = _Dots()
        self.skip_button = push_button("Skip", "quiet")
        self.back_button = push_button("Back")
        self.next_button = push_button("Next", "primary")
        self.buttons = (self.skip_button, self.back_button, self.next_button)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self.dots)
        buttons.addStretch(1)
        buttons.addWidget(self.skip_button)
        buttons.addWidget(self.back_button)
        buttons.addWidget(self.next_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addSpacing(GRID)
        column.addLayout(buttons)

    def show_step(self, step: TourStep, place: int, count: int) -> None:
        last = place + 1 == count
        self.title.setText(step.title)
        self.text.setText(step.text)
        self.dots.show_place(place, count)
        self.back_button.setVisible(place > 0)
        self.skip_button.setVisible(not last)
        self.next_button.setText("Done" if last else "Next")
        self.setAccessibleName(f"Step {place + 1} of {count}: {step.title}")
        self.setAccessibleDescription(step.text)

    def praise(self) -> None:
        """Say that the thing was done."""
        self.title.setText(f"{self.title.text()} ✓")


class _Dots(QWidget):
    """A dot a step; the one in view is longer."""

    def __init__(self) -> None:
        super().__init__()
        self._place, self._count = 0, 1
        self.setFixedHeight(GRID)

    def show_place(self, place: int, count: int) -> None:
        self._place, self._count = place, count
        self.setFixedWidth(count * 14 + 12)
        self.setAccessibleName(f"Step {place + 1} of {count}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        x = 0.0
        for place in range(self._count):
            now = place == self._place
            role = QPalette.ColorRole.Highlight if now else QPalette.ColorRole.Mid
            painter.setBrush(self.palette().color(role))
            width = 18 if now else GRID
            painter.drawRoundedRect(QRectF(x, 0, width, GRID), 4, 4)
            x += width + 6
