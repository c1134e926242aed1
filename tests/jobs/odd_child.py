"""Stands in the place of the process that converts, and behaves as badly as it is told to."""

from __future__ import annotations

import json
import os
import signal
import sys
import time

WAYS = {
    "hang": lambda: time.sleep(600),
    "crash": lambda: os._exit(3),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "chatter": lambda: print("this is no answer"),
    "traceback": lambda: 1 / 0,
    "environment": lambda: print(json.dumps({"error": {
        "kind": "BadRequest", "message": " ".join(sorted(os.environ)), "hint": ""}})),
    "arguments": lambda: print(json.dumps({"error": {
        "kind": "BadRequest", "message": sys.argv[0] + " ".join(sys.argv[1:]), "hint": ""}})),
    "unknown": lambda: print(json.dumps({"error": {
        "kind": "NobodyKnows", "message": "m", "hint": "h"}})),
}  # fmt: skip

if __name__ == "__main__":
    sys.stdin.read()
    WAYS[os.environ["SSLDIFF_ODD"]]()
