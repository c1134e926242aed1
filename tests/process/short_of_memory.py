"""The worker as it is, on a device whose memory runs out at calls that a file names.

The file, named by the variable SSLDIFF_TEST_FAULTS, holds numbers of calls of the network, counted
from the moment that it was written; -1 stands for the loading of the next model.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch

from ssldiff_gui.core.errors import OutOfMemory
from ssldiff_gui.jobs import kept, worker
from ssldiff_gui.models.generators.latent import LatentDiffusion

WORDS = "CUDA out of memory. Tried to allocate 2.00 GiB"

_calls: dict[str, int] = {}


def faults() -> tuple[str, set[int]]:
    """Return what the file holds, and the calls that go wrong."""
    text = Path(os.environ["SSLDIFF_TEST_FAULTS"]).read_text("ascii")
    return text, {int(word) for word in text.split()[1:]}


def main() -> None:
    """Put the faults in, and be the worker."""
    denoise, load = LatentDiffusion.denoise, kept.Kept._loaded

    def short(self, *arguments, **named):
        text, wrong = faults()
        _calls[text] = _calls.get(text, 0) + 1
        if _calls[text] in wrong:
            raise torch.OutOfMemoryError(WORDS)
        return denoise(self, *arguments, **named)

    def full(self, call):
        text, wrong = faults()
        if -1 in wrong and not _calls.get(f"load {text}"):
            _calls[f"load {text}"] = 1
            raise OutOfMemory("The device has no room for the model.", "Close other programs.")
        return load(self, call)

    LatentDiffusion.denoise = short
    kept.Kept._loaded = full
    worker.main()


if __name__ == "__main__":
    main()
