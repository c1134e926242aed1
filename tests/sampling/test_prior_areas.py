"""Grids whose cells are told something of their own: steered cell by cell, in all windows alike."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ssldiff_gui.core.protocols import Given
from ssldiff_gui.models.priors import load_prior
from ssldiff_gui.models.priors.network import PriorNetwork, _waves
from ssldiff_gui.sampling.prior_grid import PRIOR, GridDrawing
from tests.models.tiny_priors import WIDTH, tiny_prior_folder

QUICK = PRIOR.model_copy(update={"steps": 6, "phases": 2})


@pytest.fixture(scope="module")
def prior(tmp_path_factory):
    folder = tmp_path_factory.mktemp("priors") / "tiny"
    tiny_prior_folder(folder)
    return load_prior(folder, "cpu")


def plain_forward(network, x, step, told):
    """The network as it was before cells could be told something of their own."""
    steering = network.time(_waves(step)) + told
    h = network.enter(x.permute(0, 2, 3, 1))
    for block in network.blocks:
        around = block.spatial(h.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        whole = steering + h.mean((1, 2))
        scale, shift = block.steer(torch.nn.functional.silu(whole))[:, None, None].chunk(2, -1)
        steered = block.norm(around) * (1 + scale) + shift
        h = h + block.narrow(torch.nn.functional.gelu(block.widen(steered)))
    return network.leave(network.norm(h)).permute(0, 3, 1, 2)


@pytest.fixture
def network():
    torch.manual_seed(0)
    made = PriorNetwork(6, 24, WIDTH, 2, 3)
    for value in made.parameters():
        value.data.normal_(std=0.2)
    return made.eval()


def test_one_wish_for_all_cells_is_answered_as_ever_to_the_bit(network):
    x, step, told = (
        torch.randn(3, 6, 5, 4),
        torch.tensor([0.0, 500.0, 999.0]),
        torch.randn(3, WIDTH),
    )
    with torch.no_grad():
        assert torch.equal(network(x, step, told), plain_forward(network, x, step, told))


def test_the_same_wish_in_every_cell_is_one_wish(network):
    x, step, told = (
        torch.randn(3, 6, 5, 4),
        torch.tensor([0.0, 500.0, 999.0]),
        torch.randn(3, WIDTH),
    )
    each = told[:, None, None].expand(3, 5, 4, WIDTH)
    with torch.no_grad():
        torch.testing.assert_close(network(x, step, each), network(x, step, told))


def test_cells_and_their_wishes_keep_their_places(prior):
    """Turned with what it is told, row by row, a window's condition stays what it was."""
    side = prior.spec.window
    told = np.random.default_rng(0).normal(size=(side, side, WIDTH)).astype(np.float32)
    found = prior.condition(Given(vectors=told.reshape(1, -1, WIDTH))).labels
    np.testing.assert_array_equal(found[0].numpy(), told)


def drawing(prior, told, rows=9, columns=14, **changes):
    facts = {"preset": QUICK, "guidance": 1.5, "seed": 4}
    return GridDrawing(prior, prior.channels, prior.spec.window, told, rows, columns,
                       **(facts | changes)).draw()  # fmt: skip


def test_a_uniform_map_of_wishes_draws_what_one_wish_does(prior):
    told = prior.told("lungn")
    each = np.broadcast_to(told, (9, 14, WIDTH))
    np.testing.assert_allclose(drawing(prior, each), drawing(prior, told), atol=2e-4)
    small = np.broadcast_to(told, (2, 3, WIDTH))  # smaller than a window
    np.testing.assert_allclose(drawing(prior, small, 2, 3), drawing(prior, told, 2, 3), atol=2e-4)


def test_far_from_an_area_nothing_changes_and_in_it_all_does(prior):
    rows, columns = 6, 60
    told = np.tile(prior.told("lungn"), (rows, columns, 1))
    told[:, 30:] = prior.told("colonca")
    made = drawing(prior, told, rows, columns)
    left = drawing(prior, prior.told("lungn"), rows, columns)
    right = drawing(prior, prior.told("colonca"), rows, columns)
    np.testing.assert_allclose(made[:, :, :10], left[:, :, :10], atol=1e-3)
    np.testing.assert_allclose(made[:, :, -10:], right[:, :, -10:], atol=1e-3)
    assert np.abs(made[:, :, :10] - right[:, :, :10]).max() > 0.1
    again = drawing(prior, told, rows, columns)
    np.testing.assert_array_equal(made, again)
