"""What pictures look like in numbers that no network had to learn: colours and textures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

Pictures = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

LAGS = (1, 2, 4, 8)
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_FILTERS, _SIDE = 12, 5
_FAINT = 0.02
"""Changes well below this, of glass or water, are all alike."""


def colour_histogram(picture: Pictures, bins: int = 8) -> Floats:
    """Return (bins³,) square roots of the shares of the colours of (height, width, 3).

    Of square roots the cosine is the overlap of two histograms.
    """
    codes = (picture.astype(np.int64) * bins) >> 8
    flat = (codes[..., 0] * bins + codes[..., 1]) * bins + codes[..., 2]
    return np.asarray(np.sqrt(np.bincount(flat.ravel(), minlength=bins**3) / flat.size))


def colour_spread(picture: Pictures) -> Floats:
    """Return (6,): mean and standard deviation of red, green and blue, from 0 to 1."""
    flat = picture.reshape(-1, 3) / 255.0
    return np.concatenate([flat.mean(axis=0), flat.std(axis=0)])


def looks(pictures: Pictures) -> Floats:
    """Return (n, 46) float64 of (n, side, side, 3): colours, gradients, and random filters.

    Means, spreads and products of the colours, quantiles of the light, the size of differences
    over four distances, and the mean answer of twelve fixed random filters at two resolutions.
    A picture that is turned or flipped has nearly the same colours and gradients.
    """
    parts = [_of(pictures[start : start + 64]) for start in range(0, len(pictures), 64)]
    return np.concatenate(parts) if parts else np.zeros((0, 46))


def _of(pictures: Pictures) -> Floats:
    colours = np.asarray(pictures, np.float64) / 255
    flat = colours.reshape(len(colours), -1, 3)
    centred = flat - flat.mean(axis=1, keepdims=True)
    products = np.einsum("nik,nil->nkl", centred, centred) / flat.shape[1]
    pairs = np.stack([products[:, a, b] for a, b in ((0, 1), (0, 2), (1, 2))], axis=1)
    light, hue = colours.mean(axis=3), colours[..., 0] - colours[..., 1]
    changes = [_change(plane, lag) for plane in (light, hue) for lag in LAGS]
    found = [
        flat.mean(axis=1),
        flat.std(axis=1),
        np.sign(pairs) * np.sqrt(np.abs(pairs)),
        np.quantile(light.reshape(len(light), -1), _QUANTILES, axis=1).T,
        np.log(np.stack(changes, axis=1) + _FAINT),
        np.log(_answers(colours) + _FAINT),
    ]
    return np.concatenate(found, axis=1)


def _change(plane: Floats, lag: int) -> Floats:
    across = np.abs(plane[:, :, lag:] - plane[:, :, :-lag]).mean(axis=(1, 2))
    down = np.abs(plane[:, lag:] - plane[:, :-lag]).mean(axis=(1, 2))
    return np.asarray((across + down) / 2)


def _answers(colours: Floats) -> Floats:
    """Return (n, 24) mean sizes of the answers of random filters that ignore even light."""
    random = np.random.default_rng(7)
    filters = random.standard_normal((_FILTERS, 3, _SIDE, _SIDE))
    filters -= filters.mean(axis=(2, 3), keepdims=True)
    filters /= np.linalg.norm(filters.reshape(_FILTERS, -1), axis=1)[:, None, None, None]
    kernel = torch.from_numpy(filters.astype(np.float32))
    whole = torch.from_numpy(colours.astype(np.float32)).permute(0, 3, 1, 2)
    with torch.no_grad():
        half = functional.avg_pool2d(whole, 2)
        sizes = [functional.conv2d(x, kernel).abs().mean(dim=(2, 3)) for x in (whole, half)]
    return torch.cat(sizes, dim=1).double().numpy()
