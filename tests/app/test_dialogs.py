from __future__ import annotations

from pathlib import Path

import pytest
from qtpy.QtWidgets import QFileDialog, QWidget

from ssldiff_gui.app.dialogs import Dialogs, suffixes_of


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the person types into the system's dialog, one name after the other."""
    given: list[str] = []

    def ask(_parent: QWidget, _title: str, _suggested: str, filters: str) -> tuple[str, str]:
        return given.pop(0), filters

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    return given


@pytest.fixture
def dialogs(qtbot) -> Dialogs:
    window = QWidget()
    qtbot.addWidget(window)
    return Dialogs(window)


def test_suffixes_are_read_from_filters():
    assert suffixes_of("OME-TIFF (*.ome.tif)") == (".ome.tif",)
    assert suffixes_of("JPEG (*.jpg *.JPEG)") == (".jpg", ".jpeg")
    assert suffixes_of("All files (*)") == ()


def test_a_missing_suffix_is_added(dialogs, answers, tmp_path: Path):
    answers += [str(tmp_path / "a"), str(tmp_path / "b.ome.tif"), ""]
    assert dialogs.save_file(tmp_path, "OME-TIFF (*.ome.tif)") == tmp_path / "a.ome.tif"
    assert dialogs.save_file(tmp_path, "OME-TIFF (*.ome.tif)") == tmp_path / "b.ome.tif"
    assert dialogs.save_file(tmp_path, "OME-TIFF (*.ome.tif)") is None


def test_a_name_that_became_another_file_is_asked_about_again(dialogs, answers, tmp_path: Path):
    (tmp_path / "a.png").touch()
    answers += [str(tmp_path / "a"), str(tmp_path / "c.png")]
    assert dialogs.save_file(tmp_path, "PNG (*.png)") == tmp_path / "c.png"
    assert not answers


def test_projects_end_in_their_suffix(dialogs, answers, tmp_path: Path):
    answers += [str(tmp_path / "cohort"), ""]
    assert dialogs.save_project(tmp_path / "x.ssldiff") == tmp_path / "cohort.ssldiff"
    assert dialogs.save_project(tmp_path / "x.ssldiff") is None
