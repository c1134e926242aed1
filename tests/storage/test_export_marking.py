"""Nobody may take an export for a real picture: looked for with other programs' eyes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import rasterio
import tifffile
import zarr
from PIL import Image

from ssldiff_gui.core.errors import BrokenFile, MissingFile, NoRecipe, RemoteFile
from ssldiff_gui.core.recipe import COMPOSITE, SYNTHETIC
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.export import export
from ssldiff_gui.storage.extract import extract_of
from ssldiff_gui.storage.marking import marked, sidecar_of, xmp_packet
from ssldiff_gui.storage.provenance import Record
from ssldiff_gui.storage.records import read_record
from tests.grids import same_grid
from tests.storage.fake_picture import UTM, Fake, grid_of, pixels_of, recipe_of

ENDINGS = (".png", ".jpg", ".ome.tif", ".tif", ".ome.zarr")
IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
DC = "{http://purl.org/dc/elements/1.1/}"
XMP = "{http://ns.adobe.com/xap/1.0/}"
OME = "{http://www.openmicroscopy.org/Schemas/OME/2016-06}"


@pytest.fixture(scope="module")
def picture() -> Fake:
    return Fake(pixels_of(700, 600), georeference=UTM)


@pytest.fixture(scope="module")
def files(picture: Fake, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("marked")
    return {e: export(extract_of(picture), folder / f"out{e}").path for e in ENDINGS}


def parsed(text: str | bytes) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - made by these tests


def packet_in(path: Path) -> bytes:
    """Return the XMP packet as another program finds it."""
    if path.is_dir():
        return (path / "ssldiff" / "packet.xmp").read_bytes()
    if path.suffix == ".png":
        with Image.open(path) as image:
            return image.info["XML:com.adobe.xmp"].encode()
    if path.suffix == ".jpg":
        with Image.open(path) as image:
            return image.info["xmp"]
    with tifffile.TiffFile(path) as tif:
        return tif.pages[0].tags[700].value


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_packet_says_what_the_picture_is(files, ending):
    packet = packet_in(files[ending])
    assert packet.startswith(b"<?xpacket begin=")
    assert packet.endswith(b'<?xpacket end="w"?>')
    root = parsed(packet)
    (kind,) = root.iter(f"{IPTC}DigitalSourceType")
    assert kind.text == SYNTHETIC
    (title,) = root.iter(f"{DC}title")
    assert "".join(title.itertext()) == "A picture & <more>"
    (description,) = root.iter(f"{DC}description")
    words = "".join(description.itertext())
    assert words.startswith("Synthetic image made by SSLDiff Studio")
    assert "tiny" in words
    (tool,) = root.iter(f"{XMP}CreatorTool")
    assert tool.text.startswith("SSLDiff Studio")
    (system,) = root.iter(f"{IPTC}AISystemUsed")
    assert system.text == "SSLDiff Studio"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_picture_with_real_parts_is_called_composite(ending, tmp_path):
    picture = Fake(pixels_of(64, 64), georeference=UTM, source_type=COMPOSITE)
    done = export(extract_of(picture), tmp_path / f"a{ending}")
    (kind,) = parsed(packet_in(done.path)).iter(f"{IPTC}DigitalSourceType")
    assert kind.text == COMPOSITE
    assert json.loads(done.sidecar.read_text("utf-8"))["digital_source_type"] == COMPOSITE


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_words_stand_in_the_bytes_of_the_file(files, ending):
    path = files[ending]
    content = (path / "zarr.json" if path.is_dir() else path).read_bytes()
    assert SYNTHETIC.encode() in content
    assert b"Synthetic image made by SSLDiff Studio" in content


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_sidecar_says_it_too(files, ending):
    facts = json.loads(sidecar_of(files[ending]).read_text("utf-8"))
    assert facts["synthetic"] is True
    assert facts["digital_source_type"] == SYNTHETIC
    assert facts["file"]["name"] == f"out.synthetic{ending}"
    assert facts["file"]["description"].startswith("Synthetic image made by")
    assert facts["recipe"]["seed"] == 7


def test_png_readers_show_a_description(files):
    with Image.open(files[".png"]) as image:
        assert image.info["Description"].startswith("Synthetic image")
        assert image.info["Software"].startswith("SSLDiff Studio")
        assert image.info["Title"] == "A picture & <more>"
        assert json.loads(image.info["ssldiff:recipe"])["synthetic"] is True


def test_jpeg_readers_show_a_description(files):
    with Image.open(files[".jpg"]) as image:
        assert image.info["comment"].startswith(b"Synthetic image")
        exif = image.getexif()
        assert exif[270].startswith("Synthetic image")
        assert exif[305].startswith("SSLDiff Studio")


def test_ome_readers_find_structured_annotations(files):
    with tifffile.TiffFile(files[".ome.tif"]) as tif:
        root = parsed(tif.ome_metadata)
        assert tif.pages[0].tags[305].value.startswith("SSLDiff Studio")
    (held,) = root.iter(f"{OME}StructuredAnnotations")
    pairs = {pair.get("K"): pair.text for pair in held.iter(f"{OME}M")}
    assert pairs["Synthetic"] == "true"
    assert pairs["DigitalSourceType"] == SYNTHETIC
    (comment,) = held.iter(f"{OME}CommentAnnotation")
    assert json.loads(comment.find(f"{OME}Value").text)["recipe"]["model"] == "tiny"
    ids = {item.get("ID") for item in held}
    (image,) = root.iter(f"{OME}Image")
    assert {item.get("ID") for item in image.iter(f"{OME}AnnotationRef")} == ids
    assert image.find(f"{OME}Description").text.startswith("Synthetic image")


def test_gdal_finds_items_and_the_packet(files):
    with rasterio.open(files[".tif"]) as dataset:
        tags = dataset.tags()
        assert tags["SYNTHETIC"] == "YES"
        assert tags["DIGITAL_SOURCE_TYPE"] == SYNTHETIC
        assert tags["TIFFTAG_IMAGEDESCRIPTION"].startswith("Synthetic image")
        assert tags["TIFFTAG_SOFTWARE"].startswith("SSLDiff Studio")
        assert json.loads(tags["SSLDIFF_RECIPE"])["recipe"]["seed"] == 7
        assert "xml:XMP" in dataset.tag_namespaces()


def test_zarr_finds_attributes(files):
    found = zarr.open_group(files[".ome.zarr"], mode="r").attrs["ssldiff"]
    assert found["synthetic"] is True
    assert found["digital_source_type"] == SYNTHETIC
    assert found["description"].startswith("Synthetic image")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.png", "a.synthetic.png"),
        ("a.ome.tif", "a.synthetic.ome.tif"),
        ("A.OME.TIFF", "A.synthetic.OME.TIFF"),
        ("a.b.tif", "a.b.synthetic.tif"),
        ("a.ome.zarr", "a.synthetic.ome.zarr"),
        ("a.zarr", "a.synthetic.zarr"),
        ("a synthetic one.jpg", "a synthetic one.jpg"),
        ("Synthetic.png", "Synthetic.png"),
    ],
)
def test_the_word_comes_into_the_name_once(name, expected):
    assert marked(Path("x") / name) == Path("x") / expected
    assert marked(marked(Path(name))) == marked(Path(name))


def test_the_folder_s_name_does_not_count(tmp_path):
    folder = tmp_path / "synthetic"
    folder.mkdir()
    assert export(extract_of(Fake(pixels_of(8, 8))), folder / "a.png").path.name == (
        "a.synthetic.png"
    )


@pytest.mark.parametrize("text", ["\0\x01\ud800", "", "ÿ" * 2000, "]]></x>&amp;"])
def test_any_title_makes_a_packet_that_fits_a_jpeg(text):
    grid = grid_of()
    recipe = recipe_of(grid, 9, 9, model="m" * 5000 if text else "a\x0bb")
    packet = xmp_packet(Record(recipe, grid, text, "", "0" * 64)).encode()
    assert len(packet) < 60_000
    parsed(packet)


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_record_comes_back_under_any_name(files, picture, ending, tmp_path):
    renamed = tmp_path / "holiday.dat"
    source = files[ending]
    shutil.copytree(source, renamed) if source.is_dir() else shutil.copy(source, renamed)
    record = read_record(renamed)
    assert same_grid(record.grid, picture.grid)
    assert record.recipe == picture.recipe
    assert record.sha256 == picture.digest()
    assert (record.title, record.box, record.level) == (picture.name, None, 0)


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_record_comes_back_from_the_sidecar(files, picture, ending, tmp_path):
    renamed = tmp_path / "x"
    shutil.copy(sidecar_of(files[ending]), renamed)
    record = read_record(renamed)
    assert same_grid(record.grid, picture.grid)
    assert record.recipe == picture.recipe


def test_the_record_comes_back_from_a_canvas(tmp_path):
    grid, pixels = grid_of(), pixels_of(100, 80)
    recipe = recipe_of(grid, 100, 80)
    path = tmp_path / "c.ome.zarr"
    with Canvas.create(path, width=100, height=80, recipe=recipe, grid=grid) as canvas:
        assert read_record(path).sha256 is None
        canvas.write(0, 0, pixels)
        canvas.finish()
    record = read_record(path)
    assert same_grid(record.grid, grid)
    assert record.recipe == recipe
    assert record.sha256 == Fake(pixels).digest()


def _plain_png(path: Path) -> None:
    Image.fromarray(pixels_of(8, 8)).save(path, "PNG")


def _plain_jpeg(path: Path) -> None:
    Image.fromarray(pixels_of(8, 8)).save(path, "JPEG")


def _plain_tiff(path: Path) -> None:
    tifffile.imwrite(path, pixels_of(8, 8))


def _plain_zarr(path: Path) -> None:
    zarr.create_group(path).create_array("0", shape=(3, 8, 8), dtype="u1")


@pytest.mark.parametrize(
    "make",
    [
        _plain_png,
        _plain_jpeg,
        _plain_tiff,
        _plain_zarr,
        lambda path: path.write_text('{"type": "FeatureCollection"}'),
        lambda path: path.write_text("words"),
        lambda path: path.write_bytes(b""),
        lambda path: path.mkdir(),
    ],
    ids=["png", "jpeg", "tiff", "zarr", "json", "text", "empty", "folder"],
)
def test_what_holds_no_recipe_says_so(make, tmp_path):
    path = tmp_path / "real"
    make(path)
    with pytest.raises(NoRecipe, match="real holds no recipe") as caught:
        read_record(path)
    assert "canvas" in caught.value.hint


def test_what_is_not_there_or_not_here(tmp_path):
    with pytest.raises(MissingFile):
        read_record(tmp_path / "no.png")
    with pytest.raises(RemoteFile):
        read_record("https://example.org/a.png")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_byte_changed_in_the_grid_is_found(files, ending, tmp_path):
    copy = tmp_path / "copy"
    source = files[ending]
    shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
    holder = copy / "ssldiff" / "record.json" if copy.is_dir() else copy
    content = bytearray(holder.read_bytes())
    at = content.index(b'"vectors":"') + 200
    content[at] = ord("A") if content[at] != ord("A") else ord("B")
    holder.write_bytes(content)
    with pytest.raises(BrokenFile, match="damaged") as caught:
        read_record(copy)
    assert "copy" in str(caught.value)


def test_pixels_survive_the_loss_of_the_record(files, tmp_path):
    """A program that cuts off what it does not know leaves a picture, still marked."""
    path = tmp_path / "cut.ome.tif"
    content = files[".ome.tif"].read_bytes()
    path.write_bytes(content[: content.index(b'{"format":"ssldiff record"')])
    with pytest.raises(NoRecipe):
        read_record(path)
    assert SYNTHETIC.encode() in packet_in(path)
