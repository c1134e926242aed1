"""The models that the package brings: small, whole, honest about themselves, fit for each other."""

from __future__ import annotations

import itertools
import re
import socket
from pathlib import Path

import numpy as np
import pytest

from ssldiff_gui.models.folders import MODEL_FILE, parts_of, read_model, verify_model

MODELS = Path(__file__).resolve().parents[1] / "resources" / "models"
FOLDERS = sorted(path.parent for path in MODELS.glob(f"*/{MODEL_FILE}"))
MOST_BYTES = 60e6
MOST_EXACT = 0.1
"""Share of the weights that may be kept in float32: tables of means and components."""

each = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def of_kind(*kinds):
    """Return the folders of some kinds; what cannot be read is another test's."""
    wanted = [f'"kind": "{kind}"' for kind in kinds]
    texts = {folder: (folder / MODEL_FILE).read_text("utf-8") for folder in FOLDERS}
    return [folder for folder, text in texts.items() if any(kind in text for kind in wanted)]


def encoders():
    found = [read_model(folder, verify=False).encoder for folder in of_kind("encoder")]
    return {spec.id: (folder, spec) for folder, spec in zip(of_kind("encoder"), found, strict=True)}


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_):
        raise AssertionError("it asks the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.skipif(not FOLDERS, reason="no model is there")
def test_together_they_are_small():
    files = [path for path in MODELS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES
    assert {path.suffix for path in files} <= {".json", ".md", ".safetensors"}


@each
def test_every_folder_is_whole(folder):
    model = read_model(folder, verify=False)
    assert verify_model(folder, model) > 0
    assert {path.name for path in folder.iterdir()} == {*model.files, MODEL_FILE}


@each
def test_every_card_says_what_a_card_says(folder):
    from ssldiff_gui.training.cards import SECTIONS

    text = (folder / "README.md").read_text("utf-8")
    parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)
    assert parts[1::2] == list(SECTIONS)
    assert all(part.strip() for part in parts[2::2])
    assert parts[0].startswith("# ")
    assert "Not for diagnosis" in text
    assert "does not say under which terms" not in text
    assert read_model(folder, verify=False).licence.name != "unknown"


@each
def test_it_can_be_trained_again(folder):
    import tomllib

    from ssldiff_gui.training.settings import settings_of

    text = (folder / "README.md").read_text("utf-8")
    recipe = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert recipe is not None
    assert settings_of(tomllib.loads(recipe[1])).name == folder.name


@each
def test_weights_are_half_precision(folder):
    from safetensors import safe_open

    sizes = {"F16": 0, "F32": 0}
    for name in parts_of(read_model(folder, verify=False)):
        with safe_open(folder / name, framework="numpy") as file:
            for key in file.keys():  # noqa: SIM118 - it is no mapping
                part = file.get_slice(key)
                kind = part.get_dtype()
                sizes[kind] = sizes.get(kind, 0) + int(np.prod(part.get_shape()))
    assert sizes["F16"] > 0
    assert set(sizes) <= {"F16", "F32", "I64"}
    assert sizes["F32"] <= MOST_EXACT * sizes["F16"]


@pytest.mark.parametrize(
    "folder", of_kind("generator", "prior", "classifier"), ids=lambda folder: folder.name
)
def test_it_fits_an_encoder_that_is_there(folder):
    model = read_model(folder, verify=False)
    spec = getattr(model, model.kind)
    assert spec.encoder in encoders()
    _, encoder = encoders()[spec.encoder]
    if model.kind == "classifier":
        assert spec.dim in (encoder.dim, 2 * encoder.dim)
        return
    assert spec.dim == encoder.dim
    assert spec.pixel == encoder.pixel
    assert spec.cell * getattr(spec, "factor", 1) == encoder.cell


@each
def test_it_loads_offline(folder, offline):
    kind = read_model(folder, verify=False).kind
    if kind == "encoder":
        from ssldiff_gui.models.encoders import load_encoder

        spec = load_encoder(folder, "cpu").spec
        assert spec.id.startswith(f"{spec.name}@")
    elif kind == "generator":
        from ssldiff_gui.models.generators import load_generator

        assert load_generator(folder, "cpu").spec.window > 0
    elif kind == "prior":
        from ssldiff_gui.models.priors import load_prior

        assert load_prior(folder, "cpu").spec.window > 0
    elif kind == "classifier":
        from ssldiff_gui.models.predictors import load_predictor

        assert len(load_predictor(folder, "cpu").spec.classes) > 1


@pytest.mark.parametrize("folder", of_kind("generator"), ids=lambda folder: folder.name)
def test_a_window_comes_out_in_numbers(folder, offline):
    import torch

    from ssldiff_gui.core.protocols import Given
    from ssldiff_gui.models.encoders import load_encoder
    from ssldiff_gui.models.generators import load_generator

    model = load_generator(folder, "cpu", "float32")
    spec = model.spec
    place, encoder = encoders()[spec.encoder]
    random = np.random.default_rng(0)
    cells = random.integers(0, 256, (spec.tokens**2, encoder.cell, encoder.cell, 3), np.uint8)
    vectors = load_encoder(place, "cpu").embed(cells)
    with torch.inference_mode():
        condition, levels = model.condition(Given(vectors=vectors[None])), model.sigmas(4)
        shape = (1, spec.channels, spec.window, spec.window)
        x = torch.from_numpy(random.standard_normal(shape, np.float32)) * levels[0]
        for now, then in itertools.pairwise(levels):
            seen = model.denoise(x, now, condition)
            x = seen + (x - seen) * (then / now)
        pixels = model.decode(x)
    assert pixels.shape == (1, 3, spec.window * spec.factor, spec.window * spec.factor)
    assert torch.isfinite(pixels).all()
    assert pixels.std() > 0.02
