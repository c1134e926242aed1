"""The studio: ``python -m ssldiff_gui`` and ``ssldiff-gui``."""

from __future__ import annotations

import sys


def main() -> int:
    """Start the studio, or say what is missing to do so."""
    try:
        from ssldiff_gui.app.run import main as run
    except ImportError as error:
        # qtpy names no module when there is no Qt at all.
        missing = (error.name or "PySide6").partition(".")[0]
        if missing not in ("PySide6", "napari", "qtpy"):
            raise
        sys.stderr.write(
            f"The studio needs {missing}, which is not installed.\n"
            'Install it with:  pip install "ssldiff-gui[app]"\n'
        )
        return 1
    return run()


if __name__ == "__main__":
    sys.exit(main())
