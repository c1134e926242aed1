"""Checks on disk: there and back, and refused when they are something else."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from ssldiff_gui.core.errors import BrokenFile, MissingFile, UnsafeFile
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.storage.check_files import CheckFacts, CheckFile, load_check, save_check
from ssldiff_gui.storage.grids import save_grid


@pytest.fixture
def check():
    random = np.random.default_rng(0)
    centred = random.uniform(-1, 1, (3, 4)).astype(np.float32)
    centred[0, 0] = np.nan
    return CheckFile(
        CheckFacts(encoder="e@1", grid="ab", cells=11, mean=0.5, low=0.1, low_below=0.5),
        centred,
        centred + 1,
        centred / 2,
        random.standard_normal((3, 4, 6)).astype(np.float32),
        random.integers(0, 2**32, (3, 4), np.uint32),
    )


def test_a_check_comes_back(check, tmp_path):
    save_check(tmp_path / "k.safetensors", check)
    found = load_check(tmp_path / "k.safetensors")
    for part in dataclasses.fields(check):
        np.testing.assert_equal(getattr(found, part.name), getattr(check, part.name))
    save_check(tmp_path / "l.safetensors", found)
    assert (tmp_path / "k.safetensors").read_bytes() == (tmp_path / "l.safetensors").read_bytes()


def test_other_files_are_refused(check, tmp_path):
    path = tmp_path / "k.safetensors"
    with pytest.raises(MissingFile):
        load_check(path)
    save_check(path, check)
    content = path.read_bytes()
    for length in (0, 5, 40, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(BrokenFile):
            load_check(path)
    path.write_bytes(content.replace(rb"cells\":11", rb"cells\":-1"))
    with pytest.raises(BrokenFile):
        load_check(path)
    save_grid(path, EmbeddingGrid(np.zeros((2, 2, 3), np.float32), "e@1", 32))
    with pytest.raises(BrokenFile):
        load_check(path)
    path.write_bytes(pickle.dumps({"a": np.zeros(3)}))
    with pytest.raises(UnsafeFile):
        load_check(path)
    save_check(path, dataclasses.replace(check, marks=np.zeros((9, 9), np.uint32)))
    with pytest.raises(BrokenFile):
        load_check(path)
