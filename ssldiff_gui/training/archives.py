"""Pictures in zip and tar archives, read member by member: nothing is ever unpacked to disk.

What an archive calls its members is only a name here, whatever it says. Headers are not believed:
a member is read up to a limit, after its first bytes have shown that it is a picture at all.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Self, cast

from ssldiff_gui.core.errors import BadRequest, EncryptedFile
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.slides.problems import broken, naming, oversized, unsupported
from ssldiff_gui.training.found import Found, Shelf, unusable
from ssldiff_gui.training.pictures import Pixels
from ssldiff_gui.training.reading import ENDINGS, decoded

LARGEST = 1 << 28
"""Most bytes of one member."""

SWELLING, HARMLESS = 200, 1 << 28
"""An archive that gives more than HARMLESS bytes may give so many times what it has."""

LONGEST_HEADER = 1 << 20
"""Bytes that a tar may spend on the name of one member."""

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"BM", b"RIFF")
_TAR = b"ustar"
_PACKED: tuple[tuple[bytes, Callable[[BinaryIO], IO[bytes]]], ...] = (
    (b"\x1f\x8b", lambda file: cast("IO[bytes]", gzip.GzipFile(fileobj=file))),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\0", lzma.LZMAFile),
)
_UNREADABLE = (
    tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError, ValueError, OverflowError,
)  # fmt: skip


def is_archive(path: Path) -> bool:
    """Whether a file is an archive, by its first bytes."""
    if not path.is_file():
        return False
    with naming(path), path.open("rb") as file:
        head = file.read(512)
    zipped = head.startswith((b"PK\x03\x04", b"PK\x05\x06"))
    tarred = head[257:262] == _TAR or path.suffix.lower() == ".tar"
    return zipped or tarred or head.startswith(tuple(magic for magic, _ in _PACKED))


def members(path: Path, shelf: Shelf, progress: Progress) -> Iterator[Found]:
    """Yield the pictures of an archive; their classes are the folders they lie in.

    Parameters
    ----------
    path
        Zip, or tar as it is or packed with gzip, bzip2 or xz.
    shelf
        Keeps a zip open while it is read.
    progress
        Asked whether to go on.

    Raises
    ------
    FileProblem
        The archive cannot be read at all. One that breaks off later ends with a member of its own
        name that cannot be loaded.
    BadRequest
        There is no picture in it.
    """
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
    names: set[str] = set()
    for found in _zipped(path, shelf) if zipped else _tarred(path, progress):
        if found.name not in names:
            names.add(found.name)
            yield found
    if not names:
        raise BadRequest(
            f"{path.name} holds no picture.",
            f"Check `path`; pictures end in {', '.join(sorted(ENDINGS))}.",
        )


def _label(name: str, archive: Path) -> str:
    folders = [part for part in PurePosixPath(name).parts[:-1] if part not in ("/", "..", ".")]
    return folders[-1] if folders else archive.name.partition(".")[0]


def _wanted(name: str) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part != ".." and part.startswith((".", "__MACOSX")) for part in parts)
    return PurePosixPath(name).suffix.lower() in ENDINGS and not hidden


def _zipped(path: Path, shelf: Shelf) -> Iterator[Found]:
    with naming(path):
        archive = shelf.put(zipfile.ZipFile(path))
    infos = [info for info in archive.infolist() if not info.is_dir() and _wanted(info.filename)]
    infos.sort(key=lambda info: PurePosixPath(info.filename).parts)
    for k, info in enumerate(infos):
        load = partial(_from_zip, archive, info)
        yield Found(info.filename, _label(info.filename, path), load, at=k / len(infos))


def _from_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Pixels:
    name = Path(info.filename)
    if info.flag_bits & 1:
        raise EncryptedFile(name, f"{name.name} is encrypted.", "Unpack it with its password.")
    with naming(name), archive.open(info) as file:
        return _picture(cast("BinaryIO", file), name)


def _picture(file: BinaryIO, name: Path) -> Pixels:
    head = file.read(16)
    if not head:
        raise broken(name, "it is empty")
    if not head.startswith(_PICTURES):
        raise unsupported(name, "its content is no picture", "Convert it to PNG, JPEG or TIFF.")
    content = head + file.read(LARGEST)
    if len(content) > LARGEST:
        raise oversized(name, f"it has more than {LARGEST >> 20} MB")
    return decoded(BytesIO(content), name)


def _tarred(path: Path, progress: Progress) -> Iterator[Found]:
    """Yield the members of a tar as they come, with their bytes: there is no way back."""
    size = path.stat().st_size
    with path.open("rb") as file:
        stream = _Unpacked(path, file, progress)
        count = 0
        try:
            with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member) as archive:  # type: ignore[call-overload]
                for member in archive:
                    archive.members.clear()  # it would keep them all
                    if not member.isreg() or member.issparse() or not _wanted(member.name):
                        continue
                    count += 1
                    at = file.tell() / size
                    yield _from_tar(archive, member, path, at)
        except _UNREADABLE as error:
            if not count:
                raise broken(path, f"it cannot be unpacked ({type(error).__name__})") from error
            late = broken(path, f"it breaks off after {count:,} pictures")
            yield unusable(path.name, late)


def _from_tar(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path, at: float) -> Found:
    if member.size > LARGEST:
        return unusable(member.name, oversized(Path(member.name), f"it has {member.size:,} bytes"))
    file = archive.extractfile(member)
    content = file.read() if file is not None else b""
    if len(content) < member.size:
        raise EOFError
    load = partial(_picture, BytesIO(content), Path(member.name))
    return Found(member.name, _label(member.name, path), load, at=at)


class _Member(tarfile.TarInfo):
    """A header that is refused when it is damaged, or wants much memory for a name."""

    _WORDY = frozenset(
        {
            tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
            tarfile.GNUTYPE_LONGLINK,
        }
    )  # fmt: skip

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read a header; a damaged one is no silent end of the archive."""
        try:
            found = super().frombuf(buf, encoding, errors)
        except tarfile.InvalidHeaderError as error:  # type: ignore[attr-defined]
            raise tarfile.ReadError(str(error)) from error
        if found.type in cls._WORDY and found.size > LONGEST_HEADER:
            raise tarfile.ReadError("a name of more than a megabyte")
        return found


class _Unpacked:
    """The bytes of a tar; ends when they are out of all proportion, or when asked to.

    Parameters
    ----------
    path
        The archive.
    file
        It, opened.
    progress
        Asked whether to go on.
    """

    def __init__(self, path: Path, file: BinaryIO, progress: Progress) -> None:
        self._path, self._file, self._progress = path, file, progress
        head = file.read(8)
        file.seek(0)
        openers = [opener for magic, opener in _PACKED if head.startswith(magic)]
        self._stream: IO[bytes] = openers[0](file) if openers else file
        self._given = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        self._progress.check()
        content = self._stream.read(size)
        self._given += len(content)
        if self._given > HARMLESS and self._given > SWELLING * self._file.tell():
            raise tarfile.ReadError("it swells out of all proportion")
        return content
