"""The small network: what it sees, and what it does not."""

import pytest
import torch

from ssldiff_gui.models.generators.grid_unet import GridUNet


def network(**changes):
    torch.manual_seed(0)
    told = {"dim": 12, "tokens": 4, "cell": 4, "widths": (16, 32), "blocks": 1} | changes
    made = GridUNet(5, **told)
    for value in made.parameters():  # its last layers are silent at first
        torch.nn.init.normal_(value, std=0.1)
    return made.eval()


def test_an_untrained_network_predicts_nothing():
    made = GridUNet(5, dim=12, tokens=4, widths=(16, 32), blocks=1)
    answer = made(torch.randn(2, 5, 16, 16), torch.tensor([3.0, 900.0]), torch.randn(2, 16, 12))
    assert torch.equal(answer, torch.zeros(2, 5, 16, 16))


@pytest.mark.parametrize("cell", [0, 5, 15])
def test_a_cell_speaks_loudest_above_itself(cell):
    made = network(widths=(16,))
    x, step, tokens = torch.randn(1, 5, 16, 16), torch.tensor([300.0]), torch.randn(1, 16, 12)
    other = tokens.clone()
    other[0, cell] = torch.randn(12)
    change = (made(x, step, other) - made(x, step, tokens)).abs().mean(dim=(0, 1))
    row, column = divmod(cell, 4)
    of_cells = change.view(4, 4, 4, 4).mean(dim=(1, 3))
    assert of_cells.argmax() == cell
    assert of_cells[row, column] > 4 * of_cells.median()


def test_tokens_without_a_lattice_are_heard_everywhere_alike():
    made = network(tokens=0)
    x, step = torch.randn(2, 5, 8, 8), torch.tensor([300.0, 300.0])
    plain, told = made(x, step, torch.zeros(2, 3, 12)), made(x, step, torch.randn(2, 3, 12))
    assert (plain - told).abs().amin(dim=(1,)).gt(0).float().mean() > 0.9


def test_without_a_condition_it_takes_none():
    made = network(dim=0, tokens=0)
    assert made(torch.randn(1, 5, 16, 16), torch.tensor([1.0])).shape == (1, 5, 16, 16)


def test_computing_activations_twice_gives_the_same_gradients():
    made = network().train()
    x, step, tokens = torch.randn(2, 5, 16, 16), torch.tensor([3.0, 4.0]), torch.randn(2, 16, 12)
    gradients = []
    for twice in (False, True):
        made.checkpointing = twice
        made.zero_grad()
        made(x, step, tokens).square().mean().backward()
        gradients.append([value.grad.clone() for value in made.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


def test_one_window_does_not_hear_another():
    made = network()
    x, tokens = torch.randn(3, 5, 16, 16), torch.randn(3, 16, 12)
    step = torch.tensor([5.0, 300.0, 900.0])
    together = made(x, step, tokens)
    alone = torch.cat([made(x[k : k + 1], step[k : k + 1], tokens[k : k + 1]) for k in range(3)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)
