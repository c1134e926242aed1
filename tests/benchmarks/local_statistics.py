"""Colours and textures of a cell as a short vector: an encoder that needs no weights."""

from __future__ import annotations

import numpy as np

SIDE = 128
"""Of a cell, in pixels."""

LAGS = (1, 2, 4, 8, 16)
DIM = 28
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def statistics(cells):
    """Return (n, 28) float64 of cells (n, SIDE, SIDE, 3) uint8.

    Means, spreads and products of the colours, skewness, quantiles, and the energy of differences
    over five distances. A cell that is turned or flipped has nearly the same.
    """
    parts = [_of(cells[start : start + 64]) for start in range(0, len(cells), 64)]
    return np.concatenate(parts)


def _of(cells):
    colours = np.asarray(cells, np.float32) / 255
    flat = colours.reshape(len(cells), -1, 3)
    mean, spread = flat.mean(axis=1), flat.std(axis=1)
    centred = flat - mean[:, None]
    covariance = np.einsum("nik,nil->nkl", centred, centred) / flat.shape[1]
    pairs = np.stack([covariance[:, a, b] for a, b in ((0, 1), (0, 2), (1, 2))], axis=1)
    light, hue = colours.mean(axis=3), colours[..., 0] - colours[..., 1]
    flat_light, flat_hue = (p[:, ::2, ::2].reshape(len(cells), -1) for p in (light, hue))
    skew = ((flat_light - flat_light.mean(axis=1, keepdims=True)) ** 3).mean(axis=1)
    energies = [_energy(plane, lag) for plane in (light, hue) for lag in LAGS]
    found = [
        mean,
        spread,
        np.sign(pairs) * np.sqrt(np.abs(pairs)),
        np.cbrt(skew)[:, None],
        np.log(np.stack(energies, axis=1) + 1e-3),
        np.quantile(flat_light, _QUANTILES, axis=1).T,
        np.quantile(flat_hue, _QUANTILES[::2], axis=1).T,
    ]
    return np.concatenate(found, axis=1, dtype=np.float64)


def _energy(plane, lag):
    """Return the mean absolute difference over a distance, both ways."""
    across = np.abs(plane[:, :, lag:] - plane[:, :, :-lag]).mean(axis=(1, 2))
    down = np.abs(plane[:, lag:] - plane[:, :-lag]).mean(axis=(1, 2))
    return (across + down) / 2
