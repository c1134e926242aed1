"""Which files are worth showing, and which reader each goes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from ssldiff_gui.slides.formats import SUFFIXES, Family, family_of, is_candidate
from tests.slides.made.others import ome_zarr
from tests.slides.made.small import SMALL


def test_candidates_are_told_by_their_names(tmp_path: Path) -> None:
    for name in ("a.svs", "B.TIFF", "c.ome.tif", "d.txt", ".hidden.svs", "e"):
        (tmp_path / name).touch()
    (tmp_path / "f.zarr").mkdir()
    (tmp_path / "g.svs").mkdir()
    shown = {path.name for path in tmp_path.iterdir() if is_candidate(path)}
    assert shown == {"a.svs", "B.TIFF", "c.ome.tif", "f.zarr"}
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in SUFFIXES)


FAMILIES = {
    "vendor": Family.TIFF,
    "ome": Family.TIFF,
    "tiff": Family.TIFF,
    "raster": Family.TIFF,
    "picture": Family.PICTURE,
    "dicom": Family.OPENSLIDE,
    "zarr": Family.ZARR,
}


@pytest.mark.parametrize("reader", SMALL)
def test_families_are_told_by_content(reader: str, tmp_path: Path) -> None:
    for name, make in SMALL[reader].items():
        path = make(tmp_path / name)
        bare = path.rename(tmp_path / f"{len(name)}-{reader}-{name.partition('.')[0]}")
        assert family_of(bare) is FAMILIES[reader]


def test_a_folder_without_metadata_is_no_image(tmp_path: Path) -> None:
    path = ome_zarr(tmp_path / "a.zarr")
    (path / "zarr.json").unlink()
    assert family_of(path) is Family.UNKNOWN
