"""The network of printed FIDs, as far as it can be known without its weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ssldiff_gui.core.errors import DamagedModel, MissingModel
from ssldiff_gui.models.folder_writing import save_tensors
from ssldiff_gui.models.inception import FILE, _mean, enlarged, load_inception, make_network


def test_without_weights_it_says_where_they_go(tmp_path):
    with pytest.raises(MissingModel) as error:
        load_inception("cpu", tmp_path)
    assert "weights-inception-2015-12-05-6726825d.pth" in error.value.hint
    assert str(tmp_path / FILE) in error.value.hint
    save_tensors(tmp_path / FILE, {"other": torch.zeros(2)})
    with pytest.raises(DamagedModel):
        load_inception("cpu", tmp_path)


def test_pictures_are_enlarged_as_tensorflow_1_did():
    """Its grid begins at the first pixel and steps by in/out; beyond the last one it repeats."""
    line = torch.tensor([0.0, 4, 8])[None, None, None].expand(1, 1, 3, 3)
    assert enlarged(line, 6)[0, 0, 0].tolist() == [0, 2, 4, 6, 8, 8]
    same = torch.rand(1, 3, 5, 5)
    assert torch.equal(enlarged(same, 5), same)


def test_the_mean_leaves_out_the_padding():
    assert torch.equal(_mean(torch.ones(1, 1, 4, 4)), torch.ones(1, 1, 4, 4))


def test_it_has_the_tensors_of_the_published_weights_and_gives_2048_values(tmp_path):
    network = make_network()
    names = set(network.state_dict())
    assert len(names) == 564  # 94 convolutions, each with its batch normalisation
    assert {"Mixed_7c.branch_pool.conv.weight", "Conv2d_1a_3x3.bn.num_batches_tracked"} <= names
    weights = {**network.state_dict(), "fc.weight": torch.zeros(1008, 2048)}
    save_tensors(tmp_path / FILE, weights)
    judge = load_inception("cpu", tmp_path)
    pictures = np.random.default_rng(0).integers(0, 256, (1, 80, 80, 3), np.uint8)
    found = judge.features(pictures)
    assert found.shape == (1, 2048)
    assert np.isfinite(found).all()
    assert (judge.features(pictures) == found).all()
