"""One typed error for everything that goes wrong with a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ssldiff_gui.core.errors import (
    BrokenFile,
    ClosedFile,
    MissingFile,
    OversizedFile,
    UnsupportedFile,
    UserError,
)

COPY_AGAIN = "Copy the file again from where it came, or export it anew from its scanner."


class Closed(Exception):
    """Raised by a source that was closed; becomes ClosedFile where the path is known."""


def broken(path: Path, detail: str) -> BrokenFile:
    """Return the error for a damaged file."""
    return BrokenFile(path, f"{path.name} is damaged: {detail}.", COPY_AGAIN)


def truncated(path: Path) -> BrokenFile:
    """Return the error for a file that ends before its content does."""
    return BrokenFile(path, f"{path.name} is truncated: it ends too early.", COPY_AGAIN)


def unsupported(path: Path, detail: str, hint: str = "") -> UnsupportedFile:
    """Return the error for a whole file that no reader here knows."""
    return UnsupportedFile(
        path,
        f"{path.name} cannot be opened: {detail}.",
        hint or "Convert it to a pyramidal OME-TIFF, for example with QuPath or Bio-Formats.",
    )


def oversized(path: Path, detail: str) -> OversizedFile:
    """Return the error for a file that claims more than can be held."""
    return OversizedFile(
        path,
        f"{path.name} is too large to read: {detail}.",
        "Convert it to a tiled, pyramidal TIFF, or copy it again if it should be small.",
    )


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn whatever a decoder raises into one error that names the file."""
    try:
        yield
    except UserError:
        raise
    except Closed as error:
        raise ClosedFile(path, f"{path.name} was closed.", "Open it again.") from error
    except UnicodeEncodeError as error:
        raise unsupported(
            path, "its name or its folder's holds bytes that are no text", "Rename it."
        ) from error
    except MemoryError as error:
        raise oversized(path, "decoding it asks for too much memory") from error
    except FileNotFoundError as error:
        raise MissingFile(
            path, f"{path.name} does not exist.", "Check the name, or reconnect its drive."
        ) from error
    except PermissionError as error:
        raise MissingFile(
            path,
            f"{path.name} may not be read.",
            "Give yourself the right to read it, or ask whom it belongs to.",
        ) from error
    except Exception as error:  # every decoder fails in its own way
        raise BrokenFile(
            path, f"{path.name} cannot be decoded ({type(error).__name__}).", COPY_AGAIN
        ) from error
