"""Studies from end to end, on pictures of 16 pixels and networks of two steps."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, Cancelled, MissingFile
from ssldiff_gui.core.lab.study import StudyRequest
from ssldiff_gui.jobs import study_augmentation, study_classifier, study_guidance
from ssldiff_gui.jobs.study import study
from ssldiff_gui.jobs.study_augmentation import Gain
from ssldiff_gui.jobs.study_guidance import told_apart
from ssldiff_gui.jobs.study_sets import tail_of
from ssldiff_gui.storage import report_pictures
from tests.jobs.evaluated import PIXEL
from tests.jobs.labelled_folders import augmented_folder, class_folder
from tests.models.tiny import tiny_generator_folder
from tests.models.tiny_encoders import tiny_encoder_folder


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """A backbone of a few weights, and plots of a few pixels."""
    monkeypatch.setattr(report_pictures, "DPI", 30)
    monkeypatch.setattr(study_augmentation, "DRAWS", 20)
    budget = study_classifier.Budget("resnet10t", {"channels": (4, 4, 8, 8)}, 16, 2, 4, 1e-2)
    monkeypatch.setitem(study_classifier.BUDGETS, "minutes", budget)
    small = study_guidance.Budget(32, 2, 4, {"widths": [16, 16], "blocks": 1}, 6, 2)
    monkeypatch.setitem(study_guidance.BUDGETS, "minutes", small)


def asked(folder, output, **changes) -> StudyRequest:
    facts = {"subject": "augmentation", "folder": str(folder), "output": str(output), "seeds": 2}
    facts |= {"held_out": 0.25, "groups": "file", "labels_fraction": 0.5}
    return StudyRequest(**(facts | changes))


@pytest.mark.slow
def test_the_study_compares_all_arms_on_one_test_set(tmp_path):
    real = class_folder(tmp_path / "real", (16, 8))
    made = augmented_folder(tmp_path / "made", real, labels_fraction=0.5)
    request = asked(real, tmp_path / "report", augmented=(str(made),))
    found = study(request)
    rows = {row[0]: row for row in found["tables"][0]["rows"]}
    assert list(rows) == [
        "no augmentation", "classic", "synthetic, unselected", "synthetic, selected",
    ]  # fmt: skip
    assert all("±" in cell for cell in rows["classic"][1:])
    pictures = {row[0]: row[1:] for row in found["tables"][1]["rows"]}
    assert pictures["red"] == [8, 4, 4, 4, 3]  # training, seen, validation, test, synthetic
    assert pictures["green"] == [4, 2, 2, 2, 3]
    gains = {(arm, over) for arm, over, *_ in found["facts"]["gains"]}
    assert ("synthetic, selected", "synthetic, unselected") in gains
    assert ("synthetic, selected", "classic") in gains
    assert any("unbalanced" in note for note in found["notes"])
    for name in ("report.html", "report.pdf", "confusion.png", "made-selected.synthetic.png"):
        assert (tmp_path / "report" / name).stat().st_size > 500


def test_without_synthetic_pictures_the_report_says_so(tmp_path):
    found = study(asked(class_folder(tmp_path / "real", 8), tmp_path / "out", seeds=1))
    again = StudyRequest.model_validate_json((tmp_path / "out" / "request.json").read_text())
    assert study(again)["facts"] == found["facts"]
    assert "no synthetic pictures" in " ".join(found["notes"])
    assert "Fewer than three seeds" in " ".join(found["notes"])
    assert len(found["tables"][0]["rows"]) == 2


def test_gains_are_told_as_they_are():
    assert "is better" in Gain("a", "b", 0.1, 0.02, 0.2).words
    assert "No gain" in Gain("a", "b", 0.1, -0.02, 0.2).words
    assert "is worse" in Gain("a", "b", -0.1, -0.2, -0.02).words


def test_a_test_picture_among_the_synthetic_ones_is_refused(tmp_path):
    real = class_folder(tmp_path / "real", 8)
    made = augmented_folder(tmp_path / "made", real)
    tested = json.loads((made / "split.json").read_text())["test"][0]
    leak = Image.open(real / tested).rotate(90)
    for folder in (made / "red", made / ".drawn" / "red"):
        leak.save(folder / "0000.synthetic.png")
    with pytest.raises(BadRequest, match=r"same picture is in test and in made"):
        study(asked(real, tmp_path / "out", augmented=(str(made),)))


def test_made_pictures_that_do_not_say_so_are_refused(tmp_path):
    real = class_folder(tmp_path / "real", 8)
    made = augmented_folder(tmp_path / "made", real)
    text = (made / "augment.json").read_text().replace(".synthetic.png", ".png")
    (made / "augment.json").write_text(text)
    for path in [*made.rglob("*.synthetic.png")]:
        path.rename(path.with_name(path.name.replace(".synthetic", "")))
    with pytest.raises(BadRequest, match="does not say that it is synthetic"):
        study(asked(real, tmp_path / "out", augmented=(str(made),)))


def test_augmentations_of_different_splits_do_not_go_together(tmp_path):
    real = class_folder(tmp_path / "real", 8)
    one = augmented_folder(tmp_path / "one", real)
    other = augmented_folder(tmp_path / "other", real, seed=5)
    with pytest.raises(BadRequest, match="another split"):
        study(asked(real, tmp_path / "out", augmented=(str(one), str(other))))
    with pytest.raises(MissingFile):
        study(asked(real, tmp_path / "out", augmented=(str(real),)))


@pytest.mark.parametrize(("classes", "each"), [(("red",), 4), (("red",), 1)])
def test_one_class_and_one_picture_are_refused(tmp_path, classes, each):
    with pytest.raises(BadRequest):
        study(asked(class_folder(tmp_path / "real", each, classes), tmp_path / "out"))


def test_a_backbone_that_timm_has_not_is_refused(tmp_path):
    real = class_folder(tmp_path / "real", 8)
    with pytest.raises(BadRequest, match="no network"):
        study(asked(real, tmp_path / "out", backbone="resnet-of-dreams"))


def test_a_study_ends_when_asked_to(tmp_path):
    class Stopping:
        def report(self, done, total, words=""):
            pass

        def check(self):
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        study(asked(class_folder(tmp_path / "real", 8), tmp_path / "out"), Stopping())
    assert not (tmp_path / "out").exists()


def test_the_tail_is_long():
    assert tail_of([100, 100, 100]) == [100, 32, 10]
    assert tail_of([8, 3, 1]) == [8, 2, 1]


def test_ways_are_told_apart_by_more_than_their_seeds():
    def values(*found):
        return [{"Fréchet distance": value} for value in found]

    assert "“a” comes nearest" in told_apart("x", {"a": values(1, 1.1), "b": values(3, 3.1)})
    assert "not told from" in told_apart("x", {"a": values(1, 2), "b": values(1.2, 2.1)})
    assert "one seed" in told_apart("x", {"a": values(1), "b": values(3)})


@pytest.mark.slow
def test_guidance_compares_three_ways_on_two_sets(tmp_path):
    real = class_folder(tmp_path / "real", 16, side=32)
    spec = tiny_encoder_folder(tmp_path / "judge", dim=6, cell=32, pixel=PIXEL)
    tiny_generator_folder(
        tmp_path / "generator", name="generator", encoder=spec.id, pixel=PIXEL, dim=6, window=4,
        cell=4, factor=8, tokens=1, conditioner="embeddings", autoencoder="patch",
    )  # fmt: skip
    request = asked(
        real, tmp_path / "report", subject="guidance", seeds=1, judge=str(tmp_path / "judge"),
        autoencoder=str(tmp_path / "generator"),
    )  # fmt: skip
    found = study(request)
    assert set(found["facts"]["values"]) == {"balanced", "unbalanced"}
    ways = found["facts"]["values"]["unbalanced"]
    assert list(ways) == ["unguided", "labels of its own", "true labels"]
    assert all(np.isfinite(one[0]["Fréchet distance"]) for one in ways.values())
    assert found["tables"][2]["rows"] == [["green", 7, 12], ["red", 7, 2]]
    assert (tmp_path / "report" / "balanced-pictures.synthetic.png").is_file()
