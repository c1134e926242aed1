"""A prior learns two kinds of pictures from their embeddings, and what its captions mean."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, Cancelled, DamagedModel
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.models.folders import find_model, read_model
from ssldiff_gui.models.priors import load_prior
from ssldiff_gui.sampling.prior_grid import GridDrawing
from ssldiff_gui.training import loop
from ssldiff_gui.training.captions import captions_of, in_words, varied
from ssldiff_gui.training.cases import cases_of
from ssldiff_gui.training.pictures import write_pictures
from ssldiff_gui.training.prior import CACHE, PriorTask
from ssldiff_gui.training.settings import settings_of
from ssldiff_gui.training.views import cells_of, embed_views
from tests.models.tiny_clips import tiny_clip_folder
from tests.models.tiny_encoders import tiny_encoder_folder

KINDS = {"red-fields": (200, 60, 60), "green-woods": (60, 180, 70)}
TEXTS = {"red-fields": ["poppies in a meadow"], "green-woods": ["trees", "a forest of firs"]}


def told(encoder, **changes):
    run = {"steps": 90, "batch": 16, "rate": 6e-3, "warm_up": 5, "average": 0.95, "seed": 1}
    model = {
        "encoder": str(encoder), "components": 6, "side": 4, "width": 24, "depth": 2, "views": 2,
        "texts": TEXTS,
    }  # fmt: skip
    return settings_of(
        {
            "name": "toy-prior",
            "kind": "prior",
            "data": {
                "pixel": {"size": 0.5, "unit": "µm"},
                "sources": [{"path": "x"}],
                "smallest": 32,
            },
            "run": run | changes.pop("run", {}),
            "model": model | changes,
            "card": {"title": "Toy prior", "licence": {"name": "CC0-1.0"}},
        }
    )


def pictures(folder, *, count=3, labels=tuple(KINDS), size=(160, 128)):
    random = np.random.default_rng(0)
    found = []
    for label in labels:
        for k in range(count):
            mean = np.array(KINDS.get(label, (128, 128, 128)))
            pixels = mean + random.normal(0, 18, (*size, 3))
            entry = {
                "name": f"{label}-{k}.png", "source": 0, "label": label, "group": f"{label}{k}",
                "held_out": False,
            }  # fmt: skip
            found.append((entry, np.clip(pixels, 0, 255).astype(np.uint8)))
    return write_pictures(folder, found, {})


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny_encoder_folder(folder, dim=24)
    return folder


def task_of(encoder, folder, found, **changes):
    return PriorTask(told(encoder, **changes), found, folder, find=find_model, progress=Silent())


@pytest.fixture(scope="module")
def trained(encoder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    task = task_of(encoder, folder, pictures(folder / "pictures"))
    average = loop.run(task, task.settings, folder, Silent())
    task.save(folder / "model", average, "# Toy\n", {"program": "tests"})
    return task, folder


def drawn(prior, told, seed=0):
    drawing = GridDrawing(prior, prior.channels, prior.spec.window, told, 6, 9, seed=seed)
    return prior.vectors_of(drawing.draw())


def test_what_is_drawn_is_of_the_class_that_was_asked_for(trained):
    task, folder = trained
    prior = load_prior(folder / "model", "cpu")
    real = {
        name: np.mean([prior.vectors_of(task.windows.one(np.random.default_rng(k), number))
                       for k in range(8)], axis=(0, 1, 2))
        for number, name in enumerate(task.classes)
    }  # fmt: skip
    for name in task.classes:
        for asked in (prior.told(name), prior.told(text=TEXTS[name][0])):
            mean = drawn(prior, asked).mean((0, 1))
            far = {other: np.linalg.norm(mean - centre) for other, centre in real.items()}
            assert min(far, key=far.__getitem__) == name
            assert far[name] < 0.5 * max(far.values())


def test_cells_of_areas_are_of_the_class_that_each_was_asked_for(trained):
    task, folder = trained
    prior = load_prior(folder / "model", "cpu")
    red, green = prior.told("red-fields"), prior.told(text="a forest of firs")
    told = np.tile(red, (6, 18, 1))
    told[:, 9:] = green
    drawing = GridDrawing(prior, prior.channels, prior.spec.window, told, 6, 18, seed=2)
    made = prior.vectors_of(drawing.draw())
    real = [
        np.mean([prior.vectors_of(task.windows.one(np.random.default_rng(k), number))
                 for k in range(8)], axis=(0, 1, 2))
        for number in (task.classes.index("red-fields"), task.classes.index("green-woods"))
    ]  # fmt: skip
    nearer = [np.linalg.norm(made - one, axis=-1) for one in real]
    is_red = nearer[0] < nearer[1]
    assert is_red[:, :8].mean() > 0.9
    assert is_red[:, 10:].mean() < 0.1


def test_what_is_written_says_what_it_is(trained):
    task, folder = trained
    model = read_model(folder / "model")
    spec = model.prior
    assert spec.classes == ("green-woods", "red-fields")
    assert spec.captions == ("trees", "poppies in a meadow")
    assert spec.encoder == task.encoder.id
    assert (spec.dim, spec.cell, spec.window) == (24, 32, 4)
    assert spec.pixel == PixelSize(size=0.5, unit="µm")
    assert model.provenance == {"program": "tests"}
    assert (folder / "model" / "README.md").read_text("utf-8") == "# Toy\n"
    assert "firs" in spec.reader.config["words"]


def test_early_pictures_show_real_and_drawn_grids(trained):
    _, folder = trained
    with Image.open(next(folder.glob("grids-*.png"))) as shown:
        assert shown.size == (2 * (8 * 6 + 4), 2 * (8 * 6 + 4))


def test_the_basis_whitens(trained):
    task, _ = trained
    cells = np.concatenate([grid.reshape(-1, 6) for view in task.windows.grids for grid in view])
    np.testing.assert_allclose(cells.mean(0), 0, atol=0.02)
    np.testing.assert_allclose(cells.std(0), 1, atol=0.02)


def test_windows_are_drawn_from_all_classes_alike(encoder, tmp_path):
    found = pictures(tmp_path / "p", labels=("red-fields",) * 4 + ("green-woods",), count=1)
    task = task_of(encoder, tmp_path, found)
    windows, numbers = task.windows.draw(np.random.default_rng(0), 200)
    assert windows.shape == (200, 6, 4, 4)
    assert 70 < (numbers == 0).sum() < 130


def test_embeddings_are_kept_and_taken_again(encoder, tmp_path):
    found = pictures(tmp_path / "p", count=1)
    first = task_of(encoder, tmp_path, found)
    files = sorted((tmp_path / CACHE).glob("view-*.safetensors"))
    assert len(files) == 2
    times = [path.stat().st_mtime_ns for path in files]
    again = task_of(encoder, tmp_path, found)
    assert [path.stat().st_mtime_ns for path in files] == times
    for name, value in first.modules.state_dict().items():
        assert torch.equal(value, again.modules.state_dict()[name])
    other = pictures(tmp_path / "p", count=2)
    task_of(encoder, tmp_path, other)
    assert [path.stat().st_mtime_ns for path in files] != times


def test_a_view_shows_the_pictures_turned(encoder, tmp_path):
    found, loaded = pictures(tmp_path / "p", count=1), load_encoder(encoder, "cpu")
    data = told(encoder).data.model_copy(update={"stain": 0})
    views = embed_views(loaded, found, data, tmp_path / "c", Silent(), count=4)
    assert len(views) == 4
    plain = loaded.embed(cells_of(found[0], 32)).reshape(5, 4, 24)
    np.testing.assert_allclose(views.grids(0)[0], plain, atol=0.01)
    shapes = {grids[0].shape for grids in map(views.grids, range(4))}
    assert shapes == {(5, 4, 24), (4, 5, 24)}
    still = data.model_copy(update={"flips": False})
    views = embed_views(loaded, found, still, tmp_path / "d", Silent(), count=2)
    np.testing.assert_array_equal(views.grids(0)[0], views.grids(1)[0])


def test_pictures_without_classes_train_too(encoder, tmp_path):
    found = pictures(tmp_path / "p", labels=("",))
    task = task_of(encoder, tmp_path, found, texts={}, run={"steps": 2})
    average = loop.run(task, task.settings, tmp_path, Silent())
    task.save(tmp_path / "model", average, "", {})
    prior = load_prior(tmp_path / "model", "cpu")
    assert prior.spec.classes == ()
    with pytest.raises(BadRequest, match="knows no class"):
        prior.told("anything")


def test_what_cannot_be_trained_is_said(encoder, tmp_path):
    found = pictures(tmp_path / "p", count=1)
    with pytest.raises(BadRequest, match=r"model\.texts.*'swamp'") as caught:
        task_of(encoder, tmp_path, found, texts={"swamp": ["a swamp"]})
    assert "red-fields" in caught.value.hint
    with pytest.raises(BadRequest, match="256 pixels"):
        task_of(encoder, tmp_path, found, side=8)
    other = tmp_path / "metres"
    tiny_encoder_folder(other, pixel=PixelSize(size=0.3, unit="m"))
    with pytest.raises(BadRequest, match=r"data\.pixel"):
        task_of(other, tmp_path, found)


class Impatient(Silent):
    """Asks for an end at once."""

    def check(self):
        raise Cancelled("Stopped.")


def test_embedding_can_be_stopped(encoder, tmp_path):
    found = pictures(tmp_path / "p", count=1)
    with pytest.raises(Cancelled):
        PriorTask(told(encoder), found, tmp_path, find=find_model, progress=Impatient())
    assert not list((tmp_path / CACHE).glob("*.safetensors"))


def test_names_are_said_in_words():
    assert in_words("Non-Viable-Tumor") == "non viable tumor"
    assert in_words("parkingLot_2") == "parking lot 2"
    assert captions_of(["a-b"], {"a-b": ["first"]}) == [["first", "a b"]]


def test_captions_vary_and_keep_what_decides():
    random = np.random.default_rng(0)
    found = {varied("normal lung without tumour", random) for _ in range(300)}
    assert len(found) > 100
    shares = [("norm" in text or "ormal" in text) for text in found]
    assert np.mean(shares) > 0.7


def cases(folder, count=6):
    """Pictures of cases, whose one feature is how red they are; the other says nothing."""
    random = np.random.default_rng(0)
    found, lines = [], ["case,redness,chance"]
    for k in range(count):
        red = k / (count - 1)
        lines.append(f"c{k},{50 + 20 * red},{random.normal() if k != 2 else 'NA'}")
        pixels = np.array((60 + 150 * red, 100, 210 - 150 * red)) + random.normal(
            0, 9, (160, 128, 3)
        )
        entry = {"name": f"c{k}_x.png", "source": 0, "label": "", "group": f"x:c{k}",
                 "held_out": False}  # fmt: skip
        found.append((entry, np.clip(pixels, 0, 255).astype(np.uint8)))
    lines.append("c99,60,0")
    (folder / "genes.csv").write_text("\n".join(lines), "utf-8")
    return write_pictures(folder / "pictures", found, {"wanted": {"root": str(folder)}})


def by_table(**changes):
    return {"condition": "table", "table": "genes.csv", "texts": {}, **changes}


def test_a_prior_of_tables_draws_what_a_cases_features_say(encoder, tmp_path):
    found = cases(tmp_path)
    task = task_of(encoder, tmp_path, found, **by_table(run={"steps": 60, "average": 0.9}))
    assert any("1 of 7 cases" in note for note in task.notes)
    assert any("chance (1)" in note for note in task.notes)
    average = loop.run(task, task.settings, tmp_path, Silent())
    task.save(tmp_path / "model", average, "# Toy\n", {})
    prior = load_prior(tmp_path / "model", "cpu")
    assert prior.spec.columns == ("redness", "chance")
    assert prior.spec.classes == ()
    assert read_model(tmp_path / "model").provenance["notes"] == list(task.notes)
    np.testing.assert_allclose(prior.table_reader.means, [60, np.nanmean(task.cases.numbers[:, 1])])
    real = [
        prior.vectors_of(task.windows.one(np.random.default_rng(0), k)).mean((0, 1)) for k in (0, 5)
    ]
    for k, value in enumerate((50.0, 70.0)):
        for chance in (0.0, np.nan):
            made = drawn(prior, prior.told_case(np.array([value, chance]))).mean((0, 1))
            assert np.linalg.norm(made - real[k]) < np.linalg.norm(made - real[1 - k])
    for asked in ({"label": "red"}, {"text": "red"}):
        with pytest.raises(BadRequest, match="neither a text nor a class") as caught:
            prior.told(**asked)
        assert "redness" in caught.value.hint
    task.show(tmp_path, 1)
    assert (tmp_path / "grids-000001.png").stat().st_size > 500


def test_a_prior_of_classes_reads_no_texts(encoder, tmp_path):
    task = task_of(encoder, tmp_path, pictures(tmp_path / "p"), condition="class",
                   run={"steps": 2})  # fmt: skip
    average = loop.run(task, task.settings, tmp_path, Silent())
    task.save(tmp_path / "model", average, "# Toy\n", {})
    prior = load_prior(tmp_path / "model", "cpu")
    assert not np.array_equal(prior.told("red-fields"), prior.told("green-woods"))
    with pytest.raises(BadRequest, match="reads no texts"):
        prior.told(text="trees")
    with pytest.raises(BadRequest, match="reads no table"):
        prior.told_case(np.zeros(2))


def test_a_prior_reads_texts_with_the_tower_of_a_clip(encoder, tmp_path):
    clip = tiny_clip_folder(tmp_path / "clip")
    task = task_of(encoder, tmp_path, pictures(tmp_path / "p"), reader=str(clip),
                   run={"steps": 40, "rate": 1e-2, "average": 0.8}, depth=1)  # fmt: skip
    before = {name: value.clone() for name, value in task.modules.reader.tower.state_dict().items()}
    average = loop.run(task, task.settings, tmp_path, Silent())
    task.save(tmp_path / "model", average, "# Toy\n", {})
    for path in clip.iterdir():
        path.unlink()  # all that it needs is in its own folder
    assert "tokenizer.json" in read_model(tmp_path / "model").files
    prior = load_prior(tmp_path / "model", "cpu")
    for name, value in prior.reader.tower.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert next(iter(prior.reading("a picture of poppies in a meadow"))) == "red-fields"
    assert next(iter(prior.reading("this is a forest of firs"))) == "green-woods"
    assert prior.unknown_words("trees and 肺がん") == ["肺かん"]
    for nothing in ("肺がん", "", "42"):
        with pytest.raises(BadRequest) as caught:
            prior.told(text=nothing)
        assert "English" in caught.value.hint
    assert prior.beyond("trees " * 30) > 0
    (tmp_path / "model" / "tokenizer.json").write_text("{}", "utf-8")
    with pytest.raises(DamagedModel):
        load_prior(tmp_path / "model", "cpu")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"condition": "table"}, "no table is named"),
        ({"table": "genes.csv"}, 'model.condition is "text"'),
        ({"condition": "class", "columns": ["x"]}, 'model.condition is "class"'),
        ({"condition": "class", "reader": "clip"}, "reads texts"),
        ({"condition": "class"}, "have no classes"),
        (by_table(texts={"a": ["b"]}), "captions of classes"),
        (by_table(columns=["redness", "EGFR"]), "no column EGFR"),
        (by_table(reader="clip"), "reads texts"),
    ],
)
def test_conditions_that_do_not_go_together_are_said(encoder, tmp_path, changes, words):
    found = cases(tmp_path, 2)
    with pytest.raises(BadRequest, match=words):
        task_of(encoder, tmp_path, found, **({"texts": {}} | changes))


def test_pictures_without_a_line_are_left_out_and_counted(tmp_path):
    found = cases(tmp_path)
    (tmp_path / "some.csv").write_text("case,x\nc1,1\nc3_x,2\nother,3\n", "utf-8")
    settings = told("e", **by_table(table=str(tmp_path / "some.csv")))
    some = cases_of(settings.model, settings.data, found)
    assert some.names == ("c1", "c3_x")  # by the group, and by the file's name
    assert some.labels == ("c1", "c3_x")
    assert [entry.name for entry in some.pictures.entries] == ["c1_x.png", "c3_x.png"]
    assert "4 of 6 pictures belong to no case" in some.notes[0]
    (tmp_path / "some.csv").write_text("case,x\nA,1\nB,2\n", "utf-8")
    with pytest.raises(BadRequest, match="No picture belongs to a case") as caught:
        cases_of(settings.model, settings.data, found)
    assert "groups" in caught.value.hint
    (tmp_path / "some.csv").write_text("case,x\nc1,1\nB,2\n", "utf-8")
    with pytest.raises(BadRequest, match="one case c1"):
        cases_of(settings.model, settings.data, found)
