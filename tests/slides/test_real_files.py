"""What is found in real files of every kind, against facts and against other readers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openslide
import pytest
import rasterio

from ssldiff_gui.core.errors import BrokenFile, FileProblem, UnsupportedFile
from ssldiff_gui.core.geometry import Region
from ssldiff_gui.slides import open_slide

Size = tuple[int, int]


@dataclass(frozen=True)
class Case:
    """A file and what is known of its first scene."""

    path: str
    kind: str
    sizes: tuple[Size, ...]
    bands: int = 3
    dtype: str = "uint8"
    scale: tuple[float, str] | None = None
    objective: float | None = None
    crs: str | None = None
    nodata: float | None = None
    associated: tuple[str, ...] = ()


DICOM = "slides/dicom_wsi_CMU-1-Small-Region/1.2.826.0.1.3680043.8.498."

CASES = (
    Case("slides/CMU-1-Small-Region.svs", "Aperio SVS", ((2220, 2967),), scale=(0.499, "µm"),
         objective=20, associated=("label", "macro", "thumbnail")),
    Case("slides/tcga-cr-7395-01a-01-ts1.svs", "Aperio SVS", ((4443, 3567), (2221, 1783)),
         associated=("thumbnail",)),
    Case("slides/CLAM1.tiff", "TIFF", ((5866, 1375),)),
    Case("slides/sample.tif", "TIFF", ((290, 442),), dtype="uint16"),
    Case("slides/ojpeg-tile.tif", "TIFF", ((234, 213),)),
    Case("slides/openslide_python_fixtures/boxes.tiff", "TIFF",
         ((300, 250), (150, 125), (75, 62), (37, 31))),
    Case("slides/openslide_python_fixtures/😐.svs", "Aperio SVS", ((16, 16),),
         scale=(0.499, "µm"), objective=20, associated=("thumbnail",)),
    Case("slides/openslide_python_fixtures/boxes_0.dcm", "DICOM", ((16, 16),),
         scale=(0.499, "µm"), objective=20, associated=("thumbnail",)),
    Case(DICOM + "46702941076792458794464453066648511350.dcm", "DICOM", ((2220, 2967),),
         scale=(0.499, "µm"), associated=("label", "macro", "thumbnail")),
    Case("slides/openslide_python_fixtures/😐.png", "PNG", ((300, 250),)),
    Case("slides/multi-channel-z-series.ome.tif", "OME-TIFF", ((439, 167),), dtype="int8"),
    Case("slides/ome_model_tiff/single-channel-2008-02.ome.tif", "OME-TIFF", ((239, 167),),
         bands=1),
    Case("slides/ome_model_tiff/18x24y5z1t1c8b-text-split-Z3.ome.tiff", "TIFF", ((18, 24),),
         bands=1),
    Case("slides/ome_model_tiff/18x24y5z1t2c8b-text.ome-v2010-06.ome.tiff", "OME-TIFF",
         ((18, 24),), bands=2),
    Case("slides/qupath_cells/cells.tif", "TIFF", ((93, 131),), scale=(0.25, "µm")),
    Case("slides/qupath_cells/cells-gray16.tif", "TIFF", ((93, 131),), bands=1, dtype="uint16",
         scale=(0.25, "µm")),
    Case("slides/qupath_cells/cells-gray32.tif", "TIFF", ((93, 131),), bands=1, dtype="float32",
         scale=(0.25, "µm")),
    Case("slides/qupath_cells/cells.ome.tif", "OME-TIFF", ((93, 131),), scale=(0.25, "µm")),
    Case("slides/qupath_cells/cells-2c.ome.tif", "OME-TIFF", ((93, 131),), bands=2,
         scale=(0.25, "µm")),
    Case("slides/qupath_crops_ometiff/OS-2-ndpi.ome.tif", "OME-TIFF", ((2202, 2202),),
         scale=(0.2270972, "µm")),
    Case("slides/ome_zarr_py/v1", "OME-Zarr 0.1", ((16, 16),), bands=2),
    Case("slides/ome_zarr_py/v2", "OME-Zarr 0.2", ((16, 16),), bands=2),
    Case("slides/viv_zarr/bioformats-zarr/data.zarr", "OME-Zarr 0.1", ((439, 167), (219, 83)),
         dtype="int8"),
    Case("slides/viv_zarr/ome-zarr/blobs_image_v04.ome.zarr", "OME-Zarr 0.4-dev-spatialdata",
         ((12, 12),), dtype="float64"),
    Case("slides/viv_zarr/ome-zarr/blobs_image_v05.ome.zarr", "OME-Zarr 0.5-dev-spatialdata",
         ((12, 12),), dtype="float64"),
    Case("geo/RGB.byte.tif", "GeoTIFF", ((791, 718),), scale=(300.04, "m"), crs="EPSG:32618",
         nodata=0),
    Case("geo/RGBA.uint16.tif", "GeoTIFF", ((634, 411),), dtype="uint16", scale=(1.37998, "m"),
         crs="EPSG:32612"),
    Case("geo/m_4709963_se_14_1_20200831.tif", "GeoTIFF", ((934, 723), (467, 362)), bands=4,
         scale=(5, "m"), crs="EPSG:26914", nodata=0),
    Case("geo/alpha.tif", "GeoTIFF", ((1223, 1223),), scale=(3.99998, "m"), crs="EPSG:3857"),
    Case("geo/cog_gcps.tif", "GeoTIFF", ((1280, 837), (640, 419), (320, 210), (160, 105)), bands=1,
         dtype="uint16", scale=(0.00182514, "°"), crs="EPSG:4326"),
    Case("geo/float_nan.tif", "TIFF", ((3, 2),), bands=1, dtype="float32", nodata=float("nan")),
    Case("geo/dummy_fotomap_small.tif", "GeoTIFF", ((1243, 841),), scale=(0.02, "m"),
         crs="EPSG:32633"),
    Case("geo/rotated.tif", "TIFF", ((10, 15),), bands=1),
    Case("geo/rio_tiler/cog_dateline.tif", "GeoTIFF",
         ((2325, 2355), (581, 589), (291, 295), (145, 147)), bands=1, dtype="uint16",
         scale=(100.0129, "m"), crs="EPSG:32660"),
    Case("geo/rio_tiler/cog_scale_stats.tif", "GeoTIFF", ((256, 256), (128, 128), (64, 64)),
         bands=2, dtype="int16", scale=(428.906, "m"), crs="PROJCS", nodata=0),
    Case("geo/rio_tiler/cog_hirise_mars.tif", "GeoTIFF", ((1118, 1683), (559, 841), (279, 420)),
         scale=(5.00134, "m"), crs="PROJCS"),
    Case("histology/open/cptac_C3L-00601-26_5477x5154.jpg", "JPEG", ((5477, 5154),)),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: Path(case.path).name[:40])
def test_facts_of_a_real_file(case: Case, shared: Path) -> None:
    with open_slide(shared / "data" / case.path) as slide:
        scene = slide.scenes[0]
        assert slide.kind == case.kind
        assert [(level.width, level.height) for level in scene.levels] == list(case.sizes)
        assert len(scene.bands) == case.bands
        assert scene.dtype == np.dtype(case.dtype)
        assert tuple(sorted(slide.associated)) == case.associated
        assert scene.objective == case.objective
        if case.scale is None:
            assert scene.scale is None
        else:
            assert scene.scale is not None
            assert scene.scale.unit == case.scale[1]
            assert scene.scale.x == pytest.approx(case.scale[0], rel=1e-3)
        place = scene.georeference
        assert (place is None) == (case.crs is None)
        assert place is None or place.crs.startswith(case.crs or "")
        assert scene.nodata == pytest.approx(case.nodata, nan_ok=True)
        picture = scene.read(Region(scene.box, max(1.0, scene.width / 200)))
        assert picture.dtype == np.uint8
        assert slide.fingerprint.startswith("sha256:")
        for read in slide.associated.values():
            assert read().shape[2] == 3


AS_OPENSLIDE = (
    "slides/CMU-1-Small-Region.svs",
    "slides/tcga-cr-7395-01a-01-ts1.svs",
    "slides/openslide_python_fixtures/boxes.tiff",
)


@pytest.mark.parametrize("path", AS_OPENSLIDE)
def test_pixels_are_those_that_openslide_reads(path: str, shared: Path) -> None:
    file = shared / "data" / path
    with open_slide(file) as slide, openslide.OpenSlide(file) as other:
        for number, level in enumerate(slide.scenes[0].levels):
            ours = slide.scenes[0].read_level(number, level.box)
            theirs = np.asarray(other.read_region((0, 0), number, (level.width, level.height)))
            assert np.array_equal(ours, theirs[..., :3])


def test_dicom_holds_the_slide_it_was_made_from(shared: Path) -> None:
    files = sorted((shared / "data/slides/dicom_wsi_CMU-1-Small-Region").glob("*.dcm"))
    with (
        open_slide(files[0]) as slide,
        open_slide(shared / "data/slides/CMU-1-Small-Region.svs") as source,
    ):
        region = Region(slide.scenes[0].box, 8)
        ours, theirs = (item.scenes[0].read(region).astype(int) for item in (slide, source))
        assert np.abs(ours - theirs).mean() < 3


AS_GDAL = ("geo/RGB.byte.tif", "geo/m_4709963_se_14_1_20200831.tif", "geo/rio_tiler/cog_rgb.tif")


@pytest.mark.parametrize("path", AS_GDAL)
def test_values_are_those_in_the_raster(path: str, shared: Path) -> None:
    file = shared / "data" / path
    with open_slide(file) as slide, rasterio.open(file) as other:
        scene = slide.scenes[0]
        found = scene.read_bands(0, scene.box)
        assert np.array_equal(found.values, np.moveaxis(other.read(), 0, -1))
        valid = np.ones(other.shape, bool) if found.valid is None else found.valid
        assert np.array_equal(valid, other.dataset_mask() > 0)
        assert scene.georeference is not None
        assert scene.georeference.affine == tuple(other.transform)[:6]


REFUSED: tuple[tuple[str, type[FileProblem]], ...] = (
    ("slides/test_image.czi", UnsupportedFile),
    ("slides/openslide_python_fixtures/unopenable.tiff", UnsupportedFile),
    ("slides/viv_zarr/ome-zarr/README.md", UnsupportedFile),
    ("slides/viv_zarr", UnsupportedFile),
)


@pytest.mark.parametrize(("path", "kind"), REFUSED)
def test_a_file_that_nobody_reads_says_so(path: str, kind: type[FileProblem], shared: Path) -> None:
    with pytest.raises(kind, match=Path(path).name) as caught:
        open_slide(shared / "data" / path)
    assert caught.value.hint


def test_a_slide_whose_tiles_are_damaged_opens_and_says_so_when_read(shared: Path) -> None:
    with open_slide(shared / "data/slides/openslide_python_fixtures/unreadable.svs") as slide:
        assert slide.scenes[0].objective == 20
        with pytest.raises(BrokenFile, match=r"unreadable\.svs"):
            slide.scenes[0].read(Region(slide.scenes[0].box))
