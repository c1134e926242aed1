"""Leading a sampler to a class by a classifier's gradient, as HistoDiffusion does."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ssldiff_gui.sampling.published import Alphas, Epsilon

Classifier = Callable[[Tensor, Tensor], Tensor]
"""(latents, (batch,) training steps) → (batch, classes) logits."""

Gradient = Callable[[Tensor, int], Tensor]

HISTODIFFUSION_SCALE = 10.0


def gradient_of(classifier: Classifier, classes: Tensor) -> Gradient:
    """Return in which direction latents become likelier to be of their classes.

    Parameters
    ----------
    classifier
        Of latents in the variance-preserving form; it is told the step, and may have been trained
        on clean latents only.
    classes
        (batch,) int64.
    """

    def gradient(x: Tensor, step: int) -> Tensor:
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            steps = torch.full((len(x),), step, device=x.device)
            likely = classifier(leaf, steps).log_softmax(dim=1)
            chosen = likely.gather(1, classes.to(x.device)[:, None]).sum()
            return torch.autograd.grad(chosen, leaf)[0]

    return gradient


def led(
    epsilon: Epsilon, gradient: Gradient, alphas: Alphas, scale: float = HISTODIFFUSION_SCALE
) -> Epsilon:
    """Return the noise that is seen by one who also wants the class.

    Parameters
    ----------
    epsilon
        What is seen without the wish.
    gradient
        Of the logarithm of the class's probability.
    alphas
        (steps,) ᾱ of the training.
    scale
        Strength of the wish.
    """

    def towards(x: Tensor, step: int) -> Tensor:
        return epsilon(x, step) - math.sqrt(1 - alphas[step]) * scale * gradient(x, step)

    return towards
