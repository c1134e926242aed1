"""Patches mended by convolutions: what they keep, and how far a pixel looks."""

import torch

from ssldiff_gui.models.generators.refined_patches import RefinedPatches


def made(depth=1):
    torch.manual_seed(0)
    module = RefinedPatches(4, 6, width=24, depth=depth)
    torch.nn.init.orthogonal_(module.patches.basis.view(6, -1))
    return module.eval()


def test_untrained_it_draws_the_patches_themselves():
    module, pictures = made(), torch.randn(2, 3, 16, 24)
    latents = module.encode(pictures)
    assert latents.shape == (2, 6, 4, 6)
    assert torch.equal(module.decode(latents), module.patches.decode(latents))


def test_a_pixel_depends_on_the_latents_near_it_alone():
    module = made(depth=1)
    for value in module.out.parameters():
        torch.nn.init.normal_(value, std=0.1)
    latents = torch.randn(1, 6, 16, 16, requires_grad=True)
    module.decode(latents)[0, :, 32, 32].sum().backward()
    reached = latents.grad.abs().sum(dim=(0, 1)).nonzero()
    assert (reached - 8).abs().max() <= 7
    whole, part = module.decode(latents), module.decode(latents[..., 2:, 2:])
    torch.testing.assert_close(
        whole[..., 40:60, 40:60], part[..., 32:52, 32:52], atol=1e-5, rtol=1e-4
    )
