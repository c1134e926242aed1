from __future__ import annotations

import numpy as np
import pytest

from ssldiff_gui.evaluation.resampling import bootstrap, jackknife, members_of


def test_the_interval_of_a_mean_is_that_of_the_normal_theory():
    values = np.random.default_rng(0).standard_normal(400)
    low, high = bootstrap(lambda n: values[n].mean(), range(400), count=2000)
    error = values.std(ddof=1) / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_samples_that_come_in_groups_tell_less():
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 10)
    values = random.standard_normal(40)[groups]
    narrow = np.subtract(*bootstrap(lambda n: values[n].mean(), range(400))[::-1])
    wide = np.subtract(*bootstrap(lambda n: values[n].mean(), groups.tolist())[::-1])
    assert wide / narrow == pytest.approx(10**0.5, rel=0.25)


def test_several_figures_are_drawn_together():
    values = np.arange(50.0)
    low, high = bootstrap(
        lambda n: [values[n].mean(), values[n].max() - values[n].max()], range(50)
    )
    assert low.shape == high.shape == (2,)
    assert (low[1], high[1]) == (0, 0)


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(1).standard_normal(30)
    error = jackknife(lambda n: float(values[n].mean()), range(30), blocks=30)
    assert error == pytest.approx(values.std(ddof=1) / np.sqrt(30))
    assert np.isnan(jackknife(lambda n: float(len(n)), [1, 1, 1]))


def test_members_come_in_the_order_of_the_groups():
    assert [m.tolist() for m in members_of(["b", "a", "b"])] == [[0, 2], [1]]
