"""A picture without a grid: of a text, a class, a layout or nothing; and what an edit reaches."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from shapely.geometry import Polygon, box

from ssldiff_gui.core.errors import (
    BadRequest,
    IncompatibleGrid,
    MissingModel,
    NeedsConsent,
    OversizedRequest,
)
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.layout import Area, Layout
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.core.requests import GenerateRequest
from ssldiff_gui.core.specs import ClassifierSpec, Licence, ModelFile, PartSpec
from ssldiff_gui.jobs import generate as module
from ssldiff_gui.jobs import leads
from ssldiff_gui.jobs.generate import generate
from ssldiff_gui.jobs.replay import replay
from ssldiff_gui.models.folders import installed_folder
from ssldiff_gui.models.generators import load_generator
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.grids import save_grid
from ssldiff_gui.storage.layouts import write_layout
from ssldiff_gui.storage.provenance import pack, unpack
from ssldiff_gui.storage.records import read_record
from tests.jobs.asked_models import KINDS, asked_folder, loaded, real_folder
from tests.models.tiny_priors import tiny_prior_folder
from tests.sampling.fakes import ENCODER, fake_grid

AREAS = Layout((
    Area(box(10, 10, 90, 80), "tumour"),
    Area(Polygon([(60, 50), (150, 60), (120, 140), (50, 100)]), "stroma", "many lymphocytes"),
))  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "load_generator", loaded)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    path = tmp_path_factory.mktemp("models")
    return {kind: asked_folder(path / kind.replace(" ", "-"), kind) for kind in KINDS}


@pytest.fixture
def ask(tmp_path, folders):
    """Render five by six cells of 32 pixels; whatever is None is not asked for."""

    def run(kind, name="a", areas=None, **changes):
        facts = {
            "canvas": str(tmp_path / f"{name}.ome.zarr"), "model": str(folders.get(kind)),
            "rows": 5, "columns": 6, "steps": 4, "device": "cpu",
        }  # fmt: skip
        if areas is not None:
            write_layout(tmp_path / "layout.json", areas)
            facts["layout"] = str(tmp_path / "layout.json")
        told = {k: v for k, v in {**facts, **changes}.items() if v is not None}
        return generate(GenerateRequest.model_validate(told), tile=64)

    return run


def edited():
    """The same areas, the last of them moved a little."""
    first, last = AREAS.areas
    corner = Polygon([(100, 90), (150, 90), (120, 140), (100, 140)])
    return Layout((first, replace(last, geometry=corner)))


def test_a_generator_that_takes_nothing_needs_only_a_size(ask, tmp_path):
    made = ask("nothing")
    assert (made.width, made.height, made.missing) == (192, 160, 0)
    assert ask("nothing", "b").sha256 == made.sha256 != ask("nothing", "c", seed=1).sha256
    with Canvas.open(made.canvas) as canvas:
        assert (canvas.grid.encoder, canvas.grid.dim) == ("none", 1)
        assert canvas.recipe.asked == canvas.recipe.grid
        assert canvas.recipe.guidance == 1
        assert canvas.read(Box(0, 0, 192, 160)).std() > 5
    part = ask("nothing", "d", region=(70, 70, 10, 10))
    assert part.missing
    assert ask("nothing", "d", resume=True).sha256 == made.sha256


def test_a_text_says_what_is_shown(ask):
    made = ask("text", text="low tumor")
    assert made.sha256 != ask("text", "b", text="high tumor").sha256
    with Canvas.open(made.canvas) as canvas:
        assert (canvas.recipe.text, canvas.recipe.label) == ("low tumor", None)
    again = ask("text", text="high tumor", resume=True)
    assert again.tiles == 9
    assert again.sha256 == ask("text", "b", text="high tumor", resume=True).sha256


def test_a_class_says_what_is_shown_and_none_is_the_null(ask):
    found = {ask("class", str(k), label=k).sha256 for k in ("tumour", "stroma", None)}
    assert len(found) == 3
    assert ask("class", "again", label="Tumour").sha256 in found


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("text", {"text": "  "}, "text is empty"),
        ("class", {"label": ""}, "class is empty"),
        ("text", {}, "what a text says"),
        ("class", {"text": "tumor"}, "takes no text"),
        ("nothing", {"label": "tumour"}, "takes no class"),
        ("class", {"label": "fat"}, "no class “fat”.*tumour, stroma"),
        ("nothing", {"areas": AREAS}, "takes no layout"),
        ("masked embeddings", {"areas": AREAS, "grid": "grid"}, "does not know stroma.*tumour"),
        ("embeddings", {"areas": AREAS, "grid": "grid"}, "takes no layout"),
        ("embeddings", {"text": "tumor", "grid": "grid"}, "takes no text.*a prior draws"),
        ("embeddings", {"label": "tumour", "grid": "grid"}, "takes no class"),
        ("embeddings", {"prior": "any", "grid": "grid"}, "a prior as well"),
        ("embeddings", {"rows": 5, "grid": "grid"}, "a size as well"),
        ("embeddings", {}, "Nothing says what"),
        ("text", {"text": "low", "rows": None}, "how large"),
        ("text", {"text": "low", "prior": "any"}, "no prior draws for it"),
        ("text", {"text": "low", "case": "1"}, "no table"),
    ],
)
def test_what_does_not_go_together_is_said(ask, tmp_path, kind, changes, message):
    if "grid" in changes:
        dim = KINDS[kind].get("dim", 3)
        save_grid(tmp_path / "g.safetensors", fake_grid(dim=dim))
        size = {"rows": changes.get("rows"), "columns": None}
        changes = {**changes, **size, "grid": str(tmp_path / "g.safetensors")}
    with pytest.raises((BadRequest, IncompatibleGrid)) as caught:
        ask(kind, **changes)
    assert caught.value.hint
    assert re.search(message, str(caught.value)), caught.value


def test_a_huge_picture_is_asked_about_before_anything_is_drawn(ask):
    with pytest.raises(NeedsConsent):
        ask("text", text="low", rows=10_000, columns=400)
    with pytest.raises(OversizedRequest):
        ask("text", text="low", rows=1 << 20, columns=1 << 20)


def test_a_layout_says_what_is_where(ask):
    plain = ask("text", text="low")
    made = ask("text", "b", text="low", areas=AREAS)
    assert made.sha256 != plain.sha256
    with Canvas.open(plain.canvas) as a, Canvas.open(made.canvas) as b:
        assert b.areas == AREAS
        assert b.recipe.layout == AREAS.digest()
        differs = (a.read(Box(0, 0, 192, 160)) != b.read(Box(0, 0, 192, 160))).any(axis=2)
    assert differs[50:70, 50:70].any()
    assert not differs[:, -4:].any()


def test_the_texts_and_classes_of_areas_count_where_the_generator_takes_them(ask):
    told = Layout((Area(box(0, 0, 100, 160), "tumour", "one"),))
    other = Layout((Area(box(0, 0, 100, 160), "tumour", "two"),))
    assert ask("text", "a", areas=told).sha256 != ask("text", "b", areas=other).sha256
    made = ask("boxes", "c", areas=told)
    assert made.sha256 == ask("boxes", "d", areas=other).sha256
    assert any("texts of the layout" in note for note in made.notes)
    classes = [Layout((Area(box(0, 0, 100, 160), label),)) for label in ("tumour", "stroma")]
    assert len({ask("class", f"k{k}", areas=one).sha256 for k, one in enumerate(classes)}) == 2


@pytest.mark.parametrize(
    ("kind", "one", "two"),
    [
        pytest.param(
            "text", {"text": "low tumor"}, {"text": "many lymphocytes"}, marks=pytest.mark.slow
        ),
        ("class", {"label": "0"}, {"label": "3"}),
        ("maps", {"areas": AREAS}, {}),
    ],
)
def test_networks_are_told(ask, tmp_path, monkeypatch, kind, one, two):  # noqa: PLR0917
    monkeypatch.setattr(module, "load_generator", load_generator)
    facts = {"model": str(real_folder(tmp_path, kind)), "rows": 2, "columns": 3, "steps": 4}
    first, second = (ask(kind, name, **facts, **told) for name, told in (("a", one), ("b", two)))
    assert first.sha256 != second.sha256
    again = ask(kind, "b", **facts, **one, resume=True)
    assert again.sha256 == first.sha256


@pytest.mark.parametrize("after", [edited(), None])
def test_an_edited_layout_renders_what_it_reaches_to_the_bytes_of_a_full_render(ask, after):
    facts = {"text": "low", "rows": 10, "columns": 12}
    before = ask("text", areas=AREAS, **facts)
    expected = ask("text", "full", areas=after, **facts)
    again = ask("text", areas=after, resume=True, **facts)
    assert again.sha256 == expected.sha256 != before.sha256
    assert 0 < again.tiles < expected.tiles
    assert 0 < again.evaluations < expected.evaluations / 2
    with Canvas.open(again.canvas) as canvas:
        assert canvas.areas == (after or Layout())


def test_a_variant_that_starts_from_another_canvas_is_a_full_render(ask):
    first = ask("text", text="low", areas=AREAS)
    variant = ask("text", "b", text="low", areas=edited(), start_from=str(first.canvas))
    assert variant.sha256 == ask("text", "c", text="low", areas=edited()).sha256
    with Canvas.open(first.canvas) as canvas:
        assert canvas.areas == AREAS


def test_embeddings_and_a_layout_go_together(ask, tmp_path):
    save_grid(tmp_path / "g.safetensors", fake_grid(5, 6))
    facts = {"grid": str(tmp_path / "g.safetensors"), "rows": None, "columns": None}
    first = Layout(AREAS.areas[:1])
    made = ask("masked embeddings", "a", areas=first, **facts)
    assert made.sha256 != ask("masked embeddings", "b", **facts).sha256
    assert ask("masked embeddings", "b", areas=first, resume=True, **facts).sha256 == made.sha256


def test_a_record_holds_text_and_layout_and_is_rendered_again(ask, folders, tmp_path):
    made = ask("text", text="low", areas=AREAS)
    record = unpack(pack(read_record(made.canvas)))
    assert record.layout == AREAS
    again = replay(record, tmp_path / "r.ome.zarr", model=str(folders["text"]), device="cpu")
    assert again.same
    assert read_record(tmp_path / "r.ome.zarr").recipe == record.recipe
    with pytest.raises(Exception, match="another layout"):
        pack(replace(record, layout=edited()))


def test_a_recipe_from_before_reads_as_one_without_all_this():
    told = {
        "model": "m", "grid": "0" * 64, "seed": 0, "steps": 1, "guidance": 1, "batch": 8,
        "precision": "float32", "preset": {}, "width": 8, "height": 8,
    }  # fmt: skip
    recipe = Recipe.model_validate(told)
    assert (recipe.asked, recipe.layout, recipe.lead) == ("0" * 64, "", None)


@pytest.fixture
def prior(tmp_path):
    tiny_prior_folder(tmp_path / "tiny-prior", encoder=ENCODER, dim=8)
    return tmp_path / "tiny-prior"


def test_a_prior_draws_the_grid_that_a_generator_takes(ask, folders, prior, tmp_path):
    made = ask("embeddings", text="bowel cancer", prior=str(prior))
    assert any("drawn by tiny-prior" in note for note in made.notes)
    record = read_record(made.canvas)
    assert (record.grid.encoder, record.grid.rows, record.grid.columns) == (ENCODER, 5, 6)
    assert record.recipe.text is None
    assert record.recipe.prior["request"]["text"] == "bowel cancer"
    assert str(tmp_path) not in str(record.recipe.prior)
    other = ask("embeddings", "b", text="normal lung", prior=str(prior))
    assert other.sha256 != made.sha256
    again = ask("embeddings", text="bowel cancer", prior=str(prior), resume=True)
    assert (again.tiles, again.notes) == (0, [])
    model = str(folders["embeddings"])
    assert replay(record, tmp_path / "r.ome.zarr", model=model, device="cpu").same
    assert read_record(tmp_path / "r.ome.zarr").recipe == record.recipe


def test_the_layout_is_for_the_prior_where_the_generator_takes_none(ask, prior):
    areas = Layout((Area(box(0, 0, 96, 160), "lungn"),))
    made = ask("embeddings", areas=areas, text="bowel cancer", prior=str(prior))
    plain = ask("embeddings", "b", text="bowel cancer", prior=str(prior))
    assert made.sha256 != plain.sha256
    recipe = read_record(made.canvas).recipe
    assert recipe.layout == ""
    assert Layout.of_facts(recipe.prior["layout"]) == areas


def test_a_prior_of_another_encoder_is_refused_with_a_way_out(ask, tmp_path):
    tiny_prior_folder(tmp_path / "other", encoder="other@1", dim=8)
    with pytest.raises(IncompatibleGrid, match=r"other@1.*ssldiff map fit"):
        ask("embeddings", text="bowel cancer", prior=str(tmp_path / "other"))
    with pytest.raises(MissingModel, match="No installed prior draws grids"):
        ask("embeddings", text="bowel cancer")


def test_who_is_not_named_is_found_among_those_that_fit(ask):
    tiny_prior_folder(installed_folder() / "one", encoder=ENCODER, dim=8)
    assert ask("embeddings", text="bowel cancer").tiles == 9
    asked_folder(installed_folder() / "painter", "embeddings")
    asked_folder(installed_folder() / "reader", "class")
    drawn = ask("embeddings", "b", text="bowel cancer", model=None)
    with Canvas.open(drawn.canvas) as canvas:
        assert canvas.recipe.prior["model"] == "one"
    assert ask("class", "c", label="stroma", model=None).tiles == 9
    with pytest.raises(BadRequest, match="No installed model knows"):
        ask("class", "d", label="zebra", model=None)
    asked_folder(installed_folder() / "reader-two", "class")
    with pytest.raises(BadRequest, match="reader, reader-two"):
        ask("class", "e", label="stroma", model=None)


def test_a_classifier_leads_and_belongs_to_the_recipe(ask, tmp_path, monkeypatch):
    spec = ClassifierSpec(
        name="judge", title="Judge", on="latents", dim=2, classes=("dark", "light"),
        network=PartSpec(type="LatentEncoder"),
    )  # fmt: skip
    told = ModelFile(kind="classifier", classifier=spec, licence=Licence(name="CC0-1.0"))
    judge = tmp_path / "judge"
    judge.mkdir()
    (judge / "model.json").write_text(told.model_dump_json())
    monkeypatch.setattr(leads, "_loaded", lambda *_: lambda x, _: x.mean(dim=(2, 3)))

    def lead(label, scale):
        return {"classifier": str(judge), "label": label, "scale": scale}

    plain = ask("nothing")
    assert ask("nothing", "b", lead=lead("dark", 0)).sha256 == plain.sha256
    led = ask("nothing", "c", lead=lead("dark", 30))
    assert led.sha256 not in {plain.sha256, ask("nothing", "d", lead=lead("light", 30)).sha256}
    with Canvas.open(led.canvas) as canvas:
        assert (canvas.recipe.lead.classifier, canvas.recipe.lead.label) == ("judge", "dark")
    with pytest.raises(BadRequest, match="another classifier"):
        ask("nothing", "c", lead=lead("light", 30), resume=True)
    with pytest.raises(BadRequest, match="dark, light"):
        ask("nothing", "e", lead=lead("grey", 1))
    assert not Path(tmp_path / "e.ome.zarr").exists()
