"""What makes a network faster on a GPU: memory layout, recorded calls, compilation.

None of it does anything on a CPU.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from ssldiff_gui.core.protocols import Condition
from ssldiff_gui.models.generators.autoencoders import Autoencoder
from ssldiff_gui.models.generators.memory import lacks_memory
from ssldiff_gui.models.generators.networks import Network

_log = logging.getLogger(__name__)

Call = Callable[[], torch.Tensor]
Recording = tuple[torch.Tensor, Callable[[], object]]
"""Where the answer lies after each replay, and the replay."""

KEPT = 2
"""Recordings; each holds the memory of one call."""

_WARM_UPS = 3
_one_at_a_time = threading.Lock()


def accelerate(
    network: Network, autoencoder: Autoencoder, device: torch.device, *, compiled: bool = False
) -> Network:
    """Return a network that answers the same, sooner.

    Parameters
    ----------
    network, autoencoder
        On `device`; their weights are laid out for its convolutions.
    device
        Where they compute.
    compiled
        Compile it too: that takes minutes at the first call, and a compiler. The last bits of
        the answers change.
    """
    if device.type != "cuda":
        return network
    without_tf32()
    for module in (network.module, autoencoder.module):
        nn.Module.to(module, memory_format=torch.channels_last)
    called: Any = torch.compile(network.module, dynamic=False) if compiled else network.module
    return Recorded(network.module, Network(called, network.predict))


def without_tf32() -> None:
    """Let float32 be float32 on every GPU of this process."""
    cudnn: Any = torch.backends.cudnn
    matmul: Any = torch.backends.cuda.matmul
    if hasattr(matmul, "fp32_precision"):  # torch 2.9; the older switches warn from then on
        cudnn.conv.fp32_precision = "ieee"
        matmul.fp32_precision = "ieee"
    else:
        cudnn.allow_tf32 = False
        matmul.allow_tf32 = False


def record_on_gpu(call: Call) -> Recording:
    """Record a call as a CUDA graph: what it reads and writes stays where it is."""
    stream: Any = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    with _one_at_a_time:
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UPS):
                call()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        # other threads serve other devices, or copy: they may go on meanwhile
        with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
            answer = call()
    return answer, graph.replay


class Recorded(Network):
    """A network whose calls are recorded once for each shape, and replayed.

    A launch of a thousand small kernels becomes one. Calls that want gradients, and networks that
    cannot be recorded, are called as ever.

    Parameters
    ----------
    module
        The network itself.
    network
        How it is called.
    record
        Makes a recording.
    """

    def __init__(
        self, module: nn.Module, network: Network, record: Callable[[Call], Recording] | None = None
    ) -> None:
        super().__init__(module, network.predict)
        self._network = network
        self._record: Callable[[Call], Recording] | None = record or record_on_gpu
        self._tapes: OrderedDict[tuple[object, ...], _Tape] = OrderedDict()

    def __call__(self, x: torch.Tensor, step: torch.Tensor, condition: Condition) -> torch.Tensor:
        """Return what the network predicts, as `Network` does."""
        if self._record is None or torch.is_grad_enabled():
            return self._network(x, step, condition)
        inputs = [x, step, condition.tokens, condition.labels, condition.maps]
        key = tuple(None if part is None else (part.shape, part.dtype) for part in inputs)
        tape = self._tapes.get(key) or self._new_tape(key, inputs)
        if tape is None:
            return self._network(x, step, condition)
        self._tapes.move_to_end(key)
        return tape.play(inputs)

    def _new_tape(self, key: tuple[object, ...], inputs: list[torch.Tensor | None]) -> _Tape | None:
        """Record; None when the network cannot be."""
        while len(self._tapes) >= KEPT:
            self._tapes.popitem(last=False)
        assert self._record is not None  # noqa: S101 - its caller looked
        try:
            # what is recorded outlives the caller's inference mode
            with torch.inference_mode(mode=False), torch.no_grad(), _on(inputs[0]):
                tape = _Tape(self._network, inputs, self._record)
        except RuntimeError as error:
            self._tapes.clear()
            if lacks_memory(error):
                raise
            _log.warning("this network cannot be recorded, and is called as it is: %s", error)
            self._record = None
            return None
        self._tapes[key] = tape
        return tape


class _Tape:
    """A recorded call and the places of its inputs."""

    def __init__(
        self,
        network: Network,
        inputs: list[torch.Tensor | None],
        record: Callable[[Call], Recording],
    ) -> None:
        self._places = [
            None if part is None else torch.empty_like(part).copy_(part) for part in inputs
        ]
        x, step, tokens, labels, maps = self._places
        assert x is not None  # noqa: S101 - a network always has these two
        assert step is not None  # noqa: S101
        condition = Condition(tokens, labels, maps)
        self._answer, self._replay = record(lambda: network(x, step, condition))

    def play(self, inputs: list[torch.Tensor | None]) -> torch.Tensor:
        """Return a copy of the answer to these inputs."""
        for place, part in zip(self._places, inputs, strict=True):
            if place is not None and part is not None:
                place.copy_(part)
        self._replay()
        return self._answer.clone()


def _on(x: torch.Tensor | None) -> torch.cuda.device:
    """Make the device of a tensor the current one; it does nothing for those on the CPU."""
    return torch.cuda.device(x.device if x is not None and x.is_cuda else -1)
