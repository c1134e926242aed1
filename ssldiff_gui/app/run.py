"""Starts the studio: reads the command line, makes the state, shows the window."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QApplication

from ssldiff_gui import __version__
from ssldiff_gui.app.dialogs import AsksForFiles
from ssldiff_gui.app.theme import Theme
from ssldiff_gui.app.window import StudioWindow, in_gui_thread
from ssldiff_gui.core.logs import start_logging
from ssldiff_gui.jobs.client import Client
from ssldiff_gui.resources import resource_path
from ssldiff_gui.state.session import Session
from ssldiff_gui.state.settings import Settings
from ssldiff_gui.state.thumbnails import Thumbnails

log = logging.getLogger(__name__)

THUMBNAIL = 480
"""Longer side in pixels: sharp at twice the scale in a pane of the usual width."""


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line.

    Parameters
    ----------
    words
        What was typed after the program's name; the real command line when None.
    """
    parser = argparse.ArgumentParser(prog="ssldiff-gui", description="SSLDiff Studio")
    parser.add_argument("files", nargs="*", metavar="FILE", help="slides, scenes or a folder")
    parser.add_argument("--sample", action="store_true", help="open the sample slide")
    parser.add_argument(
        "--beside", type=Path, metavar="CANVAS", help="show a canvas beside its slide"
    )
    parser.add_argument("--fresh", action="store_true", help="do not reopen what was open")
    parser.add_argument("--version", action="version", version=f"SSLDiff Studio {__version__}")
    return parser.parse_args(words)


def application() -> QApplication:
    """Return Qt's application, made when there is none."""
    made = QApplication.instance()
    if not isinstance(made, QApplication):
        made = QApplication(sys.argv[:1])
    made.setApplicationName("ssldiff-gui")
    made.setApplicationDisplayName("SSLDiff Studio")
    made.setApplicationVersion(__version__)
    made.setDesktopFileName("ssldiff-gui")
    icon = resource_path("icons") / "studio.svg"
    if icon.is_file():
        made.setWindowIcon(QIcon(str(icon)))
    return made


def make_window(
    application: QApplication,
    settings: Settings,
    dialogs: AsksForFiles | None = None,
    client: Client | None = None,
) -> StudioWindow:
    """Make the window and the state it shows, ready to be shown.

    Parameters
    ----------
    application
        Qt's application.
    settings
        What is remembered.
    dialogs
        Asks for files; the system's own dialogs when None.
    client
        Does the work; a worker process when None.
    """
    session = Session(settings, deliver=in_gui_thread)
    thumbnails = Thumbnails(
        size=THUMBNAIL, limit_bytes=settings.thumbnail_disk_mb << 20, deliver=in_gui_thread
    )
    theme = Theme(application, settings.theme)
    return StudioWindow(session, settings, thumbnails, theme, dialogs, client=client)


def begin(window: StudioWindow, wanted: argparse.Namespace, *, tour: bool = False) -> None:
    """Open what the command line names, else what was open at the end of the last run.

    Parameters
    ----------
    window
        Where it is opened.
    wanted
        See `arguments`.
    tour
        Whether the tour begins by itself at the very first start that names no file.
    """
    if tour and not (wanted.files or wanted.sample or wanted.beside):
        window.ready.connect(window.joints.help.welcome)
    if not wanted.fresh and not wanted.files:
        window.session.reopen()
    annotations = window.files.take(
        name if "://" in name else Path(name).absolute() for name in wanted.files
    )
    for path in annotations:
        window.annotations.read_from(path)
    if wanted.sample:
        window.files.sample_slide()
    if wanted.beside is not None:
        window.joints.beside.show(wanted.beside.absolute())


def main(words: Sequence[str] | None = None) -> int:
    """Run the studio until its window is closed.

    Returns
    -------
    int
        Exit code.
    """
    wanted = arguments(words)
    qt = application()
    settings = Settings.load()
    start_logging(settings.log_level)
    window = make_window(qt, settings)
    window.reporter.install()
    if settings.notice is not None:
        window.reporter.problem(settings.notice)
    window.show()
    begin(window, wanted, tour=True)
    code: int = qt.exec()
    window.reporter.uninstall()
    return code
