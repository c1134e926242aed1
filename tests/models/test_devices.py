from __future__ import annotations

import pytest
import torch

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.models import devices

CPU = torch.device("cpu")


def test_the_cpu_is_always_there() -> None:
    assert devices.available()[-1] == "cpu"
    assert devices.choose("cpu") == CPU
    assert str(devices.choose("auto")) == devices.available()[0]


def test_an_unknown_device_lists_those_there_are() -> None:
    for name in ("tpu", "cuda:99", "", "cpu:0"):
        with pytest.raises(BadRequest) as caught:
            devices.choose(name)
        assert "auto" in caught.value.hint
        assert "cpu" in caught.value.hint


def test_gpus_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices.available()[:2] == ["cuda:0", "cuda:1"]
    assert devices.choose("cuda") == torch.device("cuda:0")
    assert devices.choose("cuda:1") == torch.device("cuda:1")


def test_precisions_of_the_cpu() -> None:
    assert devices.precision(CPU) == torch.float32
    assert devices.precision(CPU, "bfloat16") == torch.bfloat16
    with pytest.raises(BadRequest, match="float16"):
        devices.precision(CPU, "float16")
    with pytest.raises(BadRequest, match="float64"):
        devices.precision(CPU, "float64")


@pytest.mark.parametrize(("capability", "expected"), [((8, 0), "bfloat16"), ((7, 5), "float32")])
def test_gpus_take_bfloat16_when_they_have_it(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    found = devices.precision(torch.device("cuda:0"))
    assert found == getattr(torch, expected)


def test_a_device_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert devices.describe(CPU).startswith("CPU (")
    assert devices.describe(CPU).endswith(", 2 threads)")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert devices.describe(CPU).endswith(", 1 thread)")


def test_main_memory_is_known() -> None:
    free = devices.free_main_memory()
    assert free is None or free > 1 << 20
