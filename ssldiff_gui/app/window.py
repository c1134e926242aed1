"""The studio's window: made of parts, given its state, its views made after it is seen."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import QTimer, Signal
from qtpy.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPaintEvent
from qtpy.QtOpenGLWidgets import QOpenGLWidget
from qtpy.QtWidgets import QMainWindow, QMenuBar

from ssldiff_gui.app import parts as pages
from ssldiff_gui.app.action_set import ActionSet
from ssldiff_gui.app.actions import CELL_TOOLS, TOOLS
from ssldiff_gui.app.annotation_acts import AnnotationActs
from ssldiff_gui.app.binding import Binding
from ssldiff_gui.app.dialogs import AsksForFiles, Dialogs
from ssldiff_gui.app.file_acts import FileActs
from ssldiff_gui.app.joints.all import Joints
from ssldiff_gui.app.joints.joint import Frame
from ssldiff_gui.app.remembered import remember_window, restore_window, save
from ssldiff_gui.app.reporter import Reporter
from ssldiff_gui.app.situation import Situation
from ssldiff_gui.app.theme import Theme
from ssldiff_gui.app.view_acts import EditActs, PaneActs, ToolActs, ViewActs
from ssldiff_gui.app.window_acts import WindowActs
from ssldiff_gui.app.working import Working
from ssldiff_gui.core.check_colours import CIVIDIS
from ssldiff_gui.jobs.client import Client, WorkerClient
from ssldiff_gui.resources import resource_path
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.folder import FolderWatch
from ssldiff_gui.state.session import Session
from ssldiff_gui.state.settings import Settings
from ssldiff_gui.state.thumbnails import Thumbnails
from ssldiff_gui.viewer.gui_thread import Coalesced, on_gui_thread
from ssldiff_gui.widgets.drop_veil import DropVeil
from ssldiff_gui.widgets.legend import Ramp
from ssldiff_gui.widgets.toast import ToastStack

log = logging.getLogger(__name__)

CHECK_MS = 5000
"""How often open files are looked at, whether they are still what they were."""
SAVE_MS = 2000
"""How soon after a change the settings are written."""


def in_gui_thread(call: Callable[[], None]) -> None:
    """Let state change in the window's thread only."""
    on_gui_thread(call)


