from __future__ import annotations

import pytest
import torch

from ssldiff_gui.models.catalogue import catalogue
from ssldiff_gui.models.encoder_networks import make_network

MILLIONS = {
    "uni": 303, "uni2-h": 681, "h-optimus-0": 1135, "virchow2": 631, "phikon": 86,
    "phikon-v2": 303, "ctranspath": 28, "hipt-patch": 22, "dinov2-small-reg": 22,
    "dinov2-base-reg": 86, "dinov2-large-reg": 303, "dinov3-large": 303, "dinov3-large-sat": 303,
}  # fmt: skip
"""Parameters, as the models' papers and cards give them."""


def test_the_catalogue_is_whole() -> None:
    assert set(catalogue()) == set(MILLIONS)
    for name, entry in catalogue().items():
        assert entry.name == name
        assert entry.encoder is not None
        assert entry.encoder.name == name
        assert entry.encoder.id == ""
        assert entry.licence.name
        assert entry.licence.url.startswith("https://")
        assert (entry.repository is None) == (entry.obtain == "convert")
        assert entry.source.startswith("https://")


def test_terms_are_not_made_better_than_they_are() -> None:
    for name in ("uni", "uni2-h", "virchow2"):
        assert catalogue()[name].licence.commercial is False
        assert catalogue()[name].licence.gate
    assert catalogue()["phikon-v2"].licence.commercial is False
    assert catalogue()["dinov2-large-reg"].licence.commercial is True


def test_models_with_a_normalisation_of_their_own_have_it() -> None:
    own = {name: entry.encoder.mean for name, entry in catalogue().items() if entry.encoder}
    assert own["h-optimus-0"] == (0.707223, 0.578729, 0.703617)
    assert own["dinov3-large-sat"] == (0.43, 0.411, 0.296)
    assert own["hipt-patch"] == (0.5, 0.5, 0.5)
    assert own["dinov3-large"] == own["uni"] == (0.485, 0.456, 0.406)


@pytest.mark.parametrize("name", sorted(MILLIONS))
def test_the_network_is_the_published_one(name: str) -> None:
    spec = catalogue()[name].encoder
    assert spec is not None
    with torch.device("meta"):
        network = make_network(spec.architecture, spec.arguments)
    count = sum(value.numel() for value in network.parameters())
    assert round(count / 1e6) == MILLIONS[name]
    width = network.num_features
    assert spec.dim == (2 * width if spec.pool == "cls+mean" else width)
    registers = {"uni2-h": 8, "h-optimus-0": 4, "virchow2": 4}
    if name in registers:
        assert network.num_prefix_tokens == 1 + registers[name]
