"""Archives of pictures, well-meant and hostile: nothing of them ever reaches the disk."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, BrokenFile, Cancelled, FileProblem
from ssldiff_gui.training import archives
from ssldiff_gui.training.archives import is_archive
from ssldiff_gui.training.gathering import gather
from ssldiff_gui.training.settings import Source
from tests.training.gathered import Watch, data_of, gathered, noise


def png(seed: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(noise(seed)).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, content: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


CONTENT = {
    f"set/{label}/{label}{k}.png": png(10 * n + k) for n, label in enumerate("ab") for k in range(3)
}


@pytest.mark.parametrize("name", ["s.zip", "s.tar", "s.tar.gz", "s.tgz", "s.tar.bz2", "s.tar.xz"])
def test_an_archive_gives_what_its_folder_would(tmp_path: Path, name: str) -> None:
    if name.endswith("zip"):
        zipped(tmp_path / name, CONTENT)
    else:
        ending = name.rpartition(".")[2]
        tarred(tmp_path / name, CONTENT, {"tar": "w", "tgz": "w:gz"}.get(ending, f"w:{ending}"))
    before = sorted(tmp_path.rglob("*"))
    pictures = gathered(tmp_path, Source(path=name))
    assert pictures.labels == ["a", "b"]
    for k, entry in enumerate(pictures.entries):
        with Image.open(io.BytesIO(CONTENT[entry.name])) as image:
            assert np.array_equal(pictures[k], np.asarray(image))
    made = sorted(path.name for path in set(tmp_path.rglob("*")) - set(before))
    assert made == [".gathering.lock", "pictures.bin", "pictures.json", "run"]


def test_an_ending_does_not_make_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(png(0))
    zipped(tmp_path / "b.dat", CONTENT)
    assert not is_archive(tmp_path / "a.zip")
    assert is_archive(tmp_path / "b.dat")
    assert not is_archive(tmp_path)


def test_pictures_at_the_top_are_of_the_archives_name(tmp_path: Path) -> None:
    zipped(tmp_path / "moss.zip", {"x.png": png(0)})
    assert gathered(tmp_path, Source(path="moss.zip")).labels == ["moss"]


@pytest.mark.security
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_lead_nowhere(tmp_path: Path, kind: str) -> None:
    names = [
        "../../up.png", "/etc/root.png", "C:\\windows\\drive.png", "\\\\server\\share\\unc.png",
        "a/../../b/mid.png", "~/home.png", "a\x1b[31m/escape.png", "ü/ö.png",
        "a/" + "n" * 300 + ".png",
    ]  # fmt: skip
    (tmp_path / "in").mkdir()
    content = {name: png(k) for k, name in enumerate(names)}
    (zipped if kind == "zip" else tarred)(tmp_path / "in" / "hostile", content)
    pictures = gather(data_of(Source(path="hostile")), tmp_path / "in", tmp_path / "in/run")
    assert len(pictures) == len(names)
    found = {path.name for path in tmp_path.rglob("*")}
    assert found == {"in", "hostile", "run", ".gathering.lock", "pictures.bin", "pictures.json"}
    assert ".." not in pictures.labels
    assert all(entry.name.isprintable() for entry in pictures.entries)
    print(f"archive_names_{kind}={len(names)} bytes_outside=0")


def test_what_is_no_picture_is_passed_over_or_named(tmp_path: Path) -> None:
    content = {
        "a/good.png": png(0), "a/text.png": b"no picture", "a/empty.png": b"",
        "a/readme.txt": b"x", "a/.hidden.png": png(1), "a/cut.png": png(2)[:80],
        "__MACOSX/a/._good.png": b"resource fork",
    }  # fmt: skip
    for path in (zipped(tmp_path / "s.zip", content), tarred(tmp_path / "s.tar", content)):
        pictures = gathered(tmp_path, Source(path=path.name))
        assert [entry.name for entry in pictures.entries] == ["a/good.png"]
        skipped = pictures.facts["skipped"]
        assert sorted(skipped["unreadable"]) == ["a/cut.png", "a/empty.png", "a/text.png"]
        assert "no picture" in skipped["why"]["a/text.png"]


def test_links_and_devices_in_a_tar_are_passed_over(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"a/{kind.decode()}.png")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("a/good.png")
        info.size = len(png(0))
        archive.addfile(info, io.BytesIO(png(0)))
    pictures = gathered(tmp_path, Source(path="s.tar"))
    assert [entry.name for entry in pictures.entries] == ["a/good.png"]


def test_a_name_that_comes_twice_counts_once(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        for seed in range(2):
            info = tarfile.TarInfo("a/x.png")
            info.size = len(png(seed))
            archive.addfile(info, io.BytesIO(png(seed)))
    assert len(gathered(tmp_path, Source(path="s.tar"))) == 1


def test_an_archive_without_pictures_is_said(tmp_path: Path) -> None:
    for path in (
        zipped(tmp_path / "s.zip", {"a.txt": b""}),
        tarred(tmp_path / "s.tar", {"a": b""}),
    ):
        with pytest.raises(BadRequest, match="holds no picture"):
            gathered(tmp_path, Source(path=path.name))


def test_a_tar_that_breaks_off_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    whole = tarred(tmp_path / "s.tgz", CONTENT, "w:gz").read_bytes()
    (tmp_path / "s.tgz").write_bytes(whole[: len(whole) * 2 // 3])
    pictures = gathered(tmp_path, Source(path="s.tgz"))
    assert 0 < len(pictures) < len(CONTENT)
    assert "breaks off after" in pictures.facts["skipped"]["why"]["s.tgz"]


def test_a_damaged_header_is_no_end_of_a_tar(tmp_path: Path) -> None:
    path = tarred(tmp_path / "s.tar", CONTENT)
    whole = bytearray(path.read_bytes())
    whole[whole.find(b"set/b/b1.png")] = ord("x")
    path.write_bytes(whole)
    pictures = gathered(tmp_path, Source(path="s.tar"))
    assert len(pictures) == 4
    assert "breaks off after 4 pictures" in pictures.facts["skipped"]["why"]["s.tar"]


@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_an_archive_that_is_broken_from_the_start_is_said(tmp_path: Path, kind: str) -> None:
    whole = (
        zipped(tmp_path / "s", CONTENT)
        if kind == "zip"
        else tarred(tmp_path / "s", CONTENT, "w:gz")
    ).read_bytes()
    (tmp_path / "s").write_bytes(whole[:300])
    with pytest.raises(FileProblem, match="s "):
        gathered(tmp_path, Source(path="s"))


def test_a_locked_member_is_named(tmp_path: Path) -> None:
    path = zipped(tmp_path / "s.zip", {"a/x.png": png(0), "a/y.png": png(1)})
    whole = bytearray(path.read_bytes())
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.find(magic) + place] |= 1
    path.write_bytes(whole)
    pictures = gathered(tmp_path, Source(path="s.zip"))
    assert pictures.facts["skipped"]["why"] == {"a/x.png": "x.png is encrypted."}


@pytest.mark.security
def test_bombs_in_archives_are_not_inflated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "LARGEST", 1 << 20)
    bomb = b"BM" + bytes(8 << 20)
    content = {"a/good.png": png(0), "a/bomb.bmp": bomb, "a/zeros.png": bytes(8 << 20)}
    for path in (zipped(tmp_path / "s.zip", content), tarred(tmp_path / "s.tgz", content, "w:gz")):
        pictures = gathered(tmp_path, Source(path=path.name))
        assert [entry.name for entry in pictures.entries] == ["a/good.png"]
        why = pictures.facts["skipped"]["why"]
        assert "too large" in why["a/bomb.bmp"]


@pytest.mark.security
def test_a_tar_that_swells_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "HARMLESS", 1 << 20)
    tarred(tmp_path / "s.tgz", {"a/good.png": png(0), "zeros": bytes(32 << 20)}, "w:gz")
    pictures = gathered(tmp_path, Source(path="s.tgz"))
    assert len(pictures) == 1
    assert "breaks off after 1 pictures" in pictures.facts["skipped"]["why"]["s.tgz"]


@pytest.mark.security
def test_a_name_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 40
    with gzip.open(tmp_path / "s.tgz", "wb") as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20))
    with pytest.raises(BrokenFile):
        gathered(tmp_path, Source(path="s.tgz"))


@pytest.mark.security
@pytest.mark.parametrize("kind", ["zip", "tar", "tgz"])
def test_mutants_of_archives_give_pictures_or_one_kind_of_error(tmp_path: Path, kind: str) -> None:
    make = {"zip": zipped, "tar": tarred, "tgz": lambda p, c: tarred(p, c, "w:gz")}[kind]
    few = dict(list(CONTENT.items())[:2])
    whole = np.frombuffer(make(tmp_path / "s", few).read_bytes(), np.uint8)
    random = np.random.default_rng(0)
    refused = 0
    for k in range(60):
        mutant = whole.copy()
        mutant[random.integers(0, len(mutant), 2)] = random.integers(0, 256, 2)
        length = random.integers(1, len(mutant)) if random.random() < 0.3 else len(mutant)
        (tmp_path / "s").write_bytes(mutant[:length].tobytes())
        try:
            gather(data_of(Source(path="s")), tmp_path, tmp_path / f"run{k}")
        except (FileProblem, BadRequest):
            refused += 1
    print(f"archive_mutants_{kind}=60 refused={refused} untyped=0")


def test_a_long_tar_is_left_when_somebody_asks(tmp_path: Path) -> None:
    tarred(tmp_path / "s.tgz", CONTENT, "w:gz")
    with pytest.raises(Cancelled):
        gather(data_of(Source(path="s.tgz")), tmp_path, tmp_path / "run", Watch(until=2))
    assert [path.name for path in (tmp_path / "run").iterdir()] == [".gathering.lock"]
