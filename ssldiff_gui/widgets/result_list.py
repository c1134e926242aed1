"""A row of result cards that is worked by mouse, menu and keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtpy.QtCore import QEvent, QModelIndex, QSize, Qt, QTimer, Signal
from qtpy.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from qtpy.QtWidgets import QAbstractItemView, QListView, QMenu, QWidget

from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.result_card import Index, ResultCard, ResultModel
from ssldiff_gui.widgets.result_paint import ResultDelegate, card_size
from ssldiff_gui.widgets.tokens import GRID

_Line = tuple[str, str, str, bool, Callable[[], object]]

OUR_KEYS = frozenset(
    int(key)
    for key in (
        Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_S, Qt.Key.Key_F2, Qt.Key.Key_Delete,
        Qt.Key.Key_Backspace, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End,
    )
)  # fmt: skip
"""What keys mean to a card while the row has the focus."""

SETTLE_MS = 60
"""How long scrolling rests before missing pictures are asked for."""


def _plain(event: QKeyEvent) -> bool:
    return not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier


class ResultList(QListView):
    """Shows cards side by side; says what is asked of which."""

    show_requested = Signal(str)
    """Show a result in the view."""
    fit_requested = Signal(str)
    """Show a result as a whole: its card was pressed twice."""
    compare_requested = Signal(str, str)
    """Compare the result in view with another."""
    star_requested = Signal(str, bool)
    rename_requested = Signal(str, str)
    delete_requested = Signal(str)
    redo_requested = Signal(str)
    """Render it again with another seed."""
    continue_requested = Signal(str)
    """Go on with one that is not finished."""
    restore_requested = Signal(str)
    """Take its grid and its settings back into the editor."""
    export_requested = Signal(str)
    cancel_requested = Signal(str)
    """Stop the rendering of one."""
    thumbnails_wanted = Signal(object)
    """Ids of cards in view whose pictures are missing."""

    def __init__(self, model: ResultModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("results")
        self.cards = model
        self.delegate = ResultDelegate(model, self)
        self.setModel(model)
        self.setItemDelegate(self.delegate)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setSpacing(0)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Results")
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._ask_for_thumbnails)
        self.horizontalScrollBar().valueChanged.connect(lambda _: self._settle.start())
        self.horizontalScrollBar().setSingleStep(card_size(0).width() // 4)
        model.modelReset.connect(self._settle.start)
        model.renamed.connect(self.rename_requested)

    # -- what is chosen --------------------------------------------------------------------------

    @property
    def chosen(self) -> ResultCard | None:
        """The card that keys act on."""
        row = self.currentIndex().row()
        return self.cards.shown[row] if 0 <= row < len(self.cards.shown) else None

    def choose(self, identity: str) -> None:
        """Put the selection on a card and bring it into view."""
        row = self.cards.row_of(identity)
        if row is not None:
            self.setCurrentIndex(self.cards.index(row))
            self.scrollTo(self.cards.index(row))

    def rename(self, identity: str = "") -> None:
        """Put the cursor into a card's name."""
        if identity:
            self.choose(identity)
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())
            self.edit(self.currentIndex())

    # -- the mouse -------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Star, compare, or show what was pressed."""
        index = self.indexAt(event.position().toPoint())
        left = event.button() == Qt.MouseButton.LeftButton
        if left and index.isValid() and self._pressed(index, event):
            event.accept()
            return
        super().mousePressEvent(event)

    def _pressed(self, index: QModelIndex, event: QMouseEvent) -> bool:
        card = self.cards.shown[index.row()]
        box, place = self.visualRect(index), event.position().toPoint()
        if self.delegate.star_box(box).contains(place):
            self._star(card)
            return True
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._compare(card)
            return True
        self.setCurrentIndex(index)
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if card.id != self.cards.current:
            self.show_requested.emit(card.id)
        return True

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Change the name when that was pressed twice, else show the whole result."""
        place = event.position().toPoint()
        index = self.indexAt(place)
        if not index.isValid() or event.button() != Qt.MouseButton.LeftButton:
            return
        card, box = self.cards.shown[index.row()], self.visualRect(index)
        if self.delegate.star_box(box).contains(place):
            self._star(card)
        elif self.delegate.name_box(box).contains(place):
            self.edit(index)
        else:
            self.fit_requested.emit(card.id)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Move along the row, whichever way the wheel turns."""
        step = event.angleDelta()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (step.x() or step.y()))
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer everything that can be done with a card."""
        mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        index = self.indexAt(event.pos()) if mouse else self.currentIndex()
        if not index.isValid():
            return
        self.setCurrentIndex(index)
        menu = self.menu_of(self.cards.shown[index.row()])
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box = self.visualRect(index)
        menu.popup(event.globalPos() if mouse else self.viewport().mapToGlobal(box.center()))

    def menu_of(self, card: ResultCard) -> QMenu:
        """Return what can be done with a card, as a menu."""
        menu = QMenu(self)
        menu.setAccessibleName(card.name)
        for line in self._lines(card):
            if line is None:
                menu.addSeparator()
                continue
            words, glyph, keys, possible, act = line
            made = menu.addAction(icon(glyph), f"{words}\t{keys}" if keys else words)
            made.setEnabled(possible)
            made.triggered.connect(lambda _=False, act=act: act())
        return menu

    def _lines(self, card: ResultCard) -> list[_Line | None]:
        """Return the lines of the menu: words, icon, key, whether it can be done, what it does."""
        seen, name = card.status != "failed", card.id
        other = bool(self.cards.current) and name != self.cards.current
        kept = card.status in ("done", "partial")
        begun: dict[str, _Line] = {
            "partial": ("Go on rendering", "play", "", True,
                        lambda: self.continue_requested.emit(name)),
            "rendering": ("Stop rendering", "close", "", True,
                          lambda: self.cancel_requested.emit(name)),
        }  # fmt: skip
        return [
            ("Show", "eye-outline", "Return", seen, lambda: self.show_requested.emit(name)),
            ("Compare with the one shown", "compare", "Shift+Return", seen and other,
             lambda: self._compare(card)),
            ("Take the star away" if card.starred else "Star", "star-outline", "S", True,
             lambda: self._star(card)),
            ("Rename…", "rename-outline", "F2", True, lambda: self.rename(name)),
            None,
            *([begun[card.status]] if card.status in begun else []),
            ("Render again with a new seed", "dice-multiple-outline", "", True,
             lambda: self.redo_requested.emit(name)),
            ("Restore its grid and settings", "restore", "", True,
             lambda: self.restore_requested.emit(name)),
            None,
            ("Export…", "export", "", kept, lambda: self.export_requested.emit(name)),
            ("Delete", "trash-can-outline", "Del", card.status != "rendering",
             lambda: self._delete(card)),
        ]  # fmt: skip

    def _star(self, card: ResultCard) -> None:
        self.star_requested.emit(card.id, not card.starred)

    def _compare(self, card: ResultCard) -> None:
        current = self.cards.current
        if current and current != card.id and card.status != "failed":
            self.compare_requested.emit(current, card.id)

    # -- the keyboard ----------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on the chosen card."""
        card = self.chosen
        if card is not None and _plain(event) and self._key(event.key(), card):
            event.accept()
            return
        shift = event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        if card is not None and shift and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._compare(card)
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Take our keys before a shortcut of the window does, which may mean something else."""
        asked = event.type() == QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and _plain(event) and event.key() in OUR_KEYS:
            event.accept()
            return True
        return super().event(event)

    def _key(self, key: int, card: ResultCard) -> bool:
        acts: dict[int, Callable[[], object]] = {
            int(Qt.Key.Key_Return): lambda: self.show_requested.emit(card.id),
            int(Qt.Key.Key_Enter): lambda: self.show_requested.emit(card.id),
            int(Qt.Key.Key_S): lambda: self._star(card),
            int(Qt.Key.Key_F2): self.rename,
            int(Qt.Key.Key_Delete): lambda: self._delete(card),
            int(Qt.Key.Key_Backspace): lambda: self._delete(card),
        }
        if key not in acts:
            return False
        acts[key]()
        return True

    def _delete(self, card: ResultCard) -> None:
        if card.status != "rendering":
            self.delete_requested.emit(card.id)

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] | None = None) -> None:
        """Draw what changed; a row would lay all cards out anew, and their size never changes."""
        QAbstractItemView.dataChanged(self, first, last, list(roles or ()))

    # -- what is in view -------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let cards be as high as the row."""
        height = self.height() - (12 if self._scrolls() else 0)
        if height != self.delegate.height:
            self.delegate.height = height
            self.scheduleDelayedItemsLayout()
        super().resizeEvent(event)
        self._settle.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for the pictures of cards that came while nobody could see them."""
        super().showEvent(event)
        self._settle.start()

    def _scrolls(self) -> bool:
        return len(self.cards.shown) * card_size(self.height()).width() > self.width()

    def sizeHint(self) -> QSize:
        """Return the height of one card."""
        return QSize(60 * GRID, card_size(0).height())

    @property
    def rows_in_view(self) -> range:
        """Rows that are seen, at least in part."""
        count, width = len(self.cards.shown), card_size(self.delegate.height).width()
        first = self.horizontalOffset() // max(1, width)
        last = (self.horizontalOffset() + self.viewport().width()) // max(1, width)
        return range(min(first, count), min(last + 1, count))

    def _ask_for_thumbnails(self) -> None:
        missing = self.cards.without_thumbnail(self.rows_in_view)
        if missing and self.isVisible():
            self.thumbnails_wanted.emit(missing)