class StudioWindow(QMainWindow):
    """The whole program in one window.

    Parameters
    ----------
    session
        What is open.
    settings
        What is remembered.
    thumbnails
        Makes the browser's pictures.
    theme
        Dark or light.
    dialogs
        Asks for files; the system's own when None.
    client
        Does the work; a worker process when None.
    """

    ready = Signal()
    """The views exist and show what is open."""

    def __init__(
        self,
        session: Session,
        settings: Settings,
        thumbnails: Thumbnails,
        theme: Theme,
        dialogs: AsksForFiles | None = None,
        *,
        client: Client | None = None,
    ) -> None:
        super().__init__()
        self.session, self.settings, self.thumbnails = session, settings, thumbnails
        self.theme = theme
        self.views_ready = False
        self._painted = False
        self._closing = False
        self.setWindowTitle("SSLDiff Studio")
        self.setAcceptDrops(True)
        # Qt makes a window anew, with a flicker and without its focus, when the first canvas
        # comes to it. One that has been there from the start spares it that.
        QOpenGLWidget(self).hide()
        self.reporter = Reporter(ToastStack(self))
        self._change_soon = Coalesced(self._follow)
        self._build(dialogs or Dialogs(self), client or WorkerClient(in_gui_thread))
        self._connect()
        self._start_timers()
        restore_window(self, self.parts, settings)
        self.panes.restore(settings.panels)
        self._follow()

    def _build(self, dialogs: AsksForFiles, client: Client) -> None:
        menus = QMenuBar()
        self.actions_ = ActionSet(self)
        tools = [self.actions_[key] for key in TOOLS]
        cells = [self.actions_[key] for key in CELL_TOOLS]
        self.parts = parts = pages.Parts(menus, [*tools[:2], None, *tools[2:]], cells)
        self.veil = DropVeil(self)
        problem = self.reporter.problem
        self.watch = FolderWatch(in_gui_thread)
        self.files = FileActs(self.session, dialogs, parts.browser, self.watch, problem)
        self.annotations = AnnotationActs(
            self.session, dialogs, parts.annotations, parts.original, self.reporter
        )
        self.tools = ToolActs(parts.original, self.settings.last_tool)
        self.panes = PaneActs(parts, self._change_soon)
        self._join(dialogs, client)
        self.window_acts = WindowActs(self, self.actions_, self.theme, self.reporter)
        view = ViewActs(self.session, parts.original, parts.image, self, problem)
        self.edit = EditActs(self.session, lambda: self.joints.lab.history)
        self.actions_.bind(
            {
                "window": self.window_acts,
                "files": self.files,
                "edit": self.edit,
                "annotations": self.annotations,
                "tools": self.tools,
                "view": view,
                "panes": self.panes,
                **self.joints.by_name,
            }
        )
        self.actions_.fill_menus(menus)
        self.setCentralWidget(parts)
        self.binding = Binding(
            self.session, parts, self.reporter, self._change_soon, self.files.reload
        )

    def _join(self, dialogs: AsksForFiles, client: Client) -> None:
        frame = Frame(
            self.session, self.settings, self.parts, self.reporter, self._change_soon,
            self.tools.choose, lambda page: self.panes.turn_to(pages.PAGES.index(page)),
        )  # fmt: skip
        self.joints = Joints(frame, self, dialogs, self.tools)
        self.working = Working(frame, self.joints.each, client, in_gui_thread)
        self.joints.project.projects = self.working.projects
        self.joints.lab.labels.read_from = self.annotations.read_from

    def _connect(self) -> None:
        parts = self.parts
        parts.top.search_requested.connect(self.window_acts.palette)
        parts.top.theme_requested.connect(self.window_acts.toggle_theme)
        parts.browser.choose_requested.connect(self.files.choose_folder)
        parts.browser.folder_requested.connect(self.files.browse)
        parts.browser.wanted.connect(self._ask_for_thumbnails)
        self.theme.changed.connect(self._on_theme)
        self.thumbnails.ready.connect(parts.browser.set_thumbnail)
        self.thumbnails.failed.connect(self.binding.mark_problem)
        self._hint = ""

    def _start_timers(self) -> None:
        self._check = QTimer(self)
        self._check.timeout.connect(self.session.check)
        self._check.timeout.connect(self.watch.poll)
        self._check.timeout.connect(self.working.check)
        self._check.start(CHECK_MS)
        self._save_soon = QTimer(self)
        self._save_soon.setSingleShot(True)
        self._save_soon.setInterval(SAVE_MS)
        self._save_soon.timeout.connect(self.save)

    # -- after the first paint -------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Begin with what is heavy once the window has been seen."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self._begin)

    def _begin(self) -> None:
        self.parts.setFocus()  # else the first button would take it, and show so
        if self.session.folder is not None:
            self.files.browse(self.session.folder)
        else:
            self.watch.show(resource_path("samples"))
        self.session.forget_missing()
        in_background(self._load_napari, "load napari")

    def _load_napari(self) -> None:
        """Import what takes seconds, while the window answers."""
        import ssldiff_gui.viewer.desktop  # noqa: F401

        on_gui_thread(self._make_original)

    def _make_original(self) -> None:
        if self._closing:
            return
        from ssldiff_gui.slides.cache import TileCache
        from ssldiff_gui.slides.loader import TileLoader
        from ssldiff_gui.slides.tile_folder import TileFolder
        from ssldiff_gui.viewer.desktop import make_view

        cache = TileCache(self.settings.tile_memory_mb << 20)
        folder = TileFolder(cap_bytes=int(self.settings.pyramid_disk_gb * 2**30))
        self._loader = TileLoader(self.settings.decode_threads or None, cache, folder)
        self.parts.original.attach(*make_view(self._loader))
        view = self.parts.original.view
        assert view is not None  # noqa: S101
        view.tool_changed.connect(self._on_tool)
        self.tools.choose(self.tools.chosen)
        self.parts.original.follow_theme(self.theme.tokens)
        self.views_ready = True
        self.binding.show_current()
        QTimer.singleShot(0, self._make_synthetic)

    def _make_synthetic(self) -> None:
        if self._closing:
            return
        from ssldiff_gui.viewer.cross_hair import CrossHair
        from ssldiff_gui.viewer.desktop import make_view, warm_up
        from ssldiff_gui.viewer.links import link_cameras

        original, synthetic = self.parts.original, self.parts.synthetic
        synthetic.attach(*make_view(self._loader))
        synthetic.follow_theme(self.theme.tokens)
        assert original.view is not None  # noqa: S101
        assert synthetic.view is not None  # noqa: S101
        assert synthetic.canvas is not None  # noqa: S101
        self.link = link_cameras(original.view, synthetic.view)
        native = synthetic.canvas.canvas.native
        self.cross_hair = CrossHair(original.view, synthetic.view, native)
        warm_up()
        self.joints.attach(original.view, synthetic.view)
        self.working.start()
        self.ready.emit()

    # -- following -------------------------------------------------------------------------------

    @property
    def situation(self) -> Situation:
        """What holds now."""
        document = None if self.joints.lab.shown else self.session.current
        shown, history = self.panes.shown, self.edit.history
        return Situation(
            document=document is not None,
            several_documents=len(self.session.documents) > 1,
            annotated=document is not None and bool(document.editor.annotations),
            selected=document is not None and bool(document.editor.selection),
            undo_text="" if history is None else history.undo_text,
            redo_text="" if history is None else history.redo_text,
            tool=self.tools.chosen,
            browser_shown=shown["browser"],
            inspector_shown=shown["inspector"],
            minimap_shown=shown["minimap"],
            synthetic_shown=shown["synthetic"],
            palette_shown=shown["palette"],
            strip_shown=shown["strip"],
            follows_system=self.theme.mode == "system",
            **self.joints.facts(),
        )

    def _follow(self) -> None:
        if self._closing:
            return
        now = self.situation
        self.actions_.follow(now)
        self.panes.arrange(document=self.session.current is not None, lab=now.lab)
        self._show_compare(now)
        tools = self.parts.original.tools
        if tools is not None:
            tools.show_cells(shown=now.grid)
        self.working.refresh()
        self._show_hint()
        document = self.session.current
        name = "SSLDiff Studio" if document is None else document.name
        self.parts.top.show_document(name, self._saved_text())
        self.setWindowTitle(name if document is None else f"{name} – SSLDiff Studio")
        self._save_soon.start()

    def _show_compare(self, now: Situation) -> None:
        """Offer ways to compare once there is something to compare, and say what the map means."""
        bar, legend = self.parts.compare, self.parts.synthetic.legend
        bar.setVisible(now.result)
        bar.show_mode(now.compare)
        bar.show_check(now.map_shown if now.whole_result else None)
        low = self.joints.check.threshold
        ramp = Ramp("Likeness", CIVIDIS, 0.0, 1.0, low, f"hatched: below {low:.2f}")
        legend.show_ramp(ramp if now.map_shown and now.result else None)

    def _saved_text(self) -> str:
        """Every edit is in the journal the moment it is made; say when the last one was."""
        edited = self.binding.edited
        return f"saved {edited:%H:%M}" if edited is not None else ""

    def _show_hint(self) -> None:
        pending = self.session.pending
        wanted = Path(pending[0]).name if pending else "welcome"
        if self.session.current is None and wanted != self._hint:
            self._hint = wanted
            hint = (
                pages.opening(wanted)
                if pending
                else pages.welcome(
                    self.files.open, self.files.sample_slide, self.files.sample_scene
                )
            )
            self.parts.original.set_hint(hint)

    def _on_tool(self, tool: str) -> None:
        self.tools.follow(str(tool))
        self._change_soon()

    def _on_theme(self) -> None:
        for pane in (self.parts.original, self.parts.synthetic):
            pane.follow_theme(self.theme.tokens)
        self.settings.theme = self.theme.mode
        self._change_soon()

    def _ask_for_thumbnails(self, paths: list[Path]) -> None:
        self.thumbnails.forget_requests()
        for path in reversed(paths):  # what was asked for last is made first
            self.thumbnails.request(path)

    # -- files dropped on the window -------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Say what letting go would do."""
        count = len(event.mimeData().urls())
        if count:
            event.acceptProposedAction()
            opens = "Drop to open" if count == 1 else f"Drop to open {count} files"
            self.veil.announce("Drop to take it as data" if self.joints.lab.shown else opens)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Take the highlight away."""
        self.veil.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.veil.hide()
        urls = event.mimeData().urls()
        event.acceptProposedAction()
        dropped = [Path(u.toLocalFile()) if u.isLocalFile() else u.toString() for u in urls]
        if self.joints.lab.shown:
            self.joints.lab.take(dropped)
            return
        for path in self.files.take(dropped):
            self.annotations.read_from(path)

    # -- the end ---------------------------------------------------------------------------------

    def save(self) -> None:
        """Remember everything for the next start."""
        remember_window(self, self.parts, self.settings)
        self.settings.panels = self.panes.shown
        self.settings.last_tool = self.tools.chosen
        self.settings.theme = self.theme.mode
        self.session.remember()
        self.working.remember()
        problem = save(self.settings)
        if problem is not None:
            self.reporter.problem(problem)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember everything, then let go of views and files."""
        if not self._closing:
            self._closing = True
            self._check.stop()
            self._save_soon.stop()
            self._change_soon.close()
            self.save()
            self.theme.changed.disconnect(self._on_theme)
            self.thumbnails.ready.disconnect(self.parts.browser.set_thumbnail)
            self.thumbnails.failed.disconnect(self.binding.mark_problem)
            self.thumbnails.close()
            self.working.close()
            self._close_views()
            self.session.shut_down()
        super().closeEvent(event)

    def _close_views(self) -> None:
        self.joints.detach()
        if hasattr(self, "link"):
            self.link.close()
            self.cross_hair.leave()
        self.parts.synthetic.close_view()
        self.parts.original.close_view()
        if self.views_ready:
            self._loader.close()
