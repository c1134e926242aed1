"""Make this checkout ready to run: system packages, a virtual environment, the package.

Needs nothing but Python's standard library. Everything is done once: when the stamp in the
environment says that nothing has changed, this ends at once and touches no network.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import system

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "ssldiff-setup.stamp"
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
LOG = ROOT / "out" / "setup.log"
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
OLDEST = (3, 11)


class SetupError(Exception):
    """The checkout cannot be made ready; the message says what to do."""


def fingerprint() -> str:
    """Return a hash of all that decides what is installed."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    facts = [project["project"], project["build-system"], CONSTRAINTS.read_text(encoding="utf-8")]
    facts += [str(ROOT), sys.version]
    facts += [(plugin / "pyproject.toml").read_text(encoding="utf-8") for plugin in PLUGINS]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def ensure_system(*, display: bool) -> None:
    """Install the system packages that are missing, or say which they are."""
    if os.environ.get("SSLDIFF_SETUP_SYSTEM") == "skip":
        return
    missing = system.missing_packages(display=display)
    if not missing:
        return
    system.install(missing)
    missing = system.missing_packages(display=display)
    if missing:
        raise SetupError(system.explain(missing))


def run(command: list[str | Path], *, title: str) -> bool:
    """Run a step of the installation; its words go to the log, and to the screen if it fails."""
    print(f"{title} …", flush=True)
    LOG.parent.mkdir(exist_ok=True)
    # uv brings certificates of its own; behind a proxy only the system's are complete.
    environment = {"UV_SYSTEM_CERTS": "true"} | os.environ
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(map(str, command))}\n")
        log.flush()
        done = subprocess.run(
            command, check=False, stdout=log, stderr=log, cwd=ROOT, env=environment
        )
    return done.returncode == 0


def works(*command: str | Path) -> bool:
    """Tell whether a command can be run at all."""
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def ensure_environment() -> None:
    """Make the virtual environment, anew if the one that is there does not start."""
    if works(PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"):
        return
    uv = shutil.which("uv")
    if works(sys.executable, "-m", "ensurepip", "--version"):
        made = run(
            [sys.executable, "-m", "venv", "--clear", VENV], title="Making a virtual environment"
        )
    else:
        made = uv is not None and run(
            [uv, "venv", "--clear", "--python", sys.executable, VENV],
            title="Making a virtual environment with uv",
        )
    if not made:
        raise SetupError(f"A virtual environment could not be made in {VENV}; see {LOG}.")


def installers() -> list[list[str | Path]]:
    """Return the ways to install into the environment, the quick one first."""
    ways: list[list[str | Path]] = []
    has_pip = works(PYTHON, "-m", "pip", "--version")
    uv: str | Path | None = shutil.which("uv")
    if uv is None and has_pip:
        run([PYTHON, "-m", "pip", "install", "-q", "uv"], title="Fetching uv, a quick installer")
    own = PYTHON.with_name("uv.exe" if os.name == "nt" else "uv")
    if own.exists():
        uv = own
    if uv is not None:
        # pip compiles what it installs; without that every first start would, for seconds.
        ways.append([uv, "pip", "install", "--compile-bytecode", "--python", PYTHON])
    if not has_pip and works(PYTHON, "-m", "ensurepip"):
        has_pip = True
    if has_pip:
        ways.append([PYTHON, "-m", "pip", "install"])
    return ways


def ensure_package() -> None:
    """Install the package, editable, with everything that tests and checks need."""
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted:
        return
    arguments: list[str | Path] = ["-c", CONSTRAINTS, "-e", f"{ROOT}[dev]"]
    for plugin in PLUGINS:
        arguments += ["-e", plugin]
    for way in installers():
        title = f"Installing SSLDiff Studio and its dependencies with {Path(way[0]).stem}"
        if run([*way, *arguments], title=title):
            STAMP.write_text(wanted, encoding="utf-8")
            return
    tail = "\n".join(LOG.read_text(encoding="utf-8").splitlines()[-25:])
    raise SetupError(f"{tail}\n\nThe package could not be installed; the whole log is {LOG}.")


def main() -> int:
    """Set up; return an exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--display", action="store_true", help="also what windows need")
    arguments = parser.parse_args()
    if sys.version_info < OLDEST:
        print(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
        print("Name another one: make run PYTHON=python3.12")
        return 1
    try:
        ensure_system(display=arguments.display)
        ensure_environment()
        ensure_package()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
