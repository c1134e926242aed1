"""Labelled folders: what is read, how it is parted, which leaks are found."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, BrokenFile, MissingFile
from ssldiff_gui.jobs.labelled import Split, check_leaks, read_labelled, split_of
from ssldiff_gui.jobs.labelled_split import groups_of
from tests.jobs.labelled_folders import class_folder, picture, save


def names(labelled, numbers):
    return {labelled.paths[k] for k in numbers}


def test_each_folder_is_a_class_and_folders_in_it_are_cases(tmp_path):
    class_folder(tmp_path, 2)
    save(tmp_path / "red" / "patient7" / "a.png", picture(0, 50))
    save(tmp_path / "green" / "patient7" / "b.tif", picture(1, 51))
    found = read_labelled(tmp_path)
    assert found.classes == ("green", "red")
    assert found.counts() == {"green": 3, "red": 3}
    assert found.cases[found.paths.index("red/patient7/a.png")] == "patient7"
    assert found.load(found.paths.index("green/patient7/b.tif")).shape == (24, 24, 3)
    group = dict(zip(found.paths, groups_of(found, "file").tolist(), strict=True))
    assert group["red/patient7/a.png"] == group["green/patient7/b.tif"]
    assert group["red/00.png"] != group["red/01.png"]


def test_what_cannot_be_read_is_left_out_and_named(tmp_path):
    class_folder(tmp_path, 2)
    (tmp_path / "red" / "torn.png").write_bytes((tmp_path / "red" / "00.png").read_bytes()[:200])
    (tmp_path / "red" / "empty.jpg").write_bytes(b"")
    save(tmp_path / "loose.png", picture(0, 70))
    found = read_labelled(tmp_path)
    assert set(found.left_out) == {"red/torn.png", "red/empty.jpg", "loose.png"}
    assert len(found) == 4
    assert "3 files are left out" in found.notes()[0]


@pytest.mark.parametrize(
    ("classes", "each", "words"),
    [(("red",), 4, "one class"), (("red",), 1, "1 picture"), ((), 0, "0 pictures")],
)
def test_one_class_and_one_picture_are_refused(tmp_path, classes, each, words):
    class_folder(tmp_path, each, classes)
    with pytest.raises(BadRequest, match=words):
        read_labelled(tmp_path)


def test_a_folder_that_is_not_there_and_a_class_that_may_not_be(tmp_path):
    with pytest.raises(MissingFile):
        read_labelled(tmp_path / "nowhere")
    class_folder(tmp_path, 2)
    with pytest.raises(BadRequest, match="green"):
        read_labelled(tmp_path, classes=("red", "blue"))
    assert read_labelled(tmp_path, classes=("red", "green", "blue")).counts()["blue"] == 0


def test_unbalanced_classes_are_told(tmp_path):
    class_folder(tmp_path, (9, 2))
    assert "unbalanced: 9 pictures of red, 2 of green" in read_labelled(tmp_path).notes()[0]


def test_a_split_is_stratified_whole_and_the_same_again(tmp_path):
    found = read_labelled(class_folder(tmp_path, (20, 10)))
    split = split_of(found, 0.2, "file", seed=3, labels_fraction=0.25)
    parts = [split.train, split.validation, split.test]
    assert sorted(np.concatenate(parts).tolist()) == list(range(30))
    assert found.counts(split.test) == {"green": 2, "red": 4}
    assert found.counts(split.validation) == {"green": 2, "red": 4}
    assert found.counts(split.seen) == {"green": 2, "red": 3}
    assert set(split.seen.tolist()) <= set(split.train.tolist())
    again = split_of(found, 0.2, "file", seed=3, labels_fraction=0.5)
    assert (again.test == split.test).all()
    assert set(split.seen.tolist()) <= set(again.seen.tolist())
    assert (split_of(found, 0.2, "file", seed=4).test != split.test).any()


def test_at_least_one_picture_of_each_class_is_seen(tmp_path):
    found = read_labelled(class_folder(tmp_path, 8))
    split = split_of(found, 0.2, "file", labels_fraction=0.01)
    assert found.counts(split.seen) == {"green": 1, "red": 1}


def test_cases_and_copies_are_never_parted(tmp_path):
    class_folder(tmp_path, 12)
    for name in ("red", "green"):
        for k in range(0, 12, 2):
            (tmp_path / name / f"{k:02d}.png").rename(tmp_path / name / f"p{k // 4}-{k:02d}.png")
    original = tmp_path / "red" / "01.png"
    pixels = np.asarray(Image.open(original))
    save(tmp_path / "red" / "turned.png", np.rot90(pixels))
    save(tmp_path / "red" / "pressed.jpg", pixels, quality=85)
    shutil.copy(original, tmp_path / "red" / "copied.png")
    found = read_labelled(tmp_path)
    for seed in range(6):
        split = split_of(found, 0.25, r"p\d(?=-)", seed=seed)
        parts = {p: names(found, getattr(split, p)) for p in ("train", "validation", "test")}
        same = {"red/01.png", "red/turned.png", "red/pressed.jpg", "red/copied.png"}
        assert sum(bool(same & part) for part in parts.values()) == 1
        for case in ("p0", "p1", "p2"):
            assert sum(any(f"/{case}-" in n for n in part) for part in parts.values()) == 1


def test_a_split_is_read_back_and_refused_for_other_pictures(tmp_path):
    root, file = class_folder(tmp_path / "data", 8), tmp_path / "split.json"
    found = read_labelled(root)
    split = split_of(found, 0.25, "file")
    split.write(file, found)
    again = Split.read(file, read_labelled(root))
    assert (again.test == split.test).all()
    assert (again.seen == split.seen).all()
    save(root / found.paths[int(split.test[0])], picture(2, 5))
    with pytest.raises(BadRequest, match=found.paths[int(split.test[0])]):
        Split.read(file, read_labelled(root))
    file.write_text("{}", "utf-8")
    with pytest.raises(BrokenFile):
        Split.read(file, found)
    with pytest.raises(MissingFile):
        Split.read(tmp_path / "none.json", found)


def test_the_same_picture_in_two_parts_is_found_and_named(tmp_path):
    root, file = class_folder(tmp_path / "data", 8), tmp_path / "split.json"
    found = read_labelled(root)
    split = split_of(found, 0.25, "file")
    tested = Image.open(root / found.paths[int(split.test[0])])
    copy = root / "red" / "zz.jpg"
    tested.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(copy, quality=90)
    leaking = read_labelled(root)
    split.write(file, found)
    facts = json.loads(file.read_text("utf-8"))
    facts["train"].append("red/zz.jpg")
    facts["sha256"]["red/zz.jpg"] = leaking.prints[leaking.paths.index("red/zz.jpg")].sha256
    file.write_text(json.dumps(facts), "utf-8")
    with pytest.raises(BadRequest, match=r"in train and in test.*red/zz.jpg"):
        Split.read(file, leaking)


def test_flat_pictures_are_the_same_only_by_their_pixels(tmp_path):
    for name, grey in (("a", 100), ("b", 100), ("c", 101)):
        save(tmp_path / "red" / f"{name}.png", np.full((16, 16, 3), grey, np.uint8))
    save(tmp_path / "green" / "x.png", picture(1, 1))
    found = read_labelled(tmp_path)
    prints = dict(zip(found.paths, found.prints, strict=True))
    with pytest.raises(BadRequest, match=r"a\.png"):
        check_leaks({"train": {"a": prints["red/a.png"]}, "test": {"red/b.png": prints["red/b.png"],
                     "a.png": prints["red/b.png"]}})  # fmt: skip
    check_leaks({"train": {"a": prints["red/a.png"]}, "test": {"c": prints["red/c.png"]}})


@pytest.mark.parametrize("how", ["name", "words"])
def test_what_was_made_is_never_tested_on(tmp_path, how):
    class_folder(tmp_path, 8)
    if how == "name":
        for k in range(8):
            path = tmp_path / "red" / f"{k:02d}.png"
            path.rename(path.with_name(f"{k:02d}.synthetic.png"))
    else:
        from PIL.PngImagePlugin import PngInfo

        words = PngInfo()
        words.add_itxt("XML:com.adobe.xmp", ".../digitalsourcetype/trainedAlgorithmicMedia")
        for k in range(8):
            save(tmp_path / "red" / f"{k:02d}.png", picture(0, k), pnginfo=words)
    with pytest.raises(BadRequest, match=r"Synthetic pictures are in the part for"):
        split_of(read_labelled(tmp_path), 0.25, "file")


def test_pictures_that_all_look_alike_cannot_be_parted(tmp_path):
    for label in ("red", "green"):
        for k in range(4):
            save(tmp_path / label / f"{k}.png", picture(0, 3))
    with pytest.raises(BadRequest, match="cannot be parted"):
        split_of(read_labelled(tmp_path), 0.25)
