"""Labels that the machine makes itself: clusters, boxes, masks, and the folder they lie in."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.functional.clustering import normalized_mutual_info_score

from ssldiff_gui.core.errors import BadNumbers, BadRequest, BrokenFile, MissingFile
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.slides import open_slide
from ssldiff_gui.training.self_labels import (
    NOWHERE,
    Clusters,
    Labelled,
    MaskMaker,
    PictureLabels,
    box_map,
    boxes,
    read_labels,
    write_labels,
)
from ssldiff_gui.training.self_labels.clusters import agreement
from ssldiff_gui.training.self_labels.labelled import mask_name, read_mask, write_mask
from ssldiff_gui.training.self_labels.lost import thing, things
from ssldiff_gui.training.self_labels.polygons import moved, polygons


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("starter-aerial-encoder", "cpu")


@pytest.fixture(scope="module")
def scene(repository):
    """A part of the sample scene: 256 × 320 pixels."""
    with open_slide(repository / "resources" / "samples" / "sample-scene.tif") as slide:
        return slide.scenes[0].read(Region(Box(900, 900, 320, 256)))


def clouds(count: int = 4, each: int = 30) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    centres = random.normal(size=(count, 8))
    true = np.repeat(np.arange(count), each)
    return (centres[true] + 0.1 * random.normal(size=(len(true), 8))).astype(np.float32), true


# Clusters


def test_clusters_find_what_is_there():
    vectors, true = clouds()
    found = Clusters.fit(vectors, 4, seed=5)
    told = agreement(found.numbers(vectors), [str(n) for n in true])
    assert told["nmi"] == pytest.approx(1)
    assert told["purity"] == 1
    assert told["nmi_by_chance"] < 0.2
    assert found.silhouette(vectors) > 0.8
    assert found.names == ("cluster 1", "cluster 2", "cluster 3", "cluster 4")


def test_the_same_seed_gives_the_same_clusters():
    vectors = np.random.default_rng(0).normal(size=(200, 5)).astype(np.float32)
    one, same, other = (Clusters.fit(vectors, 6, seed).centres for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_long_vectors_change_clusters_in_the_published_form_alone():
    vectors, _ = clouds()
    for form, differs in (("consistent", False), ("published", True)):
        found = Clusters.fit(vectors, 4, form=form)
        tipped = found.centres[0] + 0.9 * found.centres[1]
        short, long = found.numbers(0.01 * tipped[None]), found.numbers(100 * tipped[None])
        plain = np.linalg.norm(found.centres - 0.01 * tipped, axis=1).argmin()
        assert (short[0] == plain) or not differs
        assert not differs or found.numbers(vectors).max() == 3
        assert differs or short == long


@pytest.mark.parametrize("count", [2, 7, 20])
def test_no_cluster_is_empty(count):
    vectors = np.zeros((60, 3), np.float32)
    vectors[:, 0] = 1
    vectors[:20, 1] = np.arange(20) / 10
    found = Clusters.fit(vectors, count).numbers(vectors)
    assert set(found) == set(range(count))


def test_more_clusters_than_vectors_are_refused():
    vectors = np.ones((50, 3), np.float32)
    vectors[0] = [1, 0, 0]
    with pytest.raises(BadRequest, match="50 vectors, 2 of them different"):
        Clusters.fit(vectors, 3)
    vectors[3, 1] = np.nan
    with pytest.raises(BadNumbers):
        Clusters.fit(vectors, 2)


@pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")  # torchmetrics' own
@pytest.mark.parametrize("seed", range(4))
def test_nmi_is_that_of_torchmetrics(seed):
    random = np.random.default_rng(seed)
    true = random.integers(0, 5, 60)
    numbers = np.where(random.random(60) < 0.2 * seed, true, random.integers(0, 4, 60))
    told = agreement(numbers, [str(n) for n in true])["nmi"]
    theirs = float(normalized_mutual_info_score(torch.from_numpy(numbers), torch.from_numpy(true)))
    assert told == pytest.approx(theirs, abs=1e-5)


def test_one_class_says_nothing_of_clusters():
    told = agreement(np.array([0, 1, 0]), ["a", "a", "a"])
    assert told == {"nmi": 0.0, "nmi_by_chance": 0.0, "purity": 1.0}


# Boxes


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**20), st.integers(1, 120))
def test_a_box_holds_its_seed_and_lies_in_the_map(rows, columns, seed, expansion):
    features = np.random.default_rng(seed).normal(size=(rows, columns, 6)).astype(np.float32)
    found = thing(features, expansion=expansion)
    assert found is not None
    (row, column), box = found.seed, found.box
    assert found.patches[row, column]
    assert Box(0, 0, columns, rows).contains(box)
    assert box.contains(Box(column, row, 1, 1))
    assert found.inverse_degree[row, column] == found.inverse_degree.max()


def test_things_do_not_share_patches():
    features = np.random.default_rng(2).normal(size=(12, 12, 4)).astype(np.float32)
    found = list(things(features, most=5))
    assert len(found) > 1
    assert sum(one.patches.astype(int) for one in found).max() == 1


def test_a_small_thing_on_a_large_ground_is_found():
    """The ground is like most patches; the thing is like few."""
    features = np.tile(np.array([1, 0, 0], np.float32), (10, 12, 1))
    features[3:6, 7:9] = [-0.5, 1, 0]
    assert thing(features).box == Box(7, 3, 2, 3)
    left = np.ones((10, 12), bool)
    left[:, 6:] = False
    assert thing(features, left=left).box == Box(0, 0, 6, 10)


def test_a_map_in_which_nothing_is_alike_has_no_box():
    assert thing(np.zeros((4, 4, 3), np.float32)) is None
    assert list(things(np.zeros((4, 4, 3), np.float32), most=3)) == []


def test_boxes_lie_in_a_real_picture(encoder, scene):
    found = boxes(encoder, scene, most=3)
    assert 1 <= len(found) <= 3
    assert all(Box(0, 0, 320, 256).contains(box) and not box.empty for box in found)
    assert found[0] == boxes(encoder, scene)[0]
    assert box_map(found, 256, 320).any()


def test_a_blank_picture_has_no_box(encoder):
    assert boxes(encoder, np.full((96, 96, 3), 255, np.uint8)) == []
    assert not box_map([], 5, 4).any()


def test_boxes_keep_to_what_counts(encoder, scene):
    where = np.zeros(scene.shape[:2], bool)
    where[:, :128] = True
    assert all(box.x2 <= 128 for box in boxes(encoder, scene, most=3, where=where))
    assert boxes(encoder, scene, where=np.zeros_like(where)) == []


# Masks


def test_masks_tell_real_grounds_apart(encoder, scene):
    """The same classes in another picture, and the same bytes once more."""
    parts = [scene[:, :160], scene[:, 160:]]
    made = MaskMaker.fit(encoder, parts, 3, seed=1)
    mask = made.mask(scene)
    assert mask.shape == scene.shape[:2]
    assert mask.dtype == np.int16
    sizes = np.bincount(mask.reshape(-1), minlength=3)
    assert (sizes > 0).all()
    assert len(sizes) == 3
    np.testing.assert_array_equal(MaskMaker.fit(encoder, parts, 3, seed=1).mask(scene), mask)
    colours = np.stack([scene[mask == k].mean(axis=0) for k in range(3)])
    assert np.linalg.norm(colours[:, None] - colours, axis=-1).max() > 40


def test_a_border_is_found_to_a_few_pixels(encoder):
    picture = np.full((128, 128, 3), 60, np.float64)
    right = np.arange(128)[None] > (np.arange(128) * 0.3 + 40)[:, None]
    picture[right] = 190
    picture += np.random.default_rng(0).normal(0, 6, picture.shape)
    picture = picture.clip(0, 255).astype(np.uint8)
    made = MaskMaker.fit(encoder, [picture], 2)
    for edges in (True, False):
        share = (made.mask(picture, edges=edges).astype(bool) != right).mean()
        assert min(share, 1 - share) < 0.02


def test_borders_are_moved_to_where_the_colour_changes(encoder, scene):
    made = MaskMaker.fit(encoder, [scene], 4)
    change = np.abs(np.diff(scene.astype(float), axis=1)).sum(axis=-1)
    sharp, soft = (
        change[np.diff(made.mask(scene, edges=edges), axis=1) != 0].mean()
        for edges in (True, False)
    )
    assert sharp > 1.15 * soft


def test_what_is_blank_or_too_much_is_refused(encoder):
    blank = np.full((64, 64, 3), 240, np.uint8)
    with pytest.raises(BadRequest, match="blank"):
        MaskMaker.fit(encoder, [blank, blank], 3)
    with pytest.raises(BadRequest, match="255"):
        MaskMaker.fit(encoder, [blank], 300)


# Polygons


def test_polygons_cover_their_classes_with_holes():
    classes = np.full((12, 12), NOWHERE, np.int16)
    classes[1:9, 1:9] = 0
    classes[3:5, 3:5] = 1
    classes[6, 6] = 2
    found = list(polygons(classes))
    assert sorted((number, shape.area) for number, shape in found) == [(0, 59), (1, 4), (2, 1)]
    largest = next(shape for number, shape in found if number == 0)
    assert len(largest.interiors) == 2
    without = list(polygons(classes, specks=3))
    assert sorted((number, shape.area) for number, shape in without) == [(0, 60), (1, 4)]
    assert moved(largest, (100, 50), 2).bounds == (102, 52, 118, 68)


def test_simpler_outlines_stay_valid():
    random = np.random.default_rng(0)
    classes = (random.random((40, 40)) > 0.5).astype(np.int16)
    for _, shape in polygons(classes, specks=4, tolerance=1.5):
        assert shape.is_valid
        assert shape.area > 0
        assert shapely.get_type_id(shape) in (3, 6)


# The folder


def example() -> Labelled:
    return Labelled(
        method="masks", source="pictures", classes=("cluster 1", "cluster 2"),
        pictures=(
            PictureLabels(name="a/ä.png", width=7, height=5, cluster=1, boxes=((1, 2, 3, 3),),
                          mask=mask_name("a/ä.png")),
            PictureLabels(name="b.png", width=3, height=2),
        ),
    )  # fmt: skip


def test_labels_come_back_as_they_were(tmp_path):
    labels = example()
    mask = np.full((5, 7), NOWHERE, np.int16)
    mask[1:3], mask[4, 2] = 0, 1
    write_mask(tmp_path, labels.pictures[0].mask, mask, [(255, 0, 0), (0, 0, 255)])
    write_labels(tmp_path, labels)
    found = read_labels(tmp_path)
    assert found == labels
    assert found.of("a/ä.png").areas == [Box(1, 2, 3, 3)]
    assert found.of("c.png") is None
    assert set(found.by_name()) == {"a/ä.png", "b.png"}
    np.testing.assert_array_equal(read_mask(tmp_path, found, found.pictures[0]), mask)
    assert (read_mask(tmp_path, found, found.pictures[1]) == NOWHERE).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mask": "../../secret.png"}, "outside"),
        ({"mask": "/etc/secret.png"}, "outside"),
        ({"cluster": 2}, "does not list"),
        ({"cluster": -1}, "holds no labels"),
        ({"width": 0}, "holds no labels"),
    ],
)
def test_labels_that_cannot_be_are_refused(tmp_path, change, words):
    path = write_labels(tmp_path, example())
    told = json.loads(path.read_text("utf-8"))
    told["pictures"][0] |= change
    path.write_text(json.dumps(told), "utf-8")
    with pytest.raises(BrokenFile, match=words):
        read_labels(tmp_path)


def test_masks_that_cannot_be_are_refused(tmp_path):
    labels, name = example(), mask_name("a/ä.png")
    with pytest.raises(MissingFile):
        read_mask(tmp_path, labels, labels.pictures[0])
    for mask, words in ((np.zeros((5, 6), np.int16), "no mask of"),
                        (np.full((5, 7), 2, np.int16), "does not list")):  # fmt: skip
        write_mask(tmp_path, name, mask, [(1, 2, 3)])
        with pytest.raises(BrokenFile, match=words):
            read_mask(tmp_path, labels, labels.pictures[0])
    (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n no")
    with pytest.raises(BrokenFile, match="no mask"):
        read_mask(tmp_path, labels, labels.pictures[0])
    with pytest.raises(MissingFile):
        read_labels(tmp_path / "nowhere")
