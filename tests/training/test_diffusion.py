"""Training autoencoders and diffusion networks, from pictures to a folder that renders."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.core.specs import Licence
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.models.generators import load_generator
from ssldiff_gui.models.generators.hashed_words import EMPTY, words_as_numbers
from ssldiff_gui.training.autoencoder import AutoencoderTask, Critic, fit_patches
from ssldiff_gui.training.diffusion import DiffusionTask
from ssldiff_gui.training.gathering import gather
from ssldiff_gui.training.loop import run
from ssldiff_gui.training.settings import settings_of
from tests.models.tiny_encoders import tiny_encoder_folder

DATA = {
    "pixel": {"size": 0.5, "unit": "µm"}, "smallest": 64,
    "sources": [{"path": "pictures", "pixel": 0.5, "share": 0.3}],
}  # fmt: skip
CODER = {"factor": 8, "channels": 6, "width": 16, "side": 32}
SMALL = {"widths": [16, 32], "blocks": 1, "groups": 8}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with pictures of two classes, an encoder and an autoencoder."""
    root = tmp_path_factory.mktemp("trained")
    random = np.random.default_rng(0)
    for label, colour in (("dark", 60), ("light", 200)):
        folder = root / "pictures" / label
        folder.mkdir(parents=True)
        for k in range(6):
            coarse = random.normal(colour, 30, (12, 12, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(coarse).resize((96, 96)).save(folder / f"{k}.png")
    tiny_encoder_folder(root / "encoder", dim=12)
    told = settings("autoencoder", CODER, steps=12)
    task = AutoencoderTask(told, pictures(root, told), root, find=root.joinpath, progress=Silent())
    average = run(task, told, root / "coding", Silent())
    task.save(root / "autoencoder", average, "# A card\n", {"steps": 12})
    return root


def settings(kind, model, **changes):
    told = {"steps": 3, "batch": 4, "show_every": 3, "warm_up": 0, "rate": 1e-3} | changes
    card = {"title": "Tiny", "licence": Licence(name="CC0-1.0").model_dump()}
    return settings_of(
        {"name": "tiny", "kind": kind, "data": DATA, "run": told, "model": model, "card": card}
    )


def pictures(root: Path, told):
    return gather(told.data, root, root / "gathered")


def diffusion(root, folder, steps=3, **model):
    found = {"autoencoder": "autoencoder", "encoder": "encoder", "views": 1, "tokens": 2,
             "window": 8, "arguments": SMALL} | model  # fmt: skip
    told = settings("diffusion", found, steps=steps, show_every=steps)
    return told, DiffusionTask(
        told, pictures(root, told), folder, find=root.joinpath, progress=Silent()
    )


def test_an_autoencoder_learns_and_is_written_in_half_precision(place):
    model = read_model(place / "autoencoder")
    assert model.kind == "autoencoder"
    assert model.autoencoder.channels == 6
    assert model.autoencoder.pixel.size == 0.5
    assert (place / "coding" / "pictures-000012.png").is_file()


def test_mending_makes_the_pictures_nearer(place):
    told = settings("autoencoder", CODER, steps=60, rate=3e-3)
    task = AutoencoderTask(told, pictures(place, told), place, find=Path, progress=Silent())
    losses = []
    optimiser = torch.optim.Adam(task.modules.parameters(), 3e-3)
    for step in range(60):
        loss, _ = task.loss(task.modules, np.random.default_rng(step), step)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-10:]) < 0.9 * np.mean(losses[:10])


def test_patches_keep_more_with_more_channels(place):
    from ssldiff_gui.models.generators.patches import PatchTransform

    told = settings("autoencoder", CODER)
    crops = pictures(place, told).crops(np.random.default_rng(0), 64, 32)
    kept = [fit_patches(PatchTransform(8, channels), crops) for channels in (2, 6, 24, 192)]
    assert all(a < b for a, b in pairwise(kept))
    assert kept[-1] == pytest.approx(1)


def test_each_side_of_an_adversary_learns_from_its_own_loss():
    critic, drawn = Critic(8), torch.randn(2, 3, 32, 32, requires_grad=True)
    wins, judged = critic.judge(drawn, torch.randn(2, 3, 32, 32))
    wins.backward(retain_graph=True)
    assert drawn.grad is not None
    assert all(value.grad is None for value in critic.parameters())
    drawn.grad = None
    judged.backward()
    assert drawn.grad is None
    assert any(value.grad is not None for value in critic.parameters())


