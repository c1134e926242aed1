"""Every measurement from end to end, on tiny models."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest

from ssldiff_gui.core.errors import BadRequest, Cancelled, IncompatibleGrid
from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.evaluation.figures import Figure
from ssldiff_gui.evaluation.probing import choose_probe
from ssldiff_gui.jobs import (
    evaluate_canvas,
    evaluate_encoder,
    evaluate_generator,
    evaluate_supervised,
)
from ssldiff_gui.jobs.evaluate import evaluate
from ssldiff_gui.jobs.evaluate_canvas import mirrored
from ssldiff_gui.jobs.evaluate_encoder import HISTOGRAM, OWN, SUPERVISED, UNTRAINED
from ssldiff_gui.jobs.evaluate_rendering import load_pair, render
from ssldiff_gui.jobs.evaluate_report import Report
from ssldiff_gui.sampling.presets import preset_named
from tests.jobs.evaluated import CLASSES, class_folders, picture_folder, tiny_models
from tests.models.tiny_encoders import tiny_encoder_folder


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Few steps, and probes of one strength."""

    def of_two_steps(name):
        return preset_named(name, steps=2)

    for module in (evaluate_canvas, evaluate_generator):
        monkeypatch.setattr(module, "preset_named", of_two_steps)
    monkeypatch.setattr(evaluate_supervised, "BATCH", 24)
    monkeypatch.setattr(evaluate_encoder, "QUICK_CELLS", 4)
    chosen = partial(choose_probe, strengths=(1e-2,))
    monkeypatch.setattr(evaluate_encoder, "choose_probe", chosen)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with pictures, an unseen source, and models."""
    room = tmp_path_factory.mktemp("evaluate")
    picture_folder(room / "pictures")
    class_folders(room / "other")
    return tiny_models(room)


def measured(place, kind, model=None, **changes) -> Report:
    facts = {"encoder": None if kind == "encoder" else str(place / "encoder")}
    facts |= {"pictures": str(place / "pictures"), "quick": True, "preset": "draft", "samples": 6}
    model = str(place / (model or ("generator" if kind in ("canvas", "autoencoder") else kind)))
    return evaluate(EvaluateRequest(what=kind, model=model, **(facts | changes)))


def by_name(report, source="held out") -> dict[str, Figure]:
    return {figure.measure: figure for figure in report.figures[source]}


def test_an_encoder_against_all_others(place):
    report = measured(
        place, "encoder", samples=None, supervised_steps=30,
        unseen=str(place / "other"), unseen_pixel=0.5,
    )  # fmt: skip
    found = by_name(report)
    assert list(found) == [
        f"{way}, {kind}"
        for way in ("nearest neighbours", "linear probe")
        for kind in ("accuracy", "balanced accuracy")
    ]
    probe = found["linear probe, balanced accuracy"]
    assert probe.value > 0.6  # its random features see stripes
    assert probe.low <= probe.value <= probe.high
    assert {UNTRAINED, SUPERVISED, HISTOGRAM, OWN} <= set(probe.against)
    assert probe.against[OWN] > 0.5
    other = by_name(report, "unseen: other")["linear probe, accuracy"]
    assert OWN not in other.against
    assert report.settings["supervised"]["steps"] == 30
    assert report.settings["classes"] == list(CLASSES)
    assert any("fewer than five" in words for words in report.warnings)


def test_no_group_of_the_held_out_pictures_is_in_the_bank(place, monkeypatch):
    seen = []

    def kept(bank, labels, new, *, count):
        seen.append((len(bank), len(new)))
        return np.zeros(len(new), np.int64)

    monkeypatch.setattr(evaluate_encoder, "nearest_classes", kept)
    text = (place / "pictures" / "pictures.json").read_text("utf-8")
    facts = json.loads(text)
    for entry in facts["entries"]:
        if entry["name"] in ("dots/0.png", "dots/1.png"):
            entry["group"] = "the same case"
    (place / "pictures" / "pictures.json").write_text(json.dumps(facts), "utf-8")
    try:
        report = measured(place, "encoder", samples=None, supervised_steps=0)
    finally:
        (place / "pictures" / "pictures.json").write_text(text, "utf-8")
    assert set(seen) == {(8, 9)}
    assert any("no supervised network" in words for words in report.warnings)


def test_an_autoencoder_alone_and_beside_an_unseen_source(place, tmp_path):
    report = measured(place, "autoencoder", unseen=str(place / "other"), unseen_pixel=0.5)
    found = by_name(report)
    assert 5 < found["PSNR (dB)"].value < 40
    assert 0 < found["SSIM"].value < 1
    assert found["block ratio"].value > found["block ratio"].against["real"]
    assert found["Fréchet distance of cells, to the same pictures"].value > 0
    assert set(by_name(report, "unseen: other")) == set(found)
    files = report.write(tmp_path / "out")
    assert sorted(path.name for path in files) == [
        "autoencoder-unseen.synthetic.png", "autoencoder.synthetic.png", "figures-0.png",
        "figures-1.png", "figures.json", "report.html", "report.json", "report.pdf",
        "request.json",
    ]  # fmt: skip
    assert json.loads(files[-1].read_text("utf-8"))["headline"][0]["name"] == "PSNR (dB)"
    text = files[0].read_text("utf-8")
    assert json.loads(text)["figures"]["held out"][0]["measure"] == "PSNR (dB)"
    assert str(tmp_path.parent) not in text


def test_another_encoder_than_the_generators_is_refused(place):
    tiny_encoder_folder(place / "stranger", seed=5, dim=24, cell=32)
    with pytest.raises(IncompatibleGrid, match="goes with"):
        measured(place, "autoencoder", encoder=str(place / "stranger"))
    with pytest.raises(IncompatibleGrid, match="was trained on"):
        measured(place, "generator", encoder=str(place / "stranger"))


def test_a_generator_against_real_reconstructed_and_untold(place):
    report = measured(place, "generator", seeds=2)
    found = by_name(report)
    cells = found["Fréchet distance, cells"]
    assert list(cells.against) == ["real", "reconstructed", "told nothing", "training"]
    assert cells.against["reconstructed"] < cells.value  # it draws noise
    for words in ("centred", "raw"):
        cosine = found[f"embedding cosine, {words}"]
        share = found[f"embedding cosine, {words}, share of the reconstruction's"]
        assert share.value == pytest.approx(cosine.value / cosine.against["reconstructed"])
    assert found["distance of seeds of one grid, cells"].value > 0
    assert found["nearest training window, pixels"].against["real"] > 0
    assert report.sheets["generator"].shape == (4 * 128 + 12, 6 * 128 + 20, 3)
    assert any("too few" in words for words in report.warnings)
    json.dumps(report.facts(), allow_nan=False)


def test_rendering_is_repeatable_and_telling_nothing_ignores_the_grid(place):
    generator, _, judge = load_pair(str(place / "generator"), str(place / "encoder"), "cpu")
    random = np.random.default_rng(0)
    grids = random.standard_normal((2, 4, 4, judge.spec.dim)).astype(np.float32)
    preset = preset_named("draft", steps=2)
    told = [render(generator, grid, preset, 0).pixels for grid in (grids[0], grids[0], grids[1])]
    assert (told[0] == told[1]).all()
    assert (told[0] != told[2]).any()
    untold = [render(generator, grid, preset, 0, told=False).pixels for grid in grids]
    assert (untold[0] == untold[1]).all()


def test_a_canvas_against_a_published_way(place):
    report = measured(place, "canvas", size=256, published_size=256, samples=2)
    found = by_name(report)
    assert found["border ratio, every 128 pixels, 256²"].against["real"] > 0
    dearer = found["evaluations a megapixel, 2 of 256²"]
    assert dearer.against["pixcell-4k"] > dearer.value
    assert report.sheets["canvas-published"].shape == (2 * 256 + 4, 3 * 256 + 8, 3)
    with pytest.raises(BadRequest, match="no preset"):
        measured(place, "canvas", published=("never",))


def test_a_mirrored_picture_goes_on_without_a_jump():
    ramp = np.arange(100, dtype=np.uint8)[:, None, None].repeat(50, 1).repeat(3, 2)
    made = mirrored(ramp, 256)
    assert made.shape == (256, 256, 3)
    assert np.abs(np.diff(made.astype(int), axis=0)).max() == 1
    assert (mirrored(ramp, 40) == ramp[:40, :40]).all()


def test_a_prior_by_the_probe_and_by_its_neighbours(place):
    report = measured(place, "prior", samples=3)
    found = by_name(report)
    accuracy = found["balanced accuracy of the probe, grids by class"]
    assert accuracy.against["held-out real grids"] > 0.6
    assert accuracy.against["chance"] == pytest.approx(1 / 3)
    near = found["neighbour cosine, horizontal, 1 cell"]
    assert -1 <= near.value <= 1
    assert set(near.against) == {"held-out real", "training"}
    assert "neighbour cosine, diagonal, 2 cells" in found
    assert "neighbour cosine, diagonal, 4 cells" not in found
    distance = found["Fréchet distance to the class's training cells"]
    assert "dots" in distance.note


def test_an_end_is_heard(place):
    class Watcher:
        def report(self, done, total, words=""):
            pass

        def check(self):
            raise Cancelled("Stopped.")

    asked = EvaluateRequest(
        what="autoencoder", model=str(place / "generator"), encoder=str(place / "encoder"),
        pictures=str(place / "pictures"),
    )  # fmt: skip
    with pytest.raises(Cancelled):
        evaluate(asked, Watcher())


def test_an_encoder_needs_classes(place, tmp_path):
    facts = json.loads((place / "pictures" / "pictures.json").read_text("utf-8"))
    for entry in facts["entries"]:
        entry["label"] = ""
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "pictures.bin").write_bytes((place / "pictures" / "pictures.bin").read_bytes())
    (folder / "pictures.json").write_text(json.dumps(facts), "utf-8")
    with pytest.raises(BadRequest, match="two classes"):
        measured(place, "encoder", pictures=str(folder))
