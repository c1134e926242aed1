"""The three systems, converted once for all tests."""

from __future__ import annotations

import pytest
import torch

from ssldiff_gui.models.classifiers import load_classifier
from tests.parity.fixtures import System


@pytest.fixture(autouse=True)
def one_thread():
    """Small networks are quicker without company, and sums have one order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def lid(tmp_path_factory):
    """Large-Image-Diffusion."""
    return System("lid", tmp_path_factory.mktemp("lid"))


@pytest.fixture(scope="session")
def pathldm(tmp_path_factory):
    """PathLDM."""
    return System("pathldm", tmp_path_factory.mktemp("pathldm"))


@pytest.fixture(scope="session")
def histodiffusion(tmp_path_factory):
    """HistoDiffusion."""
    return System("histodiffusion", tmp_path_factory.mktemp("histodiffusion"))


@pytest.fixture(scope="session")
def classifier(histodiffusion):
    """HistoDiffusion's classifier, converted with the model."""
    name = "with-classifier"
    histodiffusion.model(name, classifier="classifier.pt", classifier_config="classifier.yaml")
    return load_classifier(histodiffusion.scratch / name, "cpu")
