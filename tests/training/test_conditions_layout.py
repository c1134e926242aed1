"""Boxes and masks as conditions: where they come from, that they lie where the pictures do."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, MissingFile
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.core.protocols import Given
from ssldiff_gui.models.generators import load_generator
from ssldiff_gui.training.loop import run
from ssldiff_gui.training.self_labels.labelled import Labelled, PictureLabels, write_labels
from ssldiff_gui.training.settings import DiffusionModel
from tests.training.made_places import diffusion, made_place


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = made_place(tmp_path_factory.mktemp("laid"))
    labels(root / "labels", root / "pictures")
    return root


def labels(folder, pictures, **changes):
    """Write true labels: a box around the bright square, a mask of it."""
    found = []
    for path in sorted(pictures.rglob("*.png")):
        k, name = int(path.stem), path.relative_to(pictures).as_posix()
        mask = np.zeros((96, 96), np.uint8)
        mask[16 + 8 * k : 48 + 8 * k, 8:40] = 1
        (folder / "masks" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(mask).save(folder / "masks" / name)
        told = {"boxes": ((8, 16 + 8 * k, 32, 32),), "mask": f"masks/{name}",
                "cluster": int(path.parent.name == "light")} | changes  # fmt: skip
        found.append(PictureLabels(name=name, width=96, height=96, **told))
    write_labels(folder, Labelled(classes=("ground", "square"), pictures=tuple(found)))


def windows(task):
    """Return all whole windows, and where they are."""
    places = [(view, 0, 0) for view in task.usable]
    return places, task._read(task.training, places)


@pytest.mark.parametrize("layout", ["boxes", "masks"])
def test_maps_follow_the_pictures_however_they_are_laid_down(place, tmp_path, layout):
    _, task = diffusion(place, tmp_path, condition=layout, labels="labels", views=8)
    places, _ = windows(task)
    assert len(places) > 20
    maps = task._given(task.training, places, np.zeros(len(places), bool)).maps
    raw = torch.stack([torch.from_numpy(task.training.latents(*p, task.side)) for p in places])
    bright = task.coder.decode(raw.float()).mean(1)
    bright = bright.unfold(1, 8, 8).unfold(2, 8, 8).mean((-1, -2)).numpy()
    square = maps[:, -1] > 0
    assert bright[square].mean() > 0.6
    assert bright[~square].mean() < 0.4
    assert len({square[k].tobytes() for k in range(len(places))}) > 10


def test_boxes_have_one_map_and_masks_one_for_each_class(place, tmp_path):
    _, boxes = diffusion(place, tmp_path / "a", condition="boxes", labels="labels")
    _, masks = diffusion(place, tmp_path / "b", condition="masks", labels="labels")
    assert (boxes.spec.layout, boxes.spec.layout_form) == (("",), "boxes")
    assert (masks.spec.layout, masks.spec.layout_form) == (("ground", "square"), "masks")
    assert boxes.spec.conditioner.config == {"channels": 1}
    maps = masks._given(masks.training, windows(masks)[0], np.zeros(len(masks.usable), bool)).maps
    np.testing.assert_array_equal(maps.sum(1), 1)


def test_what_is_dropped_is_dropped_with_its_layout(place, tmp_path):
    _, task = diffusion(place, tmp_path, condition="class", layout="masks", labels="labels")
    places, _ = windows(task)
    dropped = np.arange(len(places)) % 2 == 0
    given = task._given(task.training, places, dropped)
    assert (given.classes[dropped] == -1).all()
    assert (given.classes[~dropped] >= 0).all()
    assert (given.maps[dropped] == 0).all()
    assert (given.maps[~dropped].sum(1) == 1).all()


@pytest.mark.parametrize("condition", ["embeddings", "class", "cluster", "text", "none"])
def test_every_condition_goes_with_a_layout(place, tmp_path, condition):
    told, task = diffusion(
        place, tmp_path, condition=condition, layout="masks", labels="labels", clusters=2,
        texts={"dark": "a dark field", "light": "snow"},
        arguments={"widths": [16], "blocks": 1, "groups": 8, "dim": 64},
    )  # fmt: skip
    average = run(task, told, tmp_path, Silent())
    task.save(tmp_path / "model", average, "# A card\n", {})
    made = load_generator(tmp_path / "model", "cpu")
    assert made.spec.layout == ("ground", "square")
    assert made.conditioner.maps == 2
    given = task._given(task.training, [(task.usable[0], 0, 0)], np.zeros(1, bool))
    x = torch.randn(1, 6, 8, 8)
    assert torch.isfinite(made.denoise(x, 1.0, made.condition(given))).all()
    assert torch.isfinite(made.denoise(x, 1.0, made.null(given))).all()


@pytest.mark.parametrize("network", ["UNet2DModel", "UNet2DConditionModel"])
def test_networks_of_diffusers_are_widened_as_well(place, tmp_path, network):
    cross = network == "UNet2DConditionModel"
    kinds = ["CrossAttnDownBlock2D"] if cross else ["DownBlock2D"]
    arguments = {
        "block_out_channels": [16], "layers_per_block": 1, "norm_num_groups": 8,
        "down_block_types": kinds, "up_block_types": [k.replace("Down", "Up") for k in kinds],
        "attention_head_dim": 8, **({"cross_attention_dim": 16} if cross else {}),
    }  # fmt: skip
    _, task = diffusion(
        place, tmp_path, condition="class" if cross else "none", layout="boxes", labels="labels",
        network=network, arguments=arguments,
    )  # fmt: skip
    assert task.spec.network.config["in_channels"] == 7
    task.save(tmp_path / "m", dict(task.modules.state_dict()), "# A card\n", {})
    assert load_generator(tmp_path / "m", "cpu").conditioner.maps == 1
    loss, _ = task.loss(task.modules, np.random.default_rng(0), 0)
    assert torch.isfinite(loss)


def test_a_network_that_hears_no_tokens_is_refused(place, tmp_path):
    with pytest.raises(BadRequest, match="hears no tokens"):
        diffusion(place, tmp_path, condition="class", network="UNet2DModel")


def test_the_machine_makes_boxes_itself(place, tmp_path):
    told, task = diffusion(place, tmp_path, condition="boxes")
    maps = task._given(task.training, windows(task)[0], np.zeros(len(task.usable), bool)).maps
    assert 0 < maps.mean() < 1
    assert task.spec.encoder is None
    run(task, told, tmp_path, Silent())


def test_clusters_may_come_from_a_folder(place, tmp_path):
    _, task = diffusion(place, tmp_path, condition="cluster", labels="labels")
    assert task.spec.classes == ("ground", "square")
    given = task._given(task.training, windows(task)[0], np.zeros(len(task.usable), bool))
    wanted = [int(entry.label == "light") for entry in task.training.entries]
    assert given.classes.tolist() == wanted


def test_labels_at_another_resolution_are_brought_to_the_runs(place, tmp_path):
    from ssldiff_gui.training.conditions_layout import _brought
    from ssldiff_gui.training.pictures import Entry

    found = np.zeros((100, 200), np.int16)
    found[:, 100:] = 1
    entry = Entry("a", 0, "", "", held_out=False, start=0, height=40, width=80)
    made = _brought(found, entry, 0.8)
    assert made.shape == (40, 80)
    np.testing.assert_array_equal(made, np.repeat([[0, 1]], 40, 1).repeat(40, 0))


def test_labels_that_are_not_there_are_told_of(place, tmp_path):
    with pytest.raises(MissingFile, match="no labels"):
        diffusion(place, tmp_path, condition="boxes", labels="nowhere")
    labels(tmp_path / "few", place / "pictures" / "dark")
    with pytest.raises(BadRequest, match="not in the labels"):
        diffusion(place, tmp_path, condition="boxes", labels=str(tmp_path / "few"))
    labels(tmp_path / "bare", place / "pictures", boxes=())
    with pytest.raises(BadRequest, match="hold no boxes"):
        diffusion(place, tmp_path, condition="boxes", labels=str(tmp_path / "bare"))
    with pytest.raises(BadRequest, match="no encoder"):
        diffusion(place, tmp_path, condition="boxes", encoder=None)


def test_new_labels_are_looked_at_anew(place, tmp_path):
    labels(tmp_path / "own", place / "pictures")
    folder = tmp_path / "run"
    diffusion(place, folder, condition="boxes", labels=str(tmp_path / "own"))
    before = json.loads((folder / "cache" / "training" / "views.json").read_text())["key"]
    labels(tmp_path / "own", place / "pictures", boxes=((0, 0, 8, 8),))
    _, task = diffusion(place, folder, condition="boxes", labels=str(tmp_path / "own"))
    after = json.loads((folder / "cache" / "training" / "views.json").read_text())["key"]
    assert before != after
    maps = task._given(task.training, windows(task)[0], np.zeros(len(task.usable), bool)).maps
    assert maps.sum() <= len(task.usable)


def test_boxes_and_masks_are_short_for_nothing_but_a_layout():
    told = DiffusionModel.model_validate({"condition": "masks", "autoencoder": "a"})
    assert (told.condition, told.layout) == ("none", "masks")
    assert DiffusionModel.model_validate(told.model_dump()) == told


def test_an_unconditional_network_goes_on_with_maps_as_if_they_were_not_there(place, tmp_path):
    told, first = diffusion(place, tmp_path / "a", condition="none")
    average = run(first, told, tmp_path / "a", Silent())
    first.save(place / "plain", average, "# A card\n", {})
    plain = load_generator(place / "plain", "cpu", "float32")
    for condition, layout in (("none", "masks"), ("class", None), ("embeddings", "boxes")):
        told, task = diffusion(
            place, tmp_path / condition, condition=condition, layout=layout, labels="labels",
            start="plain",
        )  # fmt: skip
        task.save(tmp_path / "begun", dict(task.modules.state_dict()), "# A card\n", {})
        begun = load_generator(tmp_path / "begun", "cpu", "float32")
        given = task._given(task.training, windows(task)[0][:2], np.zeros(2, bool))
        x = torch.randn(2, 6, 8, 8)
        old = plain.denoise(x, 2.0, plain.null(Given(classes=np.zeros(2, np.int64))))
        torch.testing.assert_close(begun.denoise(x, 2.0, begun.condition(given)), old)
        before = {k: v.clone() for k, v in task.modules.state_dict().items()}
        after = run(task, told, tmp_path / condition, Silent())
        if layout:
            into = "parts.network.into.weight"
            assert not torch.equal(before[into][:, 6:], after[into][:, 6:])
        else:
            read = "parts.network.read.1.weight"
            assert before[read].abs().sum() == 0 < after[read].abs().sum()


def test_a_start_of_other_latents_is_refused(place, tmp_path):
    from ssldiff_gui.training.autoencoder import AutoencoderTask
    from tests.training.made_places import CODER, pictures, settings

    _, first = diffusion(place, tmp_path / "a", condition="none")
    first.save(place / "six", dict(first.modules.state_dict()), "# A card\n", {})
    told = settings("autoencoder", CODER | {"channels": 4})
    coder = AutoencoderTask(told, pictures(place, told), tmp_path, find=place.joinpath,
                            progress=Silent())  # fmt: skip
    coder.save(place / "four", coder.modules.state_dict(), "# A card\n", {})
    with pytest.raises(BadRequest, match="latents of 6 channels"):
        diffusion(place, tmp_path / "b", condition="none", start="six", autoencoder="four")
