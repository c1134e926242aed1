"""How a picture was made, read from the picture itself, whatever its file is called now."""

from __future__ import annotations

from pathlib import Path

from ssldiff_gui.core.errors import BadRecord, BrokenFile, FileProblem, NoRecipe
from ssldiff_gui.slides.problems import naming
from ssldiff_gui.storage.export_jpeg import read_jpeg
from ssldiff_gui.storage.export_png import SIGNATURE, read_png
from ssldiff_gui.storage.grid_text import largest_text
from ssldiff_gui.storage.provenance import Record, unpack
from ssldiff_gui.storage.trailer import read_trailer

JPEG = b"\xff\xd8\xff"
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
HINT = "Name a canvas, an export of this program, or the .json beside it."


def read_record(path: Path | str) -> Record:
    """Return the record inside an export, a canvas, or a sidecar.

    Parameters
    ----------
    path
        A file or a folder; its content decides, not its name.

    Raises
    ------
    NoRecipe
        When it does not say how it was made.
    BrokenFile
        When it did, and is damaged.
    FileProblem
        When it cannot be read.
    """
    path = _local(path)
    with naming(path):
        try:
            if path.is_dir():
                return _of_folder(path)
            content = record_text(path)
            if content is None:
                raise _nothing(path)
            return unpack(content)
        except BadRecord as error:
            hint = error.hint or "Take the .json beside it, or another copy."
            raise BrokenFile(path, f"{path.name}: {error.message}", hint) from error


def _local(path: Path | str) -> Path:
    from ssldiff_gui.core.errors import MissingFile, RemoteFile
    from ssldiff_gui.slides.open import is_address

    if is_address(str(path)):
        raise RemoteFile(
            path, f"{path} is an address, not a file on this computer.", "Download it first."
        )
    local = Path(path).expanduser()
    if not local.exists():
        raise MissingFile(local, f"{local.name} does not exist.", "Check the name.")
    return local


def record_text(path: Path) -> bytes | None:
    """Return the text of the record in a file, unread; None when there is none.

    Raises
    ------
    BadRecord
        When there is one and it is not whole.
    """
    if not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.read(64)
    most = largest_text()
    if head.startswith(SIGNATURE):
        return read_png(path, most)
    if head.startswith(JPEG):
        return read_jpeg(path, most)
    if head.startswith(TIFF):
        return read_trailer(path)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _of_sidecar(path)
    return None


def _of_sidecar(path: Path) -> bytes | None:
    size = path.stat().st_size
    if size > largest_text():
        raise BadRecord("The recipe is larger than any that this program writes.")
    content = path.read_bytes()
    return content if b'"ssldiff record"' in content[:4096] else None


def _of_folder(path: Path) -> Record:
    from ssldiff_gui.storage.canvas_files import LEDGER
    from ssldiff_gui.storage.export_zarr import RECORD

    if (path / LEDGER).is_file():
        return _of_canvas(path)
    content = _of_sidecar(path / RECORD) if (path / RECORD).is_file() else None
    if content is None:
        raise _nothing(path)
    return unpack(content)


def _of_canvas(path: Path) -> Record:
    from ssldiff_gui.storage.canvas import Canvas
    from ssldiff_gui.storage.marking import program

    with Canvas.open(path) as canvas:
        rows, columns = canvas.tiles
        complete = len(canvas.done) == rows * columns
        return Record(
            recipe=canvas.recipe,
            grid=canvas.grid,
            title=canvas.name,
            created_by=program(),
            sha256=canvas.digest() if complete else None,
            layout=canvas.areas,
        )


def _nothing(path: Path) -> FileProblem:
    return NoRecipe(path, f"{path.name} holds no recipe: it does not say how it was made.", HINT)
