"""What every test stands on: a home of its own, and the real files where they exist."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.displays import own_display

# Two runs side by side, on two cores: more threads would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

REPOSITORY = Path(__file__).resolve().parents[1]

HOMES = {
    "XDG_CONFIG_HOME": "config",
    "XDG_CACHE_HOME": "cache",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
}


BLIND = sys.platform.startswith("linux") and not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ)
"""Whether there is no display; `make test` brings one of its own."""

OWN_DISPLAY = own_display()

if BLIND:  # Qt would end the whole run
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


PARITY = Path(os.environ.get("SSLDIFF_PARITY") or REPOSITORY.parent / "shared" / "parity")
"""What the published programs answered; read here, because tests run without our variables."""


@pytest.fixture(scope="session")
def parity() -> Path:
    """Numbers that the published systems' own code has given, one folder a system."""
    if not PARITY.is_dir():
        pytest.skip("the published programs' answers are not beside this checkout")
    return PARITY


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that is being tested."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real slides, scenes and malformed files; they live beside the repository, not in it."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the real files are not beside this checkout (../shared)")
    return folder


@pytest.fixture
def without_starters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the package carry no models."""

    def absent(*_: str) -> Path:
        raise FileNotFoundError

    monkeypatch.setattr("ssldiff_gui.models.folders.resource_path", absent)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test settings, caches and logs of its own, so that none sees the user's."""
    home = tmp_path_factory.mktemp("home", numbered=True)
    for variable, folder in HOMES.items():
        monkeypatch.setenv(variable, str(home / folder))
    if "NAPARI_CONFIG" not in os.environ:
        monkeypatch.setenv("NAPARI_CONFIG", str(home / "config" / "napari" / "settings.yaml"))
    for variable in [name for name in os.environ if name.startswith("SSLDIFF_")]:
        monkeypatch.delenv(variable)
    return home


@pytest.fixture(autouse=True)
def own_looks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Take back what a test did to the looks of the application, which all tests share."""
    if not {"qapp", "qtbot"}.intersection(request.fixturenames):
        yield
        return
    application = request.getfixturevalue("qapp")
    sheet, font, palette = application.styleSheet(), application.font(), application.palette()
    yield
    if application.styleSheet() != sheet:
        application.setStyleSheet(sheet)
        application.setFont(font)
        application.setPalette(palette)
    if icons := sys.modules.get("ssldiff_gui.widgets.icons"):
        icons.use_palette(None)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests that draw take turns where they share one display, its focus, its pointer."""
    for item in items:
        if BLIND and item.get_closest_marker("gui"):
            item.add_marker(pytest.mark.skip("draws with OpenGL: run `make test`, or xvfb-run"))
        fixtures = getattr(item, "fixturenames", ())
        draws = item.get_closest_marker("gui") or {"qtbot", "qapp"}.intersection(fixtures)
        if draws and not OWN_DISPLAY:
            item.add_marker(pytest.mark.xdist_group("display"))
