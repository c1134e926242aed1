"""`import ssldiff_gui`: what is there, and where resources are found."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys

import pytest

import ssldiff_gui
from ssldiff_gui import resources


@pytest.mark.parametrize("name", ssldiff_gui.__all__)
def test_every_public_name_is_there(name):
    assert getattr(ssldiff_gui, name) is not None
    assert name in dir(ssldiff_gui)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = ssldiff_gui.nonsense


def test_the_version_is_the_installed_one():
    assert ssldiff_gui.__version__ == importlib.metadata.version("ssldiff-gui")


def test_a_copy_that_was_never_installed_still_imports(repository, tmp_path):
    source = (repository / "ssldiff_gui" / "__init__.py").read_text(encoding="utf-8")
    (tmp_path / "ssldiff_gui").mkdir()
    (tmp_path / "ssldiff_gui" / "__init__.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "-S", "-c", "import ssldiff_gui; print(ssldiff_gui.__version__)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == "0+unknown"


def test_resources_are_found_in_a_checkout(repository):
    assert resources.resource_path("samples") == repository / "resources" / "samples"


def test_resources_inside_the_package_come_first(tmp_path, monkeypatch):
    (tmp_path / "ssldiff_gui" / "resources" / "icons").mkdir(parents=True)
    (tmp_path / "resources").mkdir()
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "ssldiff_gui")
    expected = tmp_path / "ssldiff_gui" / "resources" / "icons"
    assert resources.resource_path("icons") == expected


def test_a_missing_resource_is_named():
    with pytest.raises(FileNotFoundError, match=r"icons/none\.svg"):
        resources.resource_path("icons", "none.svg")


WITHOUT_QT = """
import sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "PySide2", "PyQt6", "PyQt5"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NoQt())
from ssldiff_gui.__main__ import main
sys.exit(main())
"""


def test_without_qt_the_studio_says_how_to_come_by_it():
    command = [sys.executable, "-c", WITHOUT_QT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The studio needs PySide6" in done.stderr
    assert 'pip install "ssldiff-gui[app]"' in done.stderr
    assert "Traceback" not in done.stderr
