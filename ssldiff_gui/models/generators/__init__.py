"""Generators: diffusion networks, their autoencoders and conditioners, behind one contract."""

from ssldiff_gui.models.generators.latent import LatentDiffusion
from ssldiff_gui.models.generators.loading import load_generator, save_generator

__all__ = ["LatentDiffusion", "load_generator", "save_generator"]
