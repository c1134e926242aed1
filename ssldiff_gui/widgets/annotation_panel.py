"""The inspector's page of annotations: the list, and what can be done to what is chosen."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from qtpy.QtCore import QItemSelection, QItemSelectionModel, QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.palettes import COLOURS
from ssldiff_gui.state.editor import AnnotationEditor
from ssldiff_gui.widgets.annotation_list import (
    AnnotationDelegate,
    AnnotationModel,
    SizeText,
    no_size,
)
from ssldiff_gui.widgets.colour_button import Colour, ColourButton
from ssldiff_gui.widgets.controls import label, tool_button
from ssldiff_gui.widgets.empty_hint import EmptyHint
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.notice import Notice
from ssldiff_gui.widgets.tokens import GRID

NO_CLASS = "No class"


class AnnotationPanel(QWidget):
    """Shows and changes the annotations of one scene.

    Selection is shared with the views through the editor; every change is one undoable act.
    """

    zoom_requested = Signal(object)
    """Id of the annotation to look at."""
    import_requested = Signal()
    export_requested = Signal()
    failed = Signal(object)
    """A UserError that an act raised."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor: AnnotationEditor | None = None
        self._size_text: SizeText = no_size
        self.model = AnnotationModel(self)
        self._build()
        self.show_editor(None)

    def _build(self) -> None:
        self.notice = Notice()
        self.failed.connect(self.notice.tell)
        self.model.failed.connect(self.failed)
        self.list = self._list()
        self.empty = EmptyHint("shape-plus-outline", "No annotations", "")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.empty)
        self.detail = self._detail()
        self.model.modelReset.connect(self._refresh)
        self.model.dataChanged.connect(self._show_detail)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(self._header())
        column.addWidget(self.notice)
        column.addWidget(self._stack, 1)
        column.addWidget(self.detail)

    def _header(self) -> QHBoxLayout:
        self.count = label("", "muted")
        self.import_button = tool_button(
            "import", "Import annotations", "Import annotations…  (Ctrl+I)"
        )
        self.export_button = tool_button(
            "export", "Export annotations", "Export annotations…  (Ctrl+E)"
        )
        self.import_button.clicked.connect(self.import_requested)
        self.export_button.clicked.connect(self.export_requested)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.count, 1)
        row.addWidget(self.import_button)
        row.addWidget(self.export_button)
        return row

    def _list(self) -> QListView:
        view = QListView()
        view.setObjectName("annotations")
        view.setModel(self.model)
        view.setItemDelegate(AnnotationDelegate(self.model, view))
        view.setUniformItemSizes(True)
        view.setMouseTracking(True)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setAccessibleName("Annotations")
        view.doubleClicked.connect(view.edit)
        view.selectionModel().selectionChanged.connect(self._on_rows_chosen)
        return view

    def _detail(self) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        self.which = label("", "small", wrap=True)
        self.name = QLineEdit()
        self.name.setPlaceholderText("Name")
        self.name.setAccessibleName("Name of the annotation")
        self.name.editingFinished.connect(self._rename)
        self.classes = QComboBox()
        self.classes.setAccessibleName("Class of the annotation")
        self.classes.setEditable(True)
        self.classes.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.classes.setToolTip("Choose a class, or type a new one")
        self.classes.activated.connect(lambda _: self._classify())
        field = self.classes.lineEdit()
        assert field is not None  # noqa: S101
        field.returnPressed.connect(self._classify)
        self.colour = ColourButton(COLOURS)
        self.colour.chosen.connect(self._recolour)
        first = QHBoxLayout()
        first.setSpacing(GRID)
        first.addWidget(self.colour)
        first.addWidget(self.name, 1)
        column = QVBoxLayout(card)
        column.setContentsMargins(GRID + 4, GRID, GRID + 4, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.which)
        column.addLayout(first)
        column.addWidget(self.classes)
        column.addLayout(self._acts())
        return card

    def _acts(self) -> QHBoxLayout:
        self.zoom = tool_button(
            "image-filter-center-focus", "Zoom to the annotation", "Zoom to it  (Z)"
        )
        self.lock = tool_button("lock-outline", "Lock the annotation", "Lock or unlock  (L)")
        self.delete = tool_button("trash-can-outline", "Delete the annotation", "Delete  (Del)")
        self.zoom.clicked.connect(self.zoom_to_selected)
        self.lock.clicked.connect(self.toggle_lock)
        self.delete.clicked.connect(self.delete_selected)
        row = QHBoxLayout()
        row.setSpacing(0)
        buttons: tuple[QToolButton, ...] = (self.zoom, self.lock, self.delete)
        for button in buttons:
            row.addWidget(button)
        row.addStretch(1)
        return row

    # -- what is shown ---------------------------------------------------------------------------

    def show_editor(self, editor: AnnotationEditor | None, size_text: SizeText = no_size) -> None:
        """Show the annotations of another scene.

        Parameters
        ----------
        editor
            Its annotations, or None when nothing is open.
        size_text
            Says the size of one.
        """
        if self._editor is not None:
            self._editor.selection_changed.disconnect(self._on_selected)
        self._editor, self._size_text = editor, size_text
        if editor is not None:
            editor.selection_changed.connect(self._on_selected)
        self.notice.clear()
        self.model.show(editor, size_text)

    def _refresh(self) -> None:
        rows, detections = len(self.model.rows), self.model.detections
        noun = "annotation" if rows == 1 else "annotations"
        more = f" · {detections:,} detections" if detections else ""
        self.count.setText(f"{rows:,} {noun}{more}" if rows or detections else "")
        self._stack.setCurrentWidget(self.list if rows else self.empty)
        if self._editor is None:
            self.empty.say("No annotations", "Open a slide or a scene first.")
        else:
            self.empty.say(
                "No annotations yet",
                "Draw a rectangle (R), a polygon (P) or freehand (F), or import a file.",
            )
        self.import_button.setEnabled(self._editor is not None)
        self.export_button.setEnabled(bool(rows or detections))
        self._on_selected()

    def _on_selected(self, _: object = None) -> None:
        chosen = frozenset() if self._editor is None else self._editor.selection
        places = sorted(p for p in map(self.model.row_of, chosen) if p is not None)
        model, selection = self.list.selectionModel(), QItemSelection()
        for place in places:
            selection.select(self.model.index(place), self.model.index(place))
        with QSignalBlocker(model):
            model.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            if places and self.list.currentIndex().row() not in places:
                flag = QItemSelectionModel.SelectionFlag.NoUpdate
                model.setCurrentIndex(self.model.index(places[-1]), flag)
        self.list.viewport().update()
        if places:
            self.list.scrollTo(self.model.index(places[-1]))
        self._show_detail()

    def _on_rows_chosen(self) -> None:
        if self._editor is not None:
            rows = self.list.selectionModel().selectedIndexes()
            self._editor.select(self.model.rows[index.row()].id for index in rows)

    def _show_detail(self) -> None:
        chosen = self._chosen
        self.detail.setVisible(bool(chosen))
        if not chosen or self._editor is None:
            return
        first, several = chosen[0], len(chosen) > 1
        self.which.setText(f"{len(chosen)} selected" if several else self._size_text(first))
        self.name.setEnabled(not several)
        if not self.name.hasFocus() or self.name.text() != first.name:
            self.name.setText("" if several else first.name)
        self.colour.set_colour(self._editor.colour_of(first))
        locked = all(annotation.locked for annotation in chosen)
        self.lock.setIcon(icon("lock" if locked else "lock-open-variant-outline"))
        self.lock.setAccessibleName("Unlock the annotation" if locked else "Lock the annotation")
        self.delete.setEnabled(not any(annotation.locked for annotation in chosen))
        self._fill_classes(chosen)

    def _fill_classes(self, chosen: tuple[Annotation, ...]) -> None:
        assert self._editor is not None  # noqa: S101
        names = {annotation.class_name for annotation in chosen}
        with QSignalBlocker(self.classes):
            self.classes.clear()
            self.classes.addItem(NO_CLASS)
            for known in self._editor.classes:
                swatch = icon("square-rounded", colour="#{:02x}{:02x}{:02x}".format(*known.colour))
                self.classes.addItem(swatch, known.name)
            name = next(iter(names)) if len(names) == 1 else None
            self.classes.setCurrentText(name or NO_CLASS)
            self.classes.setCurrentIndex(max(0, self.classes.findText(name or NO_CLASS)))

    # -- what is done ----------------------------------------------------------------------------

    @property
    def _chosen(self) -> tuple[Annotation, ...]:
        return () if self._editor is None else self._editor.selected

    @property
    def _ids(self) -> list[UUID]:
        return [annotation.id for annotation in self._chosen]

    def rename_selected(self) -> None:
        """Put the cursor into the name of what is chosen, in the list."""
        row = self.model.row_of(self._ids[0]) if self._ids else None
        if row is not None:
            self.list.setCurrentIndex(self.model.index(row))
            self.list.edit(self.model.index(row))

    def delete_selected(self) -> None:
        """Delete what is chosen."""
        self._try(lambda editor: editor.remove(self._ids))

    def toggle_lock(self) -> None:
        """Lock what is chosen, or unlock it when all of it is locked."""
        locked = all(annotation.locked for annotation in self._chosen)
        self._try(lambda editor: editor.lock(self._ids, not locked))

    def zoom_to_selected(self) -> None:
        """Ask for a look at what is chosen."""
        if self._ids:
            self.zoom_requested.emit(self._ids[0])

    def _rename(self) -> None:
        chosen = self._chosen
        text = self.name.text().strip()
        if len(chosen) == 1 and text != chosen[0].name:
            self._try(lambda editor: editor.rename(chosen[0].id, text))

    def _classify(self) -> None:
        text = self.classes.currentText().strip()
        wanted = None if text in ("", NO_CLASS) else text
        if any(annotation.class_name != wanted for annotation in self._chosen):
            self._try(lambda editor: editor.classify(self._ids, wanted))

    def _recolour(self, colour: Colour | None) -> None:
        self._try(lambda editor: editor.recolour(self._ids, colour))

    def _try(self, act: Callable[[AnnotationEditor], object]) -> None:
        if self._editor is None:
            return
        try:
            act(self._editor)
        except UserError as error:
            self.failed.emit(error)
        else:
            self.notice.clear()
            self._editor.history.seal()