@pytest.mark.parametrize(
    ("condition", "type_"),
    [("embeddings", "embeddings"), ("class", "class"), ("cluster", "class"), ("text", "text"),
     ("none", "none")],
)  # fmt: skip
def test_every_condition_trains_and_renders_a_window(place, tmp_path, condition, type_):
    more = {"clusters": 3} if condition == "cluster" else {}
    more |= {"texts": {"dark": "a dark field", "light": "snow"}} if condition == "text" else {}
    arguments = SMALL | ({"dim": 64} if condition == "text" else {})
    told, task = diffusion(place, tmp_path, condition=condition, arguments=arguments, **more)
    average = run(task, told, tmp_path, Silent())
    task.save(tmp_path / "model", average, "# A card\n", {})
    assert (tmp_path / "windows-000003.png").is_file()
    made = load_generator(tmp_path / "model", "cpu")
    assert made.spec.conditioner.type == type_
    assert (made.spec.encoder is not None) == (condition == "embeddings")
    given = task.conditions.given(
        task.training, [(task.usable[0], 0, 0)], task.side, np.zeros(1, bool)
    )
    latents = made.denoise(torch.randn(1, 6, 8, 8), 1.0, made.condition(given))
    assert made.decode(latents).shape == (1, 3, 64, 64)
    assert torch.isfinite(made.denoise(torch.randn(1, 6, 8, 8), 1.0, made.null(given))).all()


def test_training_lowers_the_loss(place, tmp_path):
    _, task = diffusion(place, tmp_path, steps=150)
    optimiser = torch.optim.Adam(task.modules.parameters(), 3e-3)
    losses = []
    for step in range(150):
        loss, _ = task.loss(task.modules, np.random.default_rng(step), step)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-20:]) < 0.7 * np.mean(losses[:20])


def test_what_was_looked_at_is_not_looked_at_again(place, tmp_path, monkeypatch):
    diffusion(place, tmp_path)
    looked = []
    monkeypatch.setattr("ssldiff_gui.training.latents._laid", looked.append)
    diffusion(place, tmp_path)
    assert looked == []


def test_windows_of_the_cache_are_those_of_the_picture(place, tmp_path):
    _, task = diffusion(place, tmp_path)
    view = task.training.views[0]
    whole = task.training.latents(view, 0, 0, min(view.rows, view.columns))
    part = task.training.latents(view, 1, 0, 2)
    np.testing.assert_array_equal(part, whole[:, 4:12, :8])
    tokens = task.training.vectors(view, 1, 0, 2)
    np.testing.assert_array_equal(tokens[2], task.training.vectors(view, 2, 0, 1)[0])


def test_a_network_starts_from_a_folder_that_loads(place, tmp_path):
    told, task = diffusion(place, tmp_path / "a")
    average = run(task, told, tmp_path / "a", Silent())
    task.save(place / "begun", average, "# A card\n", {})
    _, again = diffusion(place, tmp_path / "b", start="begun")
    for name, value in again.modules.state_dict().items():
        torch.testing.assert_close(value, average[name].half().float())


def test_one_class_is_refused(place, tmp_path):
    for path in (place / "pictures" / "dark").iterdir():
        target = tmp_path / "pictures" / "dark" / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    told = settings("diffusion", {"autoencoder": "autoencoder", "condition": "class", "views": 1,
                                  "window": 8, "arguments": SMALL})  # fmt: skip
    with pytest.raises(BadRequest, match="two classes"):
        DiffusionTask(told, pictures(tmp_path, told), tmp_path, find=place.joinpath,
                      progress=Silent())  # fmt: skip


def test_cells_that_do_not_fill_a_window_are_refused(place, tmp_path):
    with pytest.raises(BadRequest, match="do not fill"):
        diffusion(place, tmp_path, tokens=3)


def test_words_are_the_same_numbers_everywhere():
    numbers = words_as_numbers(["Tumour  of the colon", ""])
    assert numbers[1].tolist() == [EMPTY] + [0] * 31
    assert numbers[0, :5].tolist() == [EMPTY, *words_as_numbers(["tumour of THE colon"])[0, 1:5]]
    assert len(set(numbers[0, :5].tolist())) == 5
