"""Renders when told to, in a fork of a process that has loaded everything: kills cost seconds.

Reads requests as JSON lines; answers each with the process that renders it, and, if that one
lives to the end, with what came of it.
"""

from __future__ import annotations

import json
import os
import sys

import torch

from ssldiff_gui.core.requests import GenerateRequest
from ssldiff_gui.jobs.generate import generate
from ssldiff_gui.models.generators import load_generator


def main() -> None:
    torch.set_num_threads(1)
    load_generator(sys.argv[1], "cpu")  # brings all that is imported late
    print("ready", flush=True)
    for line in sys.stdin:
        work = json.loads(line)
        child = os.fork()
        if child == 0:
            result = generate(GenerateRequest(**work["request"]), tile=work["tile"])
            print(json.dumps({"sha256": result.sha256, "tiles": result.tiles}), flush=True)
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"status": status}), flush=True)


if __name__ == "__main__":
    main()
