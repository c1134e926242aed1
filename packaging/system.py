"""What the studio needs of the operating system, and how to come by it on Debian and its kin.

Every need is probed for itself, so that only what is truly missing is ever asked for, and a
machine that has it by other means (another distribution, a module system) is left in peace.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""What Qt's libraries and its X11 plugin link to, and the Debian package that brings it."""

FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
OPENGL_DRIVERS = ("dri/*swrast*_dri.so", "dri/*_dri.so", "libgallium-*.so")


def has_display() -> bool:
    """Tell whether a window could be shown to somebody."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_opengl_driver() -> bool:
    roots = [Path("/usr/lib"), Path("/usr/lib64"), *Path("/usr/lib").glob("*-linux-gnu*")]
    return any(any(root.glob(pattern)) for root in roots for pattern in OPENGL_DRIVERS)


def _has_fonts() -> bool:
    folders = [Path(folder).expanduser() for folder in FONT_FOLDERS]
    return any(next(folder.rglob("*.[to]tf"), None) for folder in folders if folder.is_dir())


def missing_packages(*, display: bool) -> list[str]:
    """Return the Debian packages whose content this machine lacks.

    Parameters
    ----------
    display
        Whether windows are going to be drawn; without them only Python's own needs count.
    """
    if not sys.platform.startswith("linux"):
        return []
    missing = []
    if importlib.util.find_spec("ensurepip") is None and shutil.which("uv") is None:
        missing.append("python3-venv")
    if display:
        missing += [package for name, package in LIBRARIES.items() if not _loads(name)]
        if not _has_opengl_driver():
            missing.append("libgl1-mesa-dri")
        if not _has_fonts():
            missing.append("fonts-dejavu-core")
        if not has_display() and shutil.which("Xvfb") is None:
            missing += ["xvfb", "xauth"]
    return missing


def _privilege() -> list[str] | None:
    """Return the words that let a command run as root, or None where nothing does."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if (
        sudo
        and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return [sudo, "-n"]
    return None


def install(packages: list[str]) -> bool:
    """Install the packages with apt; return whether that was possible and went well."""
    privilege = _privilege()
    if shutil.which("apt-get") is None or privilege is None:
        return False
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    apt = [*privilege, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    # A failed update is not the end: the lists of yesterday may do.
    subprocess.run([*apt, "update"], check=False, stdout=subprocess.DEVNULL)
    wanted = [*apt, "install", "--no-install-recommends", *packages]
    return subprocess.run(wanted, check=False, stdout=subprocess.DEVNULL).returncode == 0


def explain(packages: list[str]) -> str:
    """Return what a person has to do about packages that could not be installed."""
    names = " ".join(packages)
    return (
        f"These system packages are missing and could not be installed from here: {names}\n"
        "On Debian or Ubuntu, an administrator installs them with\n"
        f"    sudo apt-get update && sudo apt-get install {names}\n"
        "On another system, install what carries the same libraries. Then run make again\n"
        "(or with SSLDIFF_SETUP_SYSTEM=skip to try without them)."
    )
