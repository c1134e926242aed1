"""Recorded calls, with a recorder that works without a GPU; and the real one where there is one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ssldiff_gui.core.protocols import Condition
from ssldiff_gui.models.generators import acceleration, load_generator
from ssldiff_gui.models.generators.acceleration import KEPT, Recorded, accelerate
from ssldiff_gui.models.generators.networks import Network
from tests.models.tiny import tiny_generator_folder, tiny_given


def predict(module, x, step, condition):
    """Answer with something that depends on all that is told."""
    found = module(x.flatten(1)).view_as(x) + step[:, None, None, None]
    if condition.tokens is not None:
        found = found + condition.tokens.mean(dim=(1, 2))[:, None, None, None]
    return found


class Recorder:
    """What a GPU does: it keeps places in memory, and writes the answer there at each replay."""

    def __init__(self, error=None):
        self.recorded = 0
        self.played = 0
        self.error = error

    def __call__(self, call):
        if self.error is not None:
            raise self.error
        self.recorded += 1
        place = call().clone()

        def replay():
            self.played += 1
            place.copy_(call())

        return place, replay


@pytest.fixture
def plain():
    module = nn.Linear(12, 12).requires_grad_(requires_grad=False)
    return Network(module, predict)


def told(batch, count):
    return (
        torch.randn(batch, 3, 2, 2),
        torch.rand(batch),
        Condition(tokens=torch.randn(batch, count, 5)) if count else Condition(),
    )


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_replay_answers_as_the_network_does(plain, mode):
    recorder = Recorder()
    recorded = Recorded(plain.module, plain, recorder)
    with mode():
        answers = [(recorded(*given), plain(*given)) for given in [told(2, 1) for _ in range(4)]]
    for found, expected in answers:  # each is its own: a later replay must not write over it
        torch.testing.assert_close(found, expected)
    assert (recorder.recorded, recorder.played) == (1, 4)


@torch.no_grad()
def test_each_shape_has_its_recording_and_the_oldest_is_let_go(plain):
    recorder = Recorder()
    recorded = Recorded(plain.module, plain, recorder)
    cases = [told(2, 1), told(2, 3), told(2, 0)]
    for given in cases:
        torch.testing.assert_close(recorded(*given), plain(*given))
    assert recorder.recorded == 3
    assert KEPT == 2
    recorded(*cases[2])
    recorded(*cases[1])
    assert recorder.recorded == 3
    recorded(*cases[0])
    assert recorder.recorded == 4
    recorded(*cases[1])  # used later than the third, which went instead
    assert recorder.recorded == 4


def test_gradients_are_left_to_the_network_itself(plain):
    recorder = Recorder()
    x, step, condition = told(2, 1)
    x.requires_grad_()
    Recorded(plain.module, plain, recorder)(x, step, condition).sum().backward()
    assert x.grad is not None
    assert recorder.recorded == 0


@torch.no_grad()
def test_a_network_that_cannot_be_recorded_is_called(plain, caplog):
    recorder = Recorder(RuntimeError("operation not permitted when stream is capturing"))
    recorded = Recorded(plain.module, plain, recorder)
    given = told(2, 1)
    torch.testing.assert_close(recorded(*given), plain(*given))
    recorder.error = None
    torch.testing.assert_close(recorded(*given), plain(*given))
    assert recorder.recorded == 0
    assert "cannot be recorded" in caplog.text


@torch.no_grad()
def test_no_memory_for_a_recording_is_no_memory_and_frees_the_others(plain):
    recorder = Recorder()
    recorded = Recorded(plain.module, plain, recorder)
    recorded(*told(2, 1))
    recorder.error = torch.OutOfMemoryError("CUDA out of memory.")
    with pytest.raises(torch.OutOfMemoryError):
        recorded(*told(4, 1))
    recorder.error = None
    given = told(2, 1)
    torch.testing.assert_close(recorded(*given), plain(*given))
    assert recorder.recorded == 2


def test_the_same_call_around_other_weights_is_not_recorded(plain):
    recorded = Recorded(plain.module, plain, Recorder())
    twin = recorded.with_module(nn.Linear(12, 12))
    assert type(twin) is Network
    assert twin.module is not plain.module


def test_nothing_changes_on_a_cpu(plain):
    assert accelerate(plain, None, torch.device("cpu"), compiled=True) is plain


def test_float32_means_float32(monkeypatch):
    conv, matmul = torch.backends.cudnn.conv, torch.backends.cuda.matmul
    before = conv.fp32_precision, matmul.fp32_precision
    try:
        acceleration.without_tf32()
        assert (conv.fp32_precision, matmul.fp32_precision) == ("ieee", "ieee")
    finally:
        conv.fp32_precision, matmul.fp32_precision = before


needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


@needs_gpu
@pytest.mark.parametrize("kind", ["unet", "pixart"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_gpu_answers_as_a_cpu_does_recorded_or_not(tmp_path, kind, precision):
    folder = tiny_generator_folder(tmp_path / "model", kind=kind)
    slow = load_generator(folder, "cpu", "float32")
    fast = load_generator(folder, "cuda", precision)
    tolerance = 1e-3 if precision == "float32" else 0.05
    for seed in range(3):
        given, x = tiny_given(slow.spec, 2, seed), torch.randn(2, 4, 8, 8)
        expected = slow.denoise(x, 1.0, slow.condition(given))
        found = fast.denoise(x, 1.0, fast.condition(given))
        torch.testing.assert_close(found.cpu(), expected, rtol=tolerance, atol=tolerance)
    assert isinstance(fast.network, Recorded)
    assert fast.network._tapes
