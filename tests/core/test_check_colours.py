from __future__ import annotations

import numpy as np

from ssldiff_gui.core.check_colours import CIVIDIS, check_colours, low_cells

# Machado, Oliveira and Fernandes (2009), severity 1, on linear sRGB.
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def lightness(colours: np.ndarray, seen_with: np.ndarray | None = None) -> np.ndarray:
    """CIE L* of (n, 3) sRGB."""
    share = colours.astype(np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    if seen_with is not None:
        linear = np.clip(linear @ seen_with.T, 0, 1)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


def ramp(count: int = 64) -> np.ndarray:
    return check_colours(np.linspace(0, 1, count)[None])[0]


def test_equal_steps_look_equally_large_to_all_eyes():
    for matrix in (None, *map(np.array, BLINDNESS.values())):
        steps = np.diff(lightness(ramp()[:, :3], matrix))
        assert (steps > 0).all()
        assert steps.max() < 3.5 * steps.mean()
    assert tuple(ramp()[0, :3]) == CIVIDIS[0]
    assert tuple(ramp()[-1, :3]) == CIVIDIS[-1]


def test_what_is_low_covers_the_picture_and_what_is_high_hardly_does():
    opacity = ramp()[:, 3].astype(int)
    assert (np.diff(opacity) <= 0).all()
    assert opacity[0] > 220
    assert opacity[-1] < 50


def test_cells_that_nobody_asked_for_are_seen_through():
    likeness = np.array([[np.nan, 0.2], [-3.0, 7.0]], np.float32)
    found = check_colours(likeness)
    assert found.shape == (2, 2, 4)
    assert found.dtype == np.uint8
    assert (found[0, 0] == 0).all()
    assert tuple(found[1, 0, :3]) == CIVIDIS[0]
    assert tuple(found[1, 1, :3]) == CIVIDIS[-1]
    assert low_cells(likeness, 0.5).tolist() == [[False, True], [True, False]]
    assert not low_cells(likeness, -4.0).any()
