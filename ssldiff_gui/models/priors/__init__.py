"""Priors: from a text or a class to a grid of embeddings, drawn in their principal components."""

from ssldiff_gui.models.priors.loading import load_prior, save_prior
from ssldiff_gui.models.priors.prior import Prior

__all__ = ["Prior", "load_prior", "save_prior"]
