"""Distances between sets of pictures, from folders and from large images."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ssldiff_gui.core.errors import BadRequest, MissingFile, MissingModel
from ssldiff_gui.core.lab.fid import FidRequest
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.evaluation.distances import frechet
from ssldiff_gui.jobs.fid import figures_of, measure
from tests.jobs.labelled_folders import picture, save
from tests.models.tiny_encoders import tiny_encoder_folder

PIXEL = PixelSize(size=0.5, unit="µm")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two sets of one kind, one of another, and a judge."""
    room = tmp_path_factory.mktemp("fid")
    for k in range(24):
        save(room / "real" / f"{k}.png", picture(k % 2, k, 64))
        save(room / "same" / f"{k}.png", picture(k % 2, 100 + k, 64))
        save(room / "other" / f"{k}.synthetic.png", picture(2, 200 + k, 64))
    tiny_encoder_folder(room / "judge", dim=6, cell=32, pixel=PIXEL)
    return room


def asked(place, fake="same", **changes) -> FidRequest:
    facts = {"real": str(place / "real"), "fake": str(place / fake)}
    return FidRequest(**(facts | {"judge": str(place / "judge"), "blocks": 4} | changes))


def test_sets_of_one_kind_are_near_and_others_far(place, tmp_path):
    near = measure(asked(place, output=str(tmp_path / "report")))
    far = measure(asked(place, "other"))
    value = {h["name"]: h for h in near["headline"]}
    other = {h["name"]: h for h in far["headline"]}
    assert other["Fréchet distance"]["value"] > 5 * value["Fréchet distance"]["value"]
    assert other["Fréchet distance"]["low"] > value["Fréchet distance"]["high"]
    assert value["coverage"]["value"] > 0.7
    assert other["coverage"]["value"] < 0.3
    assert near["facts"]["samples"] == {"real": 24, "fake": 24}
    assert near["facts"]["side"] == 64
    kept = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert kept["headline"] == near["headline"]
    again = FidRequest.model_validate_json((tmp_path / "report" / "request.json").read_text())
    assert measure(again)["headline"] == near["headline"]
    assert (tmp_path / "report" / "fake.synthetic.png").is_file()


def test_what_a_reader_must_know_is_told(place):
    notes = " ".join(measure(asked(place, "real", blocks=0))["notes"])
    assert "24 samples are too few" in notes
    assert "24 made samples are in the real set as they are" in notes
    turned = FidRequest(real=str(place / "other"), fake=str(place / "same"),
                        judge=str(place / "judge"), blocks=0)  # fmt: skip
    assert "24 images of the real set say that they are synthetic" in " ".join(
        measure(turned)["notes"]
    )


def test_figures_are_those_of_the_features_and_need_no_interval():
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(40, 3)), random.normal(1, 1, (30, 3))
    request = FidRequest(real="a", fake="b", blocks=0)
    found = figures_of(real, fake, request)
    assert found["frechet"].value == pytest.approx(frechet(real, fake))
    assert found["frechet"].low is None
    wide = figures_of(real, fake, request.model_copy(update={"blocks": 8}))
    assert wide["frechet"].low < wide["frechet"].value < wide["frechet"].high
    assert 0 <= wide["precision"].low <= wide["precision"].high <= 1


def test_intervals_hold_what_other_samples_give():
    """Of twenty pairs of samples, the interval around one's distance holds most others'."""
    request = FidRequest(real="a", fake="b", blocks=10)

    def drawn(seed):
        random = np.random.default_rng(seed)
        return random.normal(size=(200, 4)), random.normal(0.5, 1.2, (200, 4))

    mine = figures_of(*drawn(0), request)["frechet"]
    others = [frechet(*drawn(seed)) for seed in range(1, 21)]
    assert sum(mine.low <= value <= mine.high for value in others) >= 14


def test_crops_of_large_images_and_canvases_are_taken(place, tmp_path):
    import tifffile

    random = np.random.default_rng(0)
    for name in ("real", "fake"):
        scene = random.integers(0, 255, (320, 288, 3), np.uint8)
        tifffile.imwrite(tmp_path / f"{name}.tif", scene, tile=(64, 64), photometric="rgb",
                         resolution=(20000, 20000), resolutionunit="CENTIMETER")  # fmt: skip
    request = asked(place, real=str(tmp_path / "real.tif"), fake=str(tmp_path / "fake.tif"),
                    crop=32, samples=50)  # fmt: skip
    found = measure(request)
    assert found["facts"]["samples"] == {"real": 50, "fake": 50}
    assert measure(request)["facts"] == found["facts"]


def test_what_cannot_be_read_is_named_and_too_little_refused(place, tmp_path):
    for k in range(3):
        save(tmp_path / "some" / f"{k}.png", picture(0, k, 64))
    (tmp_path / "some" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    found = measure(asked(place, fake=str(tmp_path / "some"), blocks=0))
    assert any("torn.png" in note for note in found["notes"])
    save(tmp_path / "one" / "0.png", picture(0, 0, 64))
    with pytest.raises(BadRequest, match="gives 1 square to look at"):
        measure(asked(place, fake=str(tmp_path / "one")))
    (tmp_path / "none").mkdir()
    with pytest.raises(BadRequest, match="no image that can be read"):
        measure(asked(place, fake=str(tmp_path / "none")))
    with pytest.raises(MissingFile):
        measure(asked(place, fake=str(tmp_path / "nowhere")))
    with pytest.raises(MissingModel):
        measure(asked(place, judge="no-such-encoder"))


def test_a_judge_has_to_be_named_for_pictures_that_say_nothing(place):
    with pytest.raises(BadRequest, match="--judge"):
        measure(asked(place, judge=None))
