"""The studio: ``python -m ssldiff_gui`` and ``ssldiff-gui``."""

from __future__ import annotations

import sys


def main() -> int:
    """Start the studio, or say what is missing to do so."""
    try:
        from ssldiff_gui.app.run import main as run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("PySide6", "napari", "qtpy"):
            raise
        sys.stderr.write(
            f"The studio needs {error.name}, which is not installed.\n"
            'Install it with:  pip install "ssldiff-gui[app]"\n'
        )
        return 1
    return run()


if __name__ == "__main__":
    sys.exit(main())
