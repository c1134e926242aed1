"""Colours of cells: told apart, and put in order, by every eye."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ssldiff_gui.core.oklab import ramp
from ssldiff_gui.state.cell_maps import CLUSTER_COLOURS

SEEN_BY = {
    "all": np.eye(3),
    "protan": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                        [-0.003882, -0.048116, 1.051998]]),
    "deutan": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                        [-0.011820, 0.042940, 0.968881]]),
    "tritan": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                        [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip
"""Linear RGB as eyes see it that lack one kind of cone (Machado and others 2009)."""


def oklab(rgb: Any) -> Any:
    from ssldiff_gui.core import oklab as module

    return (
        np.cbrt(np.clip(rgb, 0, 1) @ np.linalg.inv(module._TO_LINEAR).T)
        @ np.linalg.inv(module._TO_LMS).T
    )


def linear(rgb: Any) -> Any:
    shares = np.asarray(rgb) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("eye", SEEN_BY)
def test_the_colours_of_clusters_are_told_apart_by_every_eye(eye: str) -> None:
    seen = oklab(linear(np.array(CLUSTER_COLOURS)) @ SEEN_BY[eye].T)
    apart = np.sqrt(((seen[:, None] - seen[None]) ** 2).sum(-1))
    apart[np.diag_indices(len(apart))] = 1
    assert apart.min() > 0.07, "three times what is just told apart, and more"


@pytest.mark.parametrize("eye", SEEN_BY)
def test_the_ramp_has_even_steps_for_every_eye(eye: str) -> None:
    seen = oklab(linear(ramp(np.linspace(0, 1, 33))) @ SEEN_BY[eye].T)
    light = np.diff(seen[:, 0])
    assert (light > 0).all()
    steps = np.sqrt((np.diff(seen, axis=0) ** 2).sum(1))
    assert steps.max() < 2.2 * steps.min()
